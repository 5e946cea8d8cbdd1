#include "daemon/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace logmill {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    char name[] = "/tmp/logmill-config-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

  Config Load(const std::string& yaml) {
    diagnostics_ = Diagnostics();
    return LoadConfig(
        Write("logmill.yaml", yaml),
        [this](const char* name) -> std::optional<std::string> {
          const auto found = environment_.find(name);
          return found == environment_.end() ? std::nullopt : std::optional(found->second);
        },
        diagnostics_);
  }

  std::string Messages() {
    std::string text;
    diagnostics_.Sort();
    for (const Diagnostic& diagnostic : diagnostics_.entries()) text += Format(diagnostic) + "\n";
    const std::string file = folder_ + "/";
    for (size_t at; (at = text.find(file)) != std::string::npos;) text.erase(at, file.size());
    return text;
  }

  static GroupSet Groups(std::initializer_list<Group> groups) {
    GroupSet set;
    for (const Group group : groups) set.set(static_cast<size_t>(group));
    return set;
  }

  std::string folder_;
  std::map<std::string, std::string> environment_;
  Diagnostics diagnostics_;
};

TEST_F(ConfigTest, NothingIsIncludedByDefault) {
  const Config config = Load("");
  EXPECT_TRUE(config.groups().none());
  EXPECT_EQ(config.listen_api, "127.0.0.1:8081");
  EXPECT_EQ(config.listen_microservices, "127.0.0.1:8082");
  EXPECT_EQ(Messages(), "");
}

TEST_F(ConfigTest, ReadsEverything) {
  Write("rules.yaml", "rules: []");
  const Config config = Load(R"(
telemetry: {include: [api, 'job, io'], exclude: io}
listen: {api: '[::1]:9001', microservices: ':9002'}
state: /var/lib/logmill
rules: [rules.yaml, /etc/other.yaml]
workers: 3
sources:
  - {file: /var/log/a*.log, name: a, format: json, from: end, max_line_bytes: 1000, poll_interval_ms: 20, keys: pino}
  - {stdin: true, keys: {preset: zap, context: component, timestamp_unit: rfc3339}}
)");
  EXPECT_EQ(Messages(), "");
  EXPECT_EQ(config.groups(), Groups({Group::kApi, Group::kJob}));
  EXPECT_EQ(config.listen_api, "[::1]:9001");
  EXPECT_EQ(config.listen_microservices, ":9002");
  EXPECT_EQ(config.rules, (std::vector<std::string>{folder_ + "/rules.yaml", "/etc/other.yaml"}));
  EXPECT_EQ(config.workers, 3U);
  ASSERT_EQ(config.sources.size(), 2U);
  const SourceConfig& file = config.sources[0];
  EXPECT_EQ(file.name, "a");
  EXPECT_EQ(std::get<FileOptions>(file.input).pattern, "/var/log/a*.log");
  EXPECT_EQ(file.stream.format, InputFormat::kJson);
  EXPECT_EQ(std::get<FileOptions>(file.input).from, StartAt::kEnd);
  EXPECT_EQ(file.stream.max_line_bytes, 1000U);
  EXPECT_EQ(file.poll_interval.count(), 20);
  EXPECT_EQ(file.stream.keys.message, "msg");
  EXPECT_TRUE(file.stream.keys.translate_levels);
  EXPECT_EQ(config.sources[1].name, "stdin");
  EXPECT_EQ(config.sources[1].stream.keys.context, "component");
  EXPECT_EQ(config.sources[1].stream.keys.timestamp_unit, TimestampUnit::kRfc3339);
}

TEST_F(ConfigTest, TheEnvironmentGoesOverTheFile) {
  environment_ = {{"IMMICH_TELEMETRY_INCLUDE", " all "}, {"IMMICH_TELEMETRY_EXCLUDE", "host , repo"}, {"IMMICH_API_METRICS_PORT", "9999"}};
  const Config config = Load("telemetry: {include: job}\nlisten: {api: '0.0.0.0:8081'}\n");
  EXPECT_EQ(config.groups(), Groups({Group::kApi, Group::kApp, Group::kIo, Group::kJob}));
  EXPECT_EQ(config.listen_api, "0.0.0.0:9999");
  environment_ = {{"IMMICH_TELEMETRY_INCLUDE", ""}};
  EXPECT_EQ(Load("telemetry: {include: job}\n").groups(), Groups({Group::kJob})) << "an empty variable says nothing";
}

TEST_F(ConfigTest, EveryMistakeIsReportedAtOnceWithItsPlace) {
  environment_ = {{"IMMICH_TELEMETRY_INCLUDE", "api,jobs"}, {"IMMICH_MICROSERVICES_METRICS_PORT", "70000"}};
  (void)Load(R"(telemetry: {include: [api, hots]}
lsten: {api: x}
workers: 0
sources:
  - {file: a, stdin: true}
  - {file: b, form: end, format: jsn, from: middle, keys: pine}
  - {}
)");
  EXPECT_EQ(Messages(),
            "logmill.yaml:1:28: unknown telemetry group \"hots\"; known are: api, host, app, io, repo, job, all\n"
            "logmill.yaml:2:1: unknown key \"lsten\"; did you mean \"listen\"?\n"
            "logmill.yaml:3:10: workers: 0 is out of range; it has to be from 1 to 64\n"
            "logmill.yaml:5:5: sources[0]: a source has one of `file: PATH` (a glob is fine), `stdin: true`, `docker`, `journald`, "
            "`syslog` and `http`\n"
            "logmill.yaml:6:15: sources[1]: unknown key \"form\"; known here: file, docker, journald, syslog, http, stdin, from, "
            "rotated, name, format, keys, join, max_line_bytes, flush_after_ms, poll, poll_interval_ms\n"
            "logmill.yaml:6:34: sources[1].format: unknown format \"jsn\"; did you mean \"json\"?; known are: auto, json, text, console, "
            "docker, cri\n"
            "logmill.yaml:6:45: sources[1].from: unknown start \"middle\"; known are: start, end\n"
            "logmill.yaml:6:59: sources[1].keys: unknown key preset \"pine\"; did you mean \"pino\"?; known are: gallery, nest, pino, zap, "
            "slog, bunyan, ecs\n"
            "logmill.yaml:7:5: sources[2]: a source has one of `file: PATH` (a glob is fine), `stdin: true`, `docker`, `journald`, "
            "`syslog` and `http`\n"
            "IMMICH_MICROSERVICES_METRICS_PORT: \"70000\" is no port; a number from 1 to 65535 would be right\n"
            "IMMICH_TELEMETRY_INCLUDE: unknown telemetry group \"jobs\"; known are: api, host, app, io, repo, job, all\n");
}

TEST_F(ConfigTest, TheTwoEndpointsNeedAddressesOfTheirOwn) {
  (void)Load("listen:\n  api: ':9001'\n  microservices: '127.0.0.1:9001'\n");
  EXPECT_EQ(Messages(),
            "logmill.yaml:3:18: listen.microservices: \"127.0.0.1:9001\" is where listen.api (:9001) listens already; give each a "
            "port of its own\n");
  (void)Load("listen: {api: '10.0.0.1:9001', microservices: '127.0.0.1:9001'}");
  EXPECT_EQ(Messages(), "");
  (void)Load("listen: {api: '0.0.0.0:9001', microservices: '[::1]:9001'}");
  EXPECT_EQ(Messages(), "") << "IPv4 and IPv6";
  (void)Load("listen: {api: '127.0.0.1:0', microservices: '127.0.0.1:0'}");
  EXPECT_EQ(Messages(), "") << "the system chooses two ports";
  environment_ = {{"IMMICH_MICROSERVICES_METRICS_PORT", "9002"}};
  (void)Load("listen: {api: ':9001', microservices: ':9001'}");
  EXPECT_EQ(Messages(), "") << "the environment goes over the file";
  environment_ = {{"IMMICH_MICROSERVICES_METRICS_PORT", "9001"}, {"IMMICH_API_METRICS_PORT", "9001"}};
  (void)Load("");
  EXPECT_EQ(Messages(),
            "IMMICH_MICROSERVICES_METRICS_PORT: listen.microservices: \"127.0.0.1:9001\" is where listen.api (127.0.0.1:9001) "
            "listens already; give each a port of its own\n");
}

TEST_F(ConfigTest, ReadsEveryKindOfSource) {
  Write("token", "secret\n");
  const Config config = Load(R"(state: state
checkpoint_interval_ms: 100
sources:
  - {file: a.log, format: docker, rotated: [old/*, /older/*], join: traces, poll: true, flush_after_ms: 200}
  - {docker: {socket: /run/podman.sock, names: [immich_*], labels: [app=gallery]}, from: end}
  - {journald: {units: [gallery], matches: [PRIORITY=3], directory: /var/log/journal}, join: {continues: '^\s', max_lines: 5}}
  - {syslog: {listen: ':514', udp: false, max_connections: 7}}
  - {http: {listen: ':8000', path: /in, token_file: token, max_body_bytes: 2048}, name: web, format: json}
)");
  EXPECT_EQ(Messages(), "");
  EXPECT_EQ(config.state, folder_ + "/state");
  EXPECT_EQ(config.checkpoint_interval.count(), 100);
  ASSERT_EQ(config.sources.size(), 5U);
  const auto& file = std::get<FileOptions>(config.sources[0].input);
  EXPECT_EQ(file.rotated, (std::vector<std::string>{folder_ + "/old/*", "/older/*"}));
  EXPECT_EQ(config.sources[0].stream.framing, Framing::kDocker);
  EXPECT_TRUE(config.sources[0].stream.join.enabled);
  EXPECT_FALSE(config.sources[0].stream.join.continues);
  EXPECT_TRUE(config.sources[0].poll);
  EXPECT_EQ(config.sources[0].stream.flush_after.count(), 200);
  const auto& docker = std::get<DockerOptions>(config.sources[1].input);
  EXPECT_EQ(docker.socket, "/run/podman.sock");
  EXPECT_EQ(docker.names, std::vector<std::string>{"immich_*"});
  EXPECT_EQ(docker.labels, std::vector<std::string>{"app=gallery"});
  EXPECT_EQ(docker.start, StartAt::kEnd);
  const auto& journal = std::get<JournalOptions>(config.sources[2].input);
  EXPECT_EQ(journal.units, std::vector<std::string>{"gallery"});
  EXPECT_EQ(journal.matches, std::vector<std::string>{"PRIORITY=3"});
  EXPECT_EQ(config.sources[2].stream.framing, Framing::kEnvelope);
  ASSERT_TRUE(config.sources[2].stream.join.continues);
  EXPECT_TRUE(config.sources[2].stream.join.continues("  at"));
  EXPECT_FALSE(config.sources[2].stream.join.continues("at"));
  EXPECT_EQ(config.sources[2].stream.join.max_lines, 5U);
  const auto& syslog = std::get<SyslogOptions>(config.sources[3].input);
  EXPECT_EQ(config.sources[3].name, "syslog");
  EXPECT_FALSE(syslog.udp);
  EXPECT_EQ(syslog.max_connections, 7U);
  const auto& http = std::get<HttpSourceOptions>(config.sources[4].input);
  EXPECT_EQ(http.token, "secret");
  EXPECT_EQ(http.path, "/in");
  EXPECT_EQ(http.max_body_bytes, 2048U);
  EXPECT_EQ(config.sources[4].name, "web");
}

TEST_F(ConfigTest, MistakesInSources) {
  (void)Load(R"(checkpoint_interval_ms: 1
sources:
  - {file: a.log, join: lines}
  - {file: a.log, join: {continues: '(', max_lines: 1}}
  - {syslog: {listen: nowhere, udp: false, tcp: false}, format: cri}
  - {http: {path: logs, token_file: missing}, max_line_bytes: 64}
  - {docker: {name: x}}
  - {journald: {matches: [ssh]}, name: j}
  - {http: {listen: '127.0.0.1:8082', token: ''}, from: end, name: h}
)");
  EXPECT_EQ(Messages(),
            "logmill.yaml:1:25: checkpoint_interval_ms: 1 is out of range; it has to be from 10 to 600000\n"
            "logmill.yaml:3:25: sources[0].join: unknown way to join lines \"lines\"; known are: traces\n"
            "logmill.yaml:4:5: sources[1]: another source is called \"a.log\" already; give each a `name` of its own\n"
            "logmill.yaml:4:38: sources[1].join.continues: bad regex: missing ): (\n"
            "logmill.yaml:4:53: sources[1].join.max_lines: 1 is out of range; it has to be from 2 to 1000000\n"
            "logmill.yaml:5:14: sources[2].syslog: with neither udp nor tcp nothing can come in; leave one of them on\n"
            "logmill.yaml:5:23: sources[2].syslog.listen: \"nowhere\" is no address; write host:port, for example '127.0.0.1:5514'\n"
            "logmill.yaml:5:65: sources[2].format: \"cri\" is a format of files; leave it out here\n"
            "logmill.yaml:6:19: sources[3].http.path: a path begins with \"/\", for example '/logs'\n"
            "logmill.yaml:6:37: sources[3].http.token_file: no token can be read from \"missing\"; its first line has to be one\n"
            "logmill.yaml:6:63: sources[3].max_line_bytes: 64 is out of range; it has to be from 4096 to 1073741824\n"
            "logmill.yaml:7:15: sources[4].docker: unknown key \"name\"; did you mean \"names\"?\n"
            "logmill.yaml:8:27: sources[5].journald.matches[0]: a match is FIELD=value, for example PRIORITY=3\n"
            "logmill.yaml:9:5: source \"h\" listens at 127.0.0.1:8082, where listen.microservices (127.0.0.1:8082) listens already; give "
            "each a port of its own\n"
            "logmill.yaml:9:46: sources[6].http.token: must not be empty\n"
            "logmill.yaml:9:57: sources[6].from: this source has neither start nor end to begin at; leave it out\n");
}

TEST_F(ConfigTest, TwoSourcesOfOneFile) {
  (void)Load(R"(sources:
  - {file: /logs/a.log, name: a}
  - {file: '/logs/*.log', name: all}
  - {file: /logs/./a.log, name: again}
  - {file: /logs/b.log, name: b}
  - {file: '/logs/*.log', name: the rest}
  - {file: /logs/deep/b.log, name: deep}
  - {stdin: true}
)");
  EXPECT_EQ(
      Messages(),
      "logmill.yaml:4:5: sources[2]: the source \"a\" reads the same files already, and this one would get nothing; leave one of them "
      "out\n"
      "logmill.yaml:5:5: warning: sources[3]: the source \"all\" matches this file too and comes first, so this one gets nothing; put "
      "this one before it\n"
      "logmill.yaml:6:5: sources[4]: the source \"all\" reads the same files already, and this one would get nothing; leave one of them "
      "out\n");
}

TEST_F(ConfigTest, RotatedNamesOfAnEarlierSource) {
  (void)Load(R"(sources:
  - {file: /logs/a.log, name: a}
  - {file: '/logs/*', name: all}
  - {file: '/logs/*.log', name: fine}
)");
  EXPECT_EQ(
      Messages(),
      "logmill.yaml:3:5: warning: sources[1]: the source \"a\" reads a file whose rotated names this pattern matches too: a copy that "
      "copytruncate makes of it would be counted again; take them out of the pattern\n");
}

TEST_F(ConfigTest, TellsConfigurationsFromRuleFiles) {
  EXPECT_TRUE(LooksLikeConfig(Write("a.yaml", "sources: []")));
  EXPECT_TRUE(LooksLikeConfig(Write("b.yaml", "rules: [a.yaml]")));
  for (const char* key : {"workers: 1", "listen: {}", "state: x", "telemetry: {}"})
    EXPECT_TRUE(LooksLikeConfig(Write("e.yaml", key))) << key;
  EXPECT_FALSE(LooksLikeConfig(Write("f.yaml", "bucket_sets: {}")));
  EXPECT_FALSE(LooksLikeConfig(Write("c.yaml", "rules: [{name: x}]")));
  EXPECT_FALSE(LooksLikeConfig(Write("d.yaml", "][")));
  EXPECT_FALSE(LooksLikeConfig(folder_ + "/missing.yaml"));
}

}  // namespace
}  // namespace logmill
