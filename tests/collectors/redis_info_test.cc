#include "collectors/redis_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "collectors/redis_activity_families.h"
#include "tests/collectors/collected_series.h"

namespace logmill {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::HasMetric;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using testing::Series;
using testing::SeriesOf;
using ::testing::UnorderedElementsAre;

MATCHER_P2(FieldIs, name, value, "") { return arg.name == name && arg.value == value; }

TEST(RedisInfo, TakesFieldsApart) {
  const RedisInfo info("# Server\r\nredis_version:7.0.15\r\nexecutable:/a:b\r\n\r\n# Clients\r\nempty:\r\nconnected_clients:3");
  EXPECT_EQ(info.size(), 4u);
  EXPECT_EQ(info.Text("redis_version"), "7.0.15");
  EXPECT_EQ(info.Text("executable"), "/a:b");
  EXPECT_EQ(info.Number("connected_clients"), 3);
  EXPECT_EQ(info.Text("empty"), "");
  EXPECT_EQ(info.Text("missing"), "");
  EXPECT_EQ(info.Number("missing"), std::nullopt);
  EXPECT_EQ(info.Number("redis_version"), std::nullopt);
}

TEST(RedisInfo, AcceptsAnything) {
  const std::string text = "\n\r\nno colon\n:no name\n::\nname:first\nname:second\n\r\rx\r:y\r\r\n#z:1\n" + std::string("\0:\0", 3);
  const RedisInfo info(text);
  const std::string zero(1, '\0');
  EXPECT_THAT(info.Under(""), ElementsAre(FieldIs(zero, zero), FieldIs("\r\rx\r", "y\r"), FieldIs("name", "first")));
  EXPECT_EQ(RedisInfo("").size(), 0u);
}

TEST(RedisInfo, FindsFieldsByPrefix) {
  const RedisInfo info("cmdstat_set:b\ncmdstat:x\ncmdstat_get:a\ncmdstau:y\ncmdstat_:empty\n");
  EXPECT_THAT(info.Under("cmdstat_"), ElementsAre(FieldIs("", "empty"), FieldIs("get", "a"), FieldIs("set", "b")));
  EXPECT_THAT(info.Under("nothing"), IsEmpty());
}

TEST(RedisInfo, KnowsNumbers) {
  EXPECT_EQ(ParseRedisNumber("0"), 0);
  EXPECT_EQ(ParseRedisNumber("7.40"), 7.4);
  EXPECT_EQ(ParseRedisNumber("18446744073709551615"), 18446744073709551615.0);
  for (const char* const text :
       {"", " ", "-1", "-0", "nan", "-nan", "inf", "infinity", "1 ", " 1", "+1", "1e3", "0x10", "1,5", "ok", "100%", "."}) {
    EXPECT_EQ(ParseRedisNumber(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseRedisNumber(std::string(1000, '9')), std::nullopt);
}

TEST(RedisInfo, KnowsParts) {
  EXPECT_THAT(RedisParts("p50=1.003,p99=,=2,none,p99.9=3=4"),
              ElementsAre(FieldIs("p50", "1.003"), FieldIs("p99", ""), FieldIs("p99.9", "3=4")));
  EXPECT_EQ(RedisPart("calls=3,usec=12", "usec"), 12);
  EXPECT_EQ(RedisPart("calls=3,usec=12", "use"), std::nullopt);
  EXPECT_EQ(RedisPart("calls=x,calls=3", "calls"), std::nullopt);
  EXPECT_EQ(RedisPart("", "calls"), std::nullopt);
}

Series SeriesOfInfo(const std::string& text, size_t commands = 50) {
  RedisCommandBudget budget(commands);
  return SeriesOf(RedisActivityFamilies(RedisInfo(text), budget));
}

// As Redis 6.2 says it: no latencies, and no memory limit that is a setting of its own.
TEST(RedisActivityFamilies, OfRedis62) {
  const Series series = SeriesOfInfo(
      "# Server\r\nredis_version:6.2.14\r\nredis_mode:standalone\r\nuptime_in_seconds:93\r\n# Clients\r\nconnected_clients:12\r\n"
      "blocked_clients:4\r\n# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nmaxmemory:0\r\nmem_fragmentation_ratio:-nan\r\n"
      "# Persistence\r\nloading:0\r\nrdb_last_bgsave_status:err\r\naof_enabled:0\r\naof_last_write_status:ok\r\n# Stats\r\n"
      "keyspace_hits:3\r\nkeyspace_misses:1\r\n# Replication\r\nrole:master\r\n# Commandstats\r\n"
      "cmdstat_get:calls=5,usec=250,usec_per_call=50.00,rejected_calls=0,failed_calls=0\r\n# Keyspace\r\n"
      "db0:keys=7,expires=2,avg_ttl=100\r\ndb3:keys=1,expires=0,avg_ttl=0\r\n");
  EXPECT_EQ(series, (Series{{"redis_server_info redis 6.2.14 standalone", 1},
                            {"redis_server_uptime_seconds", 93},
                            {"redis_server_role master", 1},
                            {"redis_server_role replica", 0},
                            {"redis_server_loading", 0},
                            {"redis_server_connected_clients", 12},
                            {"redis_server_blocked_clients", 4},
                            {"redis_server_memory_used_bytes", 1048576},
                            {"redis_server_command_calls_total get", 5},
                            {"redis_server_command_seconds_total get", 0.00025},
                            {"redis_server_keyspace_hits_total", 3},
                            {"redis_server_keyspace_misses_total", 1},
                            {"redis_server_keyspace_hit_ratio", 0.75},
                            {"redis_server_keys 0", 7},
                            {"redis_server_keys 3", 1},
                            {"redis_server_keys_with_expiry 0", 2},
                            {"redis_server_keys_with_expiry 3", 0},
                            {"redis_server_rdb_last_save_success", 0},
                            {"redis_server_aof_enabled", 0}}));
}

TEST(RedisActivityFamilies, OfValkey) {
  const Series series = SeriesOfInfo(
      "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\nvalkey_release_stage:ga\r\nserver_mode:cluster\r\n"
      "role:slave\r\nmaster_link_status:down\r\nmaxmemory:4096\r\naof_enabled:1\r\naof_last_write_status:err\r\n"
      "aof_last_bgrewrite_status:ok\r\ncmdstat_config|get:calls=1,usec=18,usec_per_call=18.00\r\n"
      "latency_percentiles_usec_config|get:p50=18.047,p99.9=20\r\nlatency_percentiles_usec_other:p50=1\r\n");
  EXPECT_EQ(series, (Series{{"redis_server_info valkey 8.1.1 cluster", 1},
                            {"redis_server_role master", 0},
                            {"redis_server_role replica", 1},
                            {"redis_server_master_link_up", 0},
                            {"redis_server_memory_limit_bytes", 4096},
                            {"redis_server_aof_enabled", 1},
                            {"redis_server_aof_last_write_success", 0},
                            {"redis_server_aof_last_rewrite_success", 1},
                            {"redis_server_command_calls_total config|get", 1},
                            {"redis_server_command_seconds_total config|get", 0.000018},
                            {"redis_server_command_latency_seconds config|get 50", 18.047 / 1e6},
                            {"redis_server_command_latency_seconds config|get 99.9", 0.00002}}));
}

TEST(RedisActivityFamilies, LeavesOutWhatItCannotTell) {
  EXPECT_THAT(SeriesOfInfo("keyspace_hits:0\nkeyspace_misses:0\n"), Not(Contains(Key("redis_server_keyspace_hit_ratio"))));
  EXPECT_THAT(
      SeriesOfInfo("role:sentinel\nredis_version:7 \"beta\"\nrdb_last_bgsave_status:maybe\naof_enabled:1\naof_last_write_status:\n"),
      ElementsAre(Pair("redis_server_aof_enabled", 1)));
  EXPECT_THAT(SeriesOfInfo("db:keys=1,expires=0\ndbx:keys=1,expires=0\ndb1:keys=1\ndb2:keys=-1,expires=0\n"), IsEmpty());
  EXPECT_THAT(SeriesOfInfo("Hello, this is no INFO.\n"), IsEmpty());
}

TEST(RedisActivityFamilies, AddsUpTheRest) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "db" + std::to_string(100 + i) + ":keys=10,expires=" + std::to_string(i % 2) + ",avg_ttl=0\n";
  const Series databases = SeriesOfInfo(text);
  EXPECT_EQ(databases.size(), 2 * (kMaxRedisDatabases + 1));
  EXPECT_EQ(databases.at("redis_server_keys _overflow"), 80);
  EXPECT_EQ(databases.at("redis_server_keys_with_expiry _overflow"), 4);

  const Series commands = SeriesOfInfo(
      "cmdstat_a:calls=1,usec=10\ncmdstat_b:calls=2,usec=300\ncmdstat_c:calls=4,usec=20\ncmdstat_d:calls=8,usec=5\n"
      "cmdstat_b ad:calls=16,usec=500\n",
      2);
  EXPECT_THAT(commands, UnorderedElementsAre(Pair("redis_server_command_calls_total b", 2), Pair("redis_server_command_calls_total c", 4),
                                             Pair("redis_server_command_calls_total _overflow", 25),
                                             Pair("redis_server_command_seconds_total b", 0.0003),
                                             Pair("redis_server_command_seconds_total c", 0.00002),
                                             Pair("redis_server_command_seconds_total _overflow", ::testing::DoubleEq(0.000515))));
}

TEST(RedisActivityFamilies, PlacesAreKept) {
  RedisCommandBudget budget(2);
  RedisActivityFamilies(RedisInfo("cmdstat_a:calls=1,usec=10\ncmdstat_b:calls=2,usec=9\n"), budget);
  const Series later = SeriesOf(
      RedisActivityFamilies(RedisInfo("cmdstat_a:calls=1,usec=10\ncmdstat_b:calls=2,usec=9\ncmdstat_c:calls=9,usec=900\n"), budget));
  EXPECT_EQ(later.at("redis_server_command_calls_total a"), 1);
  EXPECT_EQ(later.at("redis_server_command_calls_total b"), 2);
  EXPECT_EQ(later.at("redis_server_command_calls_total _overflow"), 9);
}

TEST(RedisCommandBudget, TakesPlainNamesOnly) {
  RedisCommandBudget budget(10);
  for (const char* const name : {"get", "config|get", "FT.SEARCH", "_x"}) EXPECT_TRUE(budget.Admit(name)) << name;
  for (const char* const name : {"", "_overflow", "two words", "quo\"te", "back\\slash", "tab\t", "\xFF"})
    EXPECT_FALSE(budget.Admit(name)) << name;
  EXPECT_FALSE(budget.Admit(std::string(65, 'x')));
  EXPECT_TRUE(budget.Has("get"));
  EXPECT_FALSE(budget.Has("set"));
}

// A server may say anything: what becomes of it is bounded, and every series is there once.
TEST(RedisActivityFamilies, OfGarbage) {
  std::mt19937 random(20261122);
  const char* const pieces[] = {"db1",
                                "db",
                                "cmdstat_",
                                "get",
                                "set",
                                ":",
                                "=",
                                ",",
                                "\n",
                                "\r\n",
                                "keys=",
                                "expires=",
                                "calls=",
                                "usec=",
                                "1",
                                "-1",
                                "9e9",
                                "nan",
                                "p50=2",
                                "p99.9=",
                                "#",
                                "used_memory",
                                "redis_version",
                                "role:master\n",
                                "latency_percentiles_usec_"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto i = random() % 200; i > 0; --i) {
      text += random() % 8 == 0 ? std::string(1, static_cast<char>(random())) : pieces[random() % std::size(pieces)];
    }
    const Series series = SeriesOfInfo(text, 3);
    EXPECT_LT(series.size(), 40 + 2 * (kMaxRedisDatabases + 1) + 2 * 4 + 3 * kMaxRedisPercentiles);
    for (const auto& [name, value] : series) {
      EXPECT_GE(value, 0) << name;
      EXPECT_FALSE(name.ends_with(" twice")) << text;
    }
  }
}

}  // namespace
}  // namespace logmill
