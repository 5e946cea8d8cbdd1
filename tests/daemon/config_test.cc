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
  EXPECT_EQ(file.path, "/var/log/a*.log");
  EXPECT_EQ(file.stream.format, InputFormat::kJson);
  EXPECT_EQ(file.from, StartAt::kEnd);
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
  - {file: a, form: end, format: jsn, from: middle, keys: pine}
  - {}
)");
  EXPECT_EQ(Messages(),
            "logmill.yaml:1:28: unknown telemetry group \"hots\"; known are: api, host, app, io, repo, job, all\n"
            "logmill.yaml:2:1: unknown key \"lsten\"; did you mean \"listen\"?\n"
            "logmill.yaml:3:10: workers: 0 is out of range; it has to be from 1 to 64\n"
            "logmill.yaml:5:5: sources[0]: a source has one of `file: PATH` (a glob is fine) and `stdin: true`\n"
            "logmill.yaml:6:15: sources[1]: unknown key \"form\"; known here: file, stdin, name, format, from, keys, max_line_bytes, "
            "poll_interval_ms\n"
            "logmill.yaml:6:34: sources[1].format: unknown format \"jsn\"; did you mean \"json\"?; known are: auto, json, text\n"
            "logmill.yaml:6:45: sources[1].from: unknown start \"middle\"; known are: start, end\n"
            "logmill.yaml:6:59: sources[1].keys: unknown key preset \"pine\"; did you mean \"pino\"?; known are: gallery, nest, pino, zap, "
            "slog, bunyan, ecs\n"
            "logmill.yaml:7:5: sources[2]: a source has one of `file: PATH` (a glob is fine) and `stdin: true`\n"
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
