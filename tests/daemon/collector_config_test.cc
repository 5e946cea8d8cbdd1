#include "daemon/collector_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/daemon/config_fixture.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CollectorConfigTest : public testing::ConfigFixture {
 protected:
  // The collectors that are on.
  static std::vector<std::string> On(const CollectorsConfig& config) {
    std::vector<std::string> names;
    if (config.database) names.emplace_back("database");
    if (config.queues) names.emplace_back("queues");
    if (config.database_activity) names.emplace_back("database_activity");
    if (config.redis_activity) names.emplace_back("redis_activity");
    if (config.host) names.emplace_back("host");
    return names;
  }
  std::vector<std::string> OnWith(const std::string& collectors) { return On(Load("telemetry: {include: all}\n" + collectors).collectors); }
};

TEST_F(CollectorConfigTest, WithoutAServerToAskOnlyTheHostIsOn) {
  EXPECT_THAT(OnWith(""), ElementsAre("host"));
  EXPECT_THAT(OnWith("collectors: {}"), ElementsAre("host"));
  EXPECT_EQ(Messages(), "");
}

TEST_F(CollectorConfigTest, VariablesOfEitherServerMeanAGalleryWhichHasBoth) {
  for (const char* variable :
       {"DB_URL", "DB_HOSTNAME", "DB_PORT", "DB_USERNAME", "DB_PASSWORD", "DB_DATABASE_NAME", "DB_SSL_MODE", "REDIS_URL", "REDIS_SOCKET",
        "REDIS_HOSTNAME", "REDIS_PORT", "REDIS_USERNAME", "REDIS_PASSWORD", "REDIS_DBINDEX"}) {
    environment_ = {{"IMMICH_TELEMETRY_INCLUDE", "all"}, {variable, "1"}};
    EXPECT_THAT(On(LoadNothing().collectors), ElementsAre("database", "queues", "database_activity", "redis_activity", "host")) << variable;
    environment_[variable] = "";
    EXPECT_THAT(On(LoadNothing().collectors), ElementsAre("host")) << variable;
    environment_[std::string(variable) + "_FILE"] = Write("value", "1\n");
    EXPECT_THAT(On(LoadNothing().collectors), ElementsAre("database", "queues", "database_activity", "redis_activity", "host")) << variable;
  }
}

TEST_F(CollectorConfigTest, TheEnvironmentAloneIsAConfiguration) {
  environment_ = {{"IMMICH_TELEMETRY_INCLUDE", "app,job"}, {"DB_HOSTNAME", "pg"}, {"REDIS_HOSTNAME", "valkey"}};
  const Config config = LoadNothing();
  EXPECT_EQ(Messages(), "");
  EXPECT_THAT(On(config.collectors), ElementsAre("database", "queues"));
  EXPECT_EQ(config.collectors.postgres.Description(), "postgres at pg:5432/immich");
  EXPECT_EQ(config.collectors.redis.Description(), "redis at valkey:6379/0");
  EXPECT_EQ(config.collectors.queue_options.prefix, "immich_bull");
  EXPECT_THAT(config.sources, IsEmpty());
}

TEST_F(CollectorConfigTest, WhatGroupsAreOffIsNotMade) {
  environment_ = {{"DB_HOSTNAME", "pg"}};
  const auto on = [this](const std::string& groups) { return On(Load("telemetry: {include: [" + groups + "]}").collectors); };
  EXPECT_THAT(on("api"), ElementsAre("database"));
  EXPECT_THAT(on("app"), ElementsAre("database"));
  EXPECT_THAT(on("job"), ElementsAre("queues"));
  EXPECT_THAT(on("io"), ElementsAre("database_activity", "redis_activity"));
  EXPECT_THAT(on("host"), ElementsAre("host"));
  EXPECT_THAT(on("repo"), IsEmpty());
  EXPECT_THAT(on(""), IsEmpty());
}

TEST_F(CollectorConfigTest, SectionsSwitchCollectors) {
  EXPECT_THAT(OnWith("collectors: {database: true}"), ElementsAre("database", "database_activity", "host"));
  EXPECT_THAT(OnWith("collectors: {queues: {prefix: bull}}"), ElementsAre("queues", "redis_activity", "host"));
  EXPECT_THAT(OnWith("collectors: {database_activity: true, redis_activity: {}, host: false}"),
              ElementsAre("database_activity", "redis_activity"));
  environment_ = {{"DB_HOSTNAME", "pg"}};
  EXPECT_THAT(OnWith("collectors: {database: false}"), ElementsAre("queues", "redis_activity", "host"));
  EXPECT_THAT(OnWith("collectors: {queues: false, redis_activity: true}"),
              ElementsAre("database", "database_activity", "redis_activity", "host"));
  EXPECT_THAT(OnWith("collectors: {database_activity: false, redis_activity: false}"), ElementsAre("database", "queues", "host"));
}

TEST_F(CollectorConfigTest, ReadsEverything) {
  const CollectorsConfig config = Load(R"(telemetry: {include: all}
collectors:
  interval_s: 120
  max_stale_s: 0
  database: {url: 'postgres://logmill:secret@pg:5433/photos?sslmode=require', schema: photos, interval_s: 30, timeout_s: 5, max_stale_s: 86400}
  database_activity: {statements: 3}
  queues: {url: 'redis://:secret@valkey:6380/2', prefix: bull, names: [one, two], max_queues: 5, extra_statuses: [prioritized, waiting-children]}
  redis_activity: {commands: 7, timeout_s: 120}
  host: {proc: /host/proc, filesystems: {photos: /photos}, network_devices: eth0, machine: true}
)")
                                      .collectors;
  EXPECT_EQ(Messages(), "");
  EXPECT_EQ(config.postgres.Description(), "postgres at pg:5433/photos");
  EXPECT_EQ(config.postgres.user, "logmill");
  EXPECT_EQ(config.postgres.password, "secret");
  EXPECT_EQ(config.postgres.ssl_mode, "require");
  EXPECT_EQ(config.schema, "photos");
  EXPECT_EQ(config.database->interval, 30s);
  EXPECT_EQ(config.database->timeout, 5s);
  EXPECT_EQ(config.database->max_stale, 86400s);
  EXPECT_EQ(config.database_activity->interval, 120s);
  EXPECT_EQ(config.database_activity->timeout, 10s);
  EXPECT_EQ(config.database_activity->max_stale, 0s);
  EXPECT_EQ(config.postgres_activity.statements, 3U);
  EXPECT_EQ(config.redis.Description(), "redis at valkey:6380/2");
  EXPECT_EQ(config.redis.password, "secret");
  EXPECT_EQ(config.queue_options.prefix, "bull");
  EXPECT_THAT(config.queue_options.queues, ElementsAre("one", "two"));
  EXPECT_EQ(config.queue_options.max_queues, 5U);
  EXPECT_TRUE(config.queue_options.prioritized);
  EXPECT_TRUE(config.queue_options.waiting_children);
  EXPECT_EQ(config.redis_activity_options.commands, 7U);
  EXPECT_EQ(config.redis_activity->timeout, 120s);
  EXPECT_EQ(config.host_options.proc, "/host/proc");
  ASSERT_EQ(config.host_options.filesystems.size(), 1U);
  EXPECT_EQ(config.host_options.filesystems[0].name, "photos");
  EXPECT_EQ(config.host_options.filesystems[0].path, "/photos");
  EXPECT_THAT(config.host_options.network_devices, ElementsAre("eth0"));
  EXPECT_TRUE(config.host_options.machine);
}

TEST_F(CollectorConfigTest, EachVariableGoesOverItsPartOfTheUrl) {
  const std::string file = R"(telemetry: {include: all}
collectors:
  database: {url: 'postgres://logmill:secret@pg:5433/photos'}
  queues: {url: 'redis://user:secret@valkey:6380/2'}
)";
  environment_ = {{"DB_PASSWORD", "other"}, {"DB_PORT", "5434"}, {"REDIS_HOSTNAME", "redis2"}, {"REDIS_DBINDEX", "3"}};
  CollectorsConfig config = Load(file).collectors;
  EXPECT_EQ(config.postgres.Description(), "postgres at pg:5434/photos");
  EXPECT_EQ(config.postgres.user, "logmill");
  EXPECT_EQ(config.postgres.password, "other");
  EXPECT_EQ(config.redis.Description(), "redis at redis2:6380/3");
  EXPECT_EQ(config.redis.password, "secret");
  environment_ = {{"DB_PASSWORD_FILE", Write("password", "x\n")}, {"REDIS_SOCKET", "/run/redis.sock"}};
  config = Load(file).collectors;
  EXPECT_EQ(config.postgres.password, "");
  EXPECT_EQ(config.postgres.password_file, folder_ + "/password");
  EXPECT_EQ(config.redis.Description(), "redis at /run/redis.sock/2");
  environment_ = {{"DB_URL", "postgres://other/gallery"}, {"REDIS_URL", "redis://other"}};
  config = Load(file).collectors;
  EXPECT_EQ(config.postgres.Description(), "postgres at other:5432/gallery");
  EXPECT_EQ(config.postgres.password, "");
  EXPECT_EQ(config.redis.Description(), "redis at other:6379/0");
  EXPECT_EQ(Messages(), "");
}

TEST_F(CollectorConfigTest, VariablesOfWhatIsOffAreNotRead) {
  environment_ = {{"DB_PORT", "nonsense"}, {"REDIS_PORT", "nonsense"}};
  (void)Load("telemetry: {include: host}");
  EXPECT_EQ(Messages(), "");
  (void)Load("telemetry: {include: all}\ncollectors: {database: false}");
  EXPECT_EQ(Messages(), "REDIS_PORT: no port; a number from 1 to 65535 would be right\n");
}

TEST_F(CollectorConfigTest, EveryMistakeIsReportedWithItsPlace) {
  (void)Load(R"(collectors:
  interval_s: 29
  max_stale_s: 86401
  database: {url: '', timeout_s: 61, intervall_s: 30}
  database_activity: {url: x, statements: -1}
  queues: {prefix: '', extra_statuses: [prioritised, 7], names: ['a b'], max_queues: 0}
  redis_activity: 'false'
  host: {interval_s: 601, filesystems: {root: home}, machine: 1}
  databases: true
)");
  EXPECT_EQ(
      Messages(),
      "logmill.yaml:2:15: collectors.interval_s: 29 is out of range; it has to be from 30 to 600\n"
      "logmill.yaml:3:16: collectors.max_stale_s: 86401 is out of range; it has to be from 0 to 86400\n"
      "logmill.yaml:4:19: collectors.database.url: must not be empty\n"
      "logmill.yaml:4:34: collectors.database.timeout_s: must not be longer than interval_s, which is 60\n"
      "logmill.yaml:4:38: collectors.database: unknown key \"intervall_s\"; did you mean \"interval_s\"?\n"
      "logmill.yaml:5:23: collectors.database_activity: unknown key \"url\"; known here: statements, interval_s, max_stale_s, timeout_s\n"
      "logmill.yaml:5:43: collectors.database_activity.statements: -1 is out of range; it has to be from 0 to 1000\n"
      "logmill.yaml:6:20: collectors.queues.prefix: must not be empty\n"
      "logmill.yaml:6:41: collectors.queues.extra_statuses[0]: unknown status \"prioritised\"; did you mean \"prioritized\"?; known are: "
      "prioritized, waiting-children\n"
      "logmill.yaml:6:54: collectors.queues.extra_statuses[1]: unknown status \"7\"; known are: prioritized, waiting-children\n"
      "logmill.yaml:6:66: collectors.queues.names[0]: \"a b\" is no name of a queue: a letter, then letters, _, - and up to 8 digits, at "
      "most 64\n"
      "logmill.yaml:6:86: collectors.queues.max_queues: 0 is out of range; it has to be from 1 to 1000\n"
      "logmill.yaml:7:19: collectors.redis_activity: expected true, false or a map (key: value)\n"
      "logmill.yaml:8:22: collectors.host.interval_s: 601 is out of range; it has to be from 30 to 600\n"
      "logmill.yaml:8:47: collectors.host.filesystems.root: expected an absolute path, found \"home\"\n"
      "logmill.yaml:8:63: collectors.host.machine: expected true or false, found \"1\"\n"
      "logmill.yaml:9:3: collectors: unknown key \"databases\"; did you mean \"database\"?\n");
  (void)Load("collectors: true");
  EXPECT_EQ(Messages(), "logmill.yaml:1:13: collectors: expected a map (key: value), found \"true\"\n");
}

TEST_F(CollectorConfigTest, AFileWithCollectorsOrScrapesIsAConfiguration) {
  EXPECT_TRUE(LooksLikeConfig(Write("a.yaml", "collectors: {}")));
  EXPECT_TRUE(LooksLikeConfig(Write("b.yaml", "scrapes: []")));
}

TEST_F(CollectorConfigTest, MistakesInUrls) {
  (void)Load("collectors:\n  database: {url: 'mysql://a/b'}\n  queues: {url: 'rediss://a'}\n");
  EXPECT_EQ(
      Messages(),
      "logmill.yaml:2:19: collectors.database.url: no URL of a database: it does not begin with postgres://; for example "
      "postgres://...@HOST:5432/DATABASE\n"
      "logmill.yaml:3:17: collectors.queues.url: it asks for TLS, which this program cannot speak with Redis; run stunnel (or another TLS "
      "client) next to it and name that, or a Unix socket of Redis, without TLS: redis://127.0.0.1:PORT or REDIS_SOCKET=PATH\n");
}

TEST_F(CollectorConfigTest, NoMessageHoldsAPassword) {
  for (const char* collectors :
       {"database: 'postgres://logmill:hunter2@pg/photos'", "database: {url: 'postgres://logmill:hunter2@pg:x/photos'}",
        "database: {'postgres://logmill:hunter2@pg/photos': }", "database: ['postgres://logmill:hunter2@pg/photos']",
        "database: {interval_s: 'postgres://logmill:hunter2@pg/photos'}", "'postgres://logmill:hunter2@pg/photos': true",
        "database: {interval_s: 'postgres://logmill:hunter2-and-so-on-for-more-than-sixty-bytes@pg/photos'}",
        "queues: {url: 'redis://:hunter2@valkey:x'}", "queues: {url: 'rediss://:hunter2@valkey'}",
        "queues: {extra_statuses: 'redis://:hunter2@valkey'}"}) {
    (void)Load(std::string("collectors: {") + collectors + "}");
    EXPECT_TRUE(diagnostics_.has_errors()) << collectors;
    EXPECT_THAT(Messages(), Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace logmill
