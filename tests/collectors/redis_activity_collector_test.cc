#include "collectors/redis_activity_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "collectors/redis_activity_metrics.h"
#include "tests/collectors/collected_series.h"
#include "tests/collectors/interrupted_collect.h"
#include "tests/support/redis_server.h"

namespace logmill {
namespace {

using testing::CollectUntil;
using ::testing::Each;
using testing::HasMetric;
using ::testing::HasSubstr;
using testing::InterruptedCollect;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RedisMonitor;
using testing::RedisServer;
using testing::Series;
using testing::SeriesOf;

RedisOptions OptionsOf(const RedisServer& server) {
  RedisOptions options;
  options.host = "127.0.0.1";
  options.port = server.port();
  return options;
}

TEST(RedisActivityCollector, SaysWhatTheServerSays) {
  RedisServer server({"--maxmemory", "100mb", "--maxclients", "77"});
  RedisActivityCollector collector(OptionsOf(server));
  server.Run("SET a 1");
  server.Run("SET b 1 EX 1000");
  server.Run("GET a");
  server.Run("GET a");
  server.Run("GET a");
  server.Run("GET nothing");
  server.Run("SETRANGE large 10000000 x");
  server.Run("DEL large");
  const auto collected = collector.Collect();
  ASSERT_TRUE(collected) << collected.error();
  EXPECT_THAT(collected->notices, IsEmpty());
  EXPECT_GT(collected->rows, 50u);
  for (const Endpoint endpoint : {Endpoint::kMicroservices, Endpoint::kMachineLearning}) {
    EXPECT_THAT(collected->families[IndexOf(endpoint)], IsEmpty());
  }
  const Series series = SeriesOf(collected);
  EXPECT_EQ(series.at("redis_server_max_clients"), 77);
  EXPECT_EQ(series.at("redis_server_memory_limit_bytes"), 100 * 1024 * 1024);
  EXPECT_EQ(series.at("redis_server_role master"), 1);
  EXPECT_EQ(series.at("redis_server_loading"), 0);
  EXPECT_EQ(series.at("redis_server_keyspace_hits_total"), 3);
  EXPECT_EQ(series.at("redis_server_keyspace_misses_total"), 1);
  EXPECT_EQ(series.at("redis_server_keyspace_hit_ratio"), 0.75);
  EXPECT_EQ(series.at("redis_server_keys 0"), 2);
  EXPECT_EQ(series.at("redis_server_keys_with_expiry 0"), 1);
  EXPECT_EQ(series.at("redis_server_command_calls_total get"), 4);
  EXPECT_EQ(series.at("redis_server_command_calls_total set"), 2);
  EXPECT_GT(series.at("redis_server_command_seconds_total setrange"), 0);  // of a GET, Redis may count no microsecond
  EXPECT_GE(series.at("redis_server_commands_total"), 6);
  EXPECT_GT(series.at("redis_server_memory_used_bytes"), 0);
  EXPECT_GT(series.at("redis_server_memory_resident_bytes"), 0);
  EXPECT_GE(series.at("redis_server_memory_peak_bytes"), series.at("redis_server_memory_used_bytes"));
  EXPECT_GE(series.at("redis_server_connected_clients"), 1);
  EXPECT_EQ(series.at("redis_server_aof_enabled"), 0);
  EXPECT_FALSE(HasMetric(series, "redis_server_aof_last_write_success"));
}

// Redis 7 is what Debian has; 6.2 has no latencies. The two metrics that are left belong to replicas and to append-only files.
TEST(RedisActivityCollector, HasEveryMetricOfTheTable) {
  RedisServer server({"--maxmemory", "100mb", "--appendonly", "yes"});
  RedisActivityCollector collector(OptionsOf(server));
  server.Run("SET a 1");
  server.Run("GET a");
  const Series series = SeriesOf(collector.Collect());
  const bool has_latencies = server.Run("INFO latencystats").find("latency_percentiles_usec_") != std::string::npos;
  std::set<std::string_view> absent{"redis_server_master_link_up"};
  if (!has_latencies) absent.insert("redis_server_command_latency_seconds");
  for (const MetricInfo& metric : RedisMetrics()) {
    EXPECT_NE(HasMetric(series, std::string(metric.name)), absent.contains(metric.name)) << metric.name;
  }
  EXPECT_EQ(series.at("redis_server_aof_enabled"), 1);
  EXPECT_EQ(series.at("redis_server_aof_last_write_success"), 1);
  EXPECT_EQ(series.at("redis_server_rdb_last_save_success"), 1);
}

TEST(RedisActivityCollector, AsksOnceARefresh) {
  RedisServer server;
  RedisActivityCollector collector(OptionsOf(server));
  ASSERT_TRUE(collector.Collect());
  RedisMonitor monitor(server);
  ASSERT_TRUE(collector.Collect());
  ASSERT_TRUE(collector.Collect());
  EXPECT_THAT(monitor.Names(server), ::testing::ElementsAre("INFO", "INFO"));
}

TEST(RedisActivityCollector, CountsWhatGoesWrong) {
  RedisServer server({"--maxmemory-policy", "allkeys-lru"});
  RedisActivityCollector collector(OptionsOf(server));
  const Series before = SeriesOf(collector.Collect());
  EXPECT_EQ(before.at("redis_server_evicted_keys_total"), 0);
  EXPECT_EQ(before.at("redis_server_expired_keys_total"), 0);

  server.Run("SET gone 1 PX 1");
  // Only a look-up, or its own time, takes it away.
  Series series = CollectUntil(collector, [](const Series& now) { return now.at("redis_server_expired_keys_total") >= 1; });
  EXPECT_EQ(series.at("redis_server_expired_keys_total"), 1);

  for (int i = 0; i < 50; ++i) server.Command({"SET", "key" + std::to_string(i), std::string(10'000, 'x')});
  const auto limit = static_cast<int64_t>(SeriesOf(collector.Collect()).at("redis_server_memory_used_bytes")) - 200'000;
  server.Command({"CONFIG", "SET", "maxmemory", std::to_string(limit)});
  server.Run("SET more 1");
  series = SeriesOf(collector.Collect());
  EXPECT_GE(series.at("redis_server_evicted_keys_total"), 1);
  EXPECT_EQ(series.at("redis_server_memory_limit_bytes"), limit);
}

TEST(RedisActivityCollector, TellsThatASaveFailed) {
  RedisServer server;
  RedisActivityCollector collector(OptionsOf(server));
  server.Run("SET a 1");
  EXPECT_GE(SeriesOf(collector.Collect()).at("redis_server_rdb_unsaved_changes"), 1);
  // A snapshot cannot take the place of a folder.
  const auto snapshot = std::filesystem::path(server.folder()) / "dump.rdb";
  std::filesystem::create_directory(snapshot);
  server.Run("BGSAVE");
  const Series failed = CollectUntil(collector, [](const Series& now) { return now.at("redis_server_rdb_last_save_success") == 0; });
  EXPECT_EQ(failed.at("redis_server_rdb_last_save_success"), 0);
  std::filesystem::remove(snapshot);
  server.Run("BGSAVE");
  const Series saved = CollectUntil(collector, [](const Series& now) { return now.at("redis_server_rdb_last_save_success") == 1; });
  EXPECT_EQ(saved.at("redis_server_rdb_last_save_success"), 1);
  EXPECT_EQ(saved.at("redis_server_rdb_unsaved_changes"), 0);
  EXPECT_GE(saved.at("redis_server_rdb_last_save_timestamp_seconds"), failed.at("redis_server_rdb_last_save_timestamp_seconds"));
}

TEST(RedisActivityCollector, KnowsAReplica) {
  RedisServer master;
  RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  RedisActivityCollector collector(OptionsOf(replica));
  Series series = SeriesOf(collector.Collect());
  EXPECT_EQ(series.at("redis_server_role master"), 0);
  EXPECT_EQ(series.at("redis_server_role replica"), 1);
  series = CollectUntil(collector, [](const Series& now) { return now.at("redis_server_master_link_up") == 1; });
  EXPECT_EQ(series.at("redis_server_master_link_up"), 1);
  master.Kill();
  series = CollectUntil(collector, [](const Series& now) { return now.at("redis_server_master_link_up") == 0; });
  EXPECT_EQ(series.at("redis_server_master_link_up"), 0);
}

TEST(RedisActivityCollector, CommandsBeyondTheLimitAreAddedUp) {
  RedisServer server;
  RedisActivityCollector collector(OptionsOf(server), {.commands = 2});
  for (const char* const command : {"SET a 1", "GET a", "INCR a", "DEL a", "LPUSH l 1", "LLEN l"}) server.Run(command);
  const Series series = SeriesOf(collector.Collect());
  double calls = 0;
  std::set<std::string> commands;
  for (const auto& [name, value] : series) {
    if (!name.starts_with("redis_server_command_calls_total ")) continue;
    commands.insert(name);
    calls += value;
  }
  EXPECT_EQ(commands.size(), 3u);
  EXPECT_TRUE(commands.contains("redis_server_command_calls_total _overflow"));
  EXPECT_GE(calls, 6);
}

TEST(RedisActivityCollector, NeedsTheRightToAsk) {
  RedisServer server;
  server.Run("ACL SETUSER watcher on >secret-word resetkeys -@all +ping +select");
  RedisOptions options = OptionsOf(server);
  options.user = "watcher";
  options.password = "secret-word";
  RedisActivityCollector collector(options);
  const auto refused = collector.Collect();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("NOPERM"));
  EXPECT_THAT(refused.error(), HasSubstr("+info"));
  EXPECT_THAT(refused.error(), HasSubstr(options.Description()));
  EXPECT_THAT(refused.error(), Not(HasSubstr("secret-word")));
  server.Run("ACL SETUSER watcher +info");
  EXPECT_TRUE(collector.Collect());
}

TEST(RedisActivityCollector, ServerGoesAndComesBack) {
  RedisServer server;
  RedisActivityCollector collector(OptionsOf(server));
  ASSERT_TRUE(collector.Collect());
  server.Kill();
  const auto gone = collector.Collect();
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error(), HasSubstr(OptionsOf(server).Description()));
  server.Start();
  EXPECT_TRUE(HasMetric(SeriesOf(collector.Collect()), "redis_server_uptime_seconds"));
}

TEST(RedisActivityCollector, IsInterrupted) {
  RedisServer server;
  RedisOptions options = OptionsOf(server);
  options.timeout = std::chrono::hours(1);
  RedisActivityCollector collector(options);
  ASSERT_TRUE(collector.Collect());
  server.Freeze();
  EXPECT_THAT(InterruptedCollect(collector), HasSubstr(options.Description()));
  server.Thaw();
  EXPECT_TRUE(HasMetric(SeriesOf(collector.Collect()), "redis_server_uptime_seconds"));
}

}  // namespace
}  // namespace logmill
