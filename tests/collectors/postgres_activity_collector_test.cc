#include "collectors/postgres_activity_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "collectors/postgres_activity_metrics.h"
#include "tests/collectors/collected_series.h"
#include "tests/collectors/interrupted_collect.h"
#include "tests/collectors/postgres_client.h"
#include "tests/support/postgres_server.h"

namespace logmill {
namespace {

using testing::CollectUntil;
using ::testing::ElementsAre;
using testing::HasMetric;
using ::testing::HasSubstr;
using testing::InterruptedCollect;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::PostgresClient;
using testing::PostgresServer;
using testing::Series;
using testing::SeriesOf;

// One server for all tests; each has a database "immich" of its own.
class PostgresActivityCollectorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>(PostgresServer::Settings{.configuration = {
                                                                            "shared_preload_libraries = 'pg_stat_statements'",
                                                                            "max_connections = 37",
                                                                            "deadlock_timeout = 50ms",
                                                                            "autovacuum = off",
                                                                        }});
    server().Execute("CREATE ROLE plain LOGIN; CREATE ROLE other LOGIN", "postgres");
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    server().MakeDatabase("immich");
    server().Execute("CREATE EXTENSION pg_stat_statements; SELECT pg_stat_statements_reset()");
    // PostgreSQL's clients go a little after they have said so.
    collector_ = std::make_unique<PostgresActivityCollector>(server().Options());
    CollectUntil(*collector_, [](const Series& now) { return now.at("postgres_server_connections idle") == 0; });
  }

  void TearDown() override { EndCollector(); }

  static PostgresServer& server() { return *server_; }
  PostgresActivityCollector& collector() { return *collector_; }
  void EndCollector() { collector_ = nullptr; }

  static std::string Queryid(const std::string& pattern) {
    return server().Value("SELECT queryid FROM pg_stat_statements WHERE query LIKE '" + pattern + "'");
  }

 private:
  static std::unique_ptr<PostgresServer> server_;
  std::unique_ptr<PostgresActivityCollector> collector_;
};

std::unique_ptr<PostgresServer> PostgresActivityCollectorTest::server_;

TEST_F(PostgresActivityCollectorTest, HasEveryMetricOfTheTable) {
  const auto collected = collector().Collect();
  ASSERT_TRUE(collected) << collected.error();
  EXPECT_THAT(collected->notices, IsEmpty());
  EXPECT_GT(collected->rows, 5u);
  for (const Endpoint endpoint : {Endpoint::kMicroservices, Endpoint::kMachineLearning}) {
    EXPECT_THAT(collected->families[IndexOf(endpoint)], IsEmpty());
  }
  const Series series = SeriesOf(collected);
  const bool has_wait_start = std::stoi(server().Value("SHOW server_version_num")) >= 140000;
  for (const MetricInfo& metric : PostgresMetrics()) {
    const bool expected = has_wait_start || metric.name != "postgres_server_longest_lock_wait_seconds";
    EXPECT_EQ(HasMetric(series, std::string(metric.name)), expected) << metric.name;
  }
}

TEST_F(PostgresActivityCollectorTest, SaysWhatTheServerIs) {
  const Series series = SeriesOf(collector().Collect());
  const std::string version = server().Value("SELECT (regexp_match(version(), 'PostgreSQL (\\S+)'))[1]");
  EXPECT_EQ(series.at("postgres_server_info " + version), 1);
  EXPECT_EQ(series.at("postgres_server_max_connections"), 37);
  EXPECT_GE(series.at("postgres_server_backends"), 1);
  EXPECT_NEAR(series.at("postgres_server_start_time_seconds"),
              std::stod(server().Value("SELECT extract(epoch FROM pg_postmaster_start_time())")), 0.001);
  EXPECT_GT(series.at("postgres_server_database_size_bytes"), 1'000'000);
}

TEST_F(PostgresActivityCollectorTest, ConnectionsByState) {
  Series series = SeriesOf(collector().Collect());
  for (const char* const state :
       {"active", "idle", "idle_in_transaction", "idle_in_transaction_aborted", "fastpath_function_call", "disabled", "starting"}) {
    EXPECT_EQ(series.at("postgres_server_connections " + std::string(state)), 0) << state;
  }
  EXPECT_EQ(series.at("postgres_server_longest_transaction_seconds"), 0);
  {
    PostgresClient idle(server()), open(server()), open_too(server()), failed(server()), busy(server()),
        elsewhere(server(), "postgres", "postgres");
    for (PostgresClient* const client : {&open, &open_too, &elsewhere}) ASSERT_TRUE(client->Execute("BEGIN; SELECT 1"));
    EXPECT_FALSE(failed.Execute("BEGIN; SELECT 1 / 0"));
    busy.Send("SELECT pg_sleep(3600)");
    series = CollectUntil(collector(), [](const Series& now) {
      return now.at("postgres_server_connections active") == 1 && now.at("postgres_server_connections idle") == 1 &&
             now.at("postgres_server_longest_query_seconds") > 0;
    });
    EXPECT_EQ(series.at("postgres_server_connections idle"), 1);
    EXPECT_EQ(series.at("postgres_server_connections active"), 1);
    EXPECT_EQ(series.at("postgres_server_connections idle_in_transaction"), 2);
    EXPECT_EQ(series.at("postgres_server_connections idle_in_transaction_aborted"), 1);
    EXPECT_GE(series.at("postgres_server_backends"), 6);
    EXPECT_GT(series.at("postgres_server_longest_idle_in_transaction_seconds"), 0);
    EXPECT_GT(series.at("postgres_server_longest_query_seconds"), 0);
    EXPECT_GE(series.at("postgres_server_longest_transaction_seconds"), series.at("postgres_server_longest_idle_in_transaction_seconds"));
    server().Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'client'");
  }
  series = CollectUntil(collector(), [](const Series& now) {
    return now.at("postgres_server_longest_transaction_seconds") == 0 && now.at("postgres_server_longest_idle_in_transaction_seconds") == 0;
  });
  EXPECT_EQ(series.at("postgres_server_connections idle_in_transaction"), 0);
  EXPECT_EQ(series.at("postgres_server_longest_query_seconds"), 0);
  EXPECT_EQ(series.at("postgres_server_longest_idle_in_transaction_seconds"), 0);
}

TEST_F(PostgresActivityCollectorTest, LocksWaitedFor) {
  server().Execute("CREATE TABLE t (x int); INSERT INTO t VALUES (1)");
  EXPECT_EQ(SeriesOf(collector().Collect()).at("postgres_server_locks_waiting"), 0);
  PostgresClient first(server()), second(server());
  ASSERT_TRUE(first.Execute("BEGIN; UPDATE t SET x = 2"));
  second.Send("UPDATE t SET x = 3");
  Series series = CollectUntil(collector(), [](const Series& now) {
    return now.at("postgres_server_locks_waiting") == 1 && now.at("postgres_server_longest_lock_wait_seconds") > 0;
  });
  EXPECT_EQ(series.at("postgres_server_locks_waiting"), 1);
  EXPECT_GT(series.at("postgres_server_longest_lock_wait_seconds"), 0);
  ASSERT_TRUE(first.Execute("ROLLBACK"));
  ASSERT_TRUE(second.Finish());
  series = SeriesOf(collector().Collect());
  EXPECT_EQ(series.at("postgres_server_locks_waiting"), 0);
  EXPECT_EQ(series.at("postgres_server_longest_lock_wait_seconds"), 0);
}

TEST_F(PostgresActivityCollectorTest, Deadlocks) {
  server().Execute("CREATE TABLE t (id int PRIMARY KEY, x int); INSERT INTO t VALUES (1, 0), (2, 0)");
  const Series before = SeriesOf(collector().Collect());
  {
    PostgresClient first(server()), second(server());
    ASSERT_TRUE(first.Execute("BEGIN; UPDATE t SET x = 1 WHERE id = 1"));
    ASSERT_TRUE(second.Execute("BEGIN; UPDATE t SET x = 1 WHERE id = 2"));
    first.Send("UPDATE t SET x = 1 WHERE id = 2");
    const bool second_went_on = second.Execute("UPDATE t SET x = 1 WHERE id = 1; ROLLBACK");
    const bool first_went_on = first.Finish() && first.Execute("ROLLBACK");
    EXPECT_NE(second_went_on, first_went_on);
  }
  const double deadlocks = before.at("postgres_server_deadlocks_total") + 1;
  const Series after = CollectUntil(collector(), [=](const Series& now) { return now.at("postgres_server_deadlocks_total") == deadlocks; });
  EXPECT_EQ(after.at("postgres_server_deadlocks_total"), deadlocks);
}

TEST_F(PostgresActivityCollectorTest, TemporaryFiles) {
  const Series before = SeriesOf(collector().Collect());
  EXPECT_EQ(before.at("postgres_server_temporary_files_total"), 0);
  server().Execute("SET work_mem = '64kB'; SELECT md5(g::text) FROM generate_series(1, 20000) g ORDER BY 1");
  const Series after = CollectUntil(collector(), [](const Series& now) { return now.at("postgres_server_temporary_files_total") > 0; });
  EXPECT_GT(after.at("postgres_server_temporary_files_total"), 0);
  EXPECT_GT(after.at("postgres_server_temporary_bytes_total"), 20000 * 32);
}

TEST_F(PostgresActivityCollectorTest, TransactionsAndRows) {
  server().Execute("CREATE TABLE t (id int PRIMARY KEY, x int)");
  server().Execute("INSERT INTO t SELECT g, 0 FROM generate_series(1, 3000) g");
  server().Execute("UPDATE t SET x = 1 WHERE id <= 500");
  server().Execute("DELETE FROM t WHERE id <= 70");
  {
    PostgresClient client(server());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(client.Execute("BEGIN; SELECT 1; ROLLBACK"));
  }
  // Sessions report what they did when they end; a view of the test's own has to say the same.
  const auto number = [](const std::string& column) {
    return std::stod(server().Value("SELECT " + column + " FROM pg_stat_database WHERE datname = 'immich'", "postgres"));
  };
  const Series series = CollectUntil(collector(), [&](const Series& now) {
    return now.at("postgres_server_transactions_total rolled_back") == 5 && now.at("postgres_server_rows_changed_total inserted") >= 3000 &&
           now.at("postgres_server_rows_changed_total deleted") >= 70;
  });
  EXPECT_EQ(series.at("postgres_server_transactions_total rolled_back"), 5);
  EXPECT_EQ(series.at("postgres_server_rows_changed_total inserted"), number("tup_inserted"));
  EXPECT_EQ(series.at("postgres_server_rows_changed_total updated"), number("tup_updated"));
  EXPECT_EQ(series.at("postgres_server_rows_changed_total deleted"), number("tup_deleted"));
  EXPECT_GE(series.at("postgres_server_rows_changed_total inserted"), 3000);
  EXPECT_GE(series.at("postgres_server_rows_changed_total updated"), 500);
  EXPECT_GE(series.at("postgres_server_rows_changed_total deleted"), 70);
  EXPECT_LT(series.at("postgres_server_rows_changed_total deleted"), 500);
  EXPECT_GT(series.at("postgres_server_transactions_total committed"), 4);
  EXPECT_GT(series.at("postgres_server_rows_returned_total"), series.at("postgres_server_rows_fetched_total"));
  EXPECT_GT(series.at("postgres_server_cache_hits_total"), series.at("postgres_server_cache_misses_total"));
  EXPECT_NEAR(series.at("postgres_server_cache_hit_ratio"),
              series.at("postgres_server_cache_hits_total") /
                  (series.at("postgres_server_cache_hits_total") + series.at("postgres_server_cache_misses_total")),
              1e-9);
}

TEST_F(PostgresActivityCollectorTest, Checkpoints) {
  const Series before = SeriesOf(collector().Collect());
  server().Execute("CHECKPOINT");
  const double requested = before.at("postgres_server_checkpoints_total requested") + 1;
  const Series after =
      CollectUntil(collector(), [=](const Series& now) { return now.at("postgres_server_checkpoints_total requested") >= requested; });
  EXPECT_GE(after.at("postgres_server_checkpoints_total requested"), requested);
  EXPECT_GE(after.at("postgres_server_checkpoint_seconds_total write"), before.at("postgres_server_checkpoint_seconds_total write"));
}

TEST_F(PostgresActivityCollectorTest, SlowStatements) {
  server().Execute("SELECT pg_sleep(0.2), 'secret of the statement'");
  server().Execute("SELECT pg_sleep(0.1), 'another secret'");
  server().Execute("SELECT 'elsewhere', pg_sleep(0.3)", "postgres");
  PostgresActivityCollector two(server().Options(), {.statements = 2});
  const std::string queryid = Queryid("SELECT pg_sleep(%");
  ASSERT_NE(queryid, "");
  const Series series = SeriesOf(two.Collect());
  EXPECT_EQ(series.at("postgres_server_statement_calls_total " + queryid), 2);
  EXPECT_GE(series.at("postgres_server_statement_seconds_total " + queryid), 0.3);
  EXPECT_LT(series.at("postgres_server_statement_seconds_total " + queryid), 300);
  EXPECT_FALSE(series.contains("postgres_server_statement_calls_total " + Queryid("SELECT $1, pg_sleep%")));
  int statements = 0;
  for (const auto& [name, value] : series) {
    EXPECT_THAT(name, Not(HasSubstr("secret")));
    statements += name.starts_with("postgres_server_statement_calls_total ");
  }
  EXPECT_EQ(statements, 2);
}

TEST_F(PostgresActivityCollectorTest, SlowStatementsCanBeOff) {
  PostgresActivityCollector none(server().Options(), {.statements = 0});
  const auto collected = none.Collect();
  ASSERT_TRUE(collected) << collected.error();
  EXPECT_FALSE(HasMetric(SeriesOf(collected), "postgres_server_statement_calls_total"));
  EXPECT_THAT(collected->notices, IsEmpty());
}

TEST_F(PostgresActivityCollectorTest, ExtensionInASchemaOfAnyName) {
  server().MakeDatabase("immich");
  server().Execute("CREATE SCHEMA \"Odd \"\"one\"; CREATE EXTENSION pg_stat_statements SCHEMA \"Odd \"\"one\"");
  const Series series =
      CollectUntil(collector(), [](const Series& now) { return HasMetric(now, "postgres_server_statement_calls_total"); });
  EXPECT_TRUE(HasMetric(series, "postgres_server_statement_calls_total"));
}

TEST_F(PostgresActivityCollectorTest, WithoutTheExtension) {
  server().Execute("DROP EXTENSION pg_stat_statements");
  const auto collected = collector().Collect();
  ASSERT_TRUE(collected) << collected.error();
  EXPECT_THAT(collected->notices, ElementsAre(HasSubstr("CREATE EXTENSION pg_stat_statements")));
  const Series series = SeriesOf(collected);
  EXPECT_FALSE(HasMetric(series, "postgres_server_statement_calls_total"));
  EXPECT_TRUE(HasMetric(series, "postgres_server_checkpoints_total"));
  server().Execute("CREATE EXTENSION pg_stat_statements");
  EXPECT_THAT(collector().Collect()->notices, IsEmpty());
}

TEST_F(PostgresActivityCollectorTest, WithoutTheRightToStatements) {
  server().Execute("REVOKE ALL ON FUNCTION pg_stat_statements(boolean) FROM PUBLIC");
  PostgresActivityCollector plain(server().Options("plain"));
  const auto collected = plain.Collect();
  ASSERT_TRUE(collected) << collected.error();
  EXPECT_THAT(collected->notices, ::testing::Contains(HasSubstr("may not call pg_stat_statements")));
  EXPECT_FALSE(HasMetric(SeriesOf(collected), "postgres_server_statement_calls_total"));
  EXPECT_TRUE(HasMetric(SeriesOf(collected), "postgres_server_deadlocks_total"));
}

TEST_F(PostgresActivityCollectorTest, OrdinaryRoleSeesItsOwn) {
  PostgresActivityCollector plain(server().Options("plain"));
  PostgresClient own(server(), "plain");
  ASSERT_TRUE(own.Execute("BEGIN"));
  EndCollector();
  const Series series =
      CollectUntil(plain, [](const Series& now) { return HasMetric(now, "postgres_server_connections idle_in_transaction"); });
  EXPECT_EQ(series.at("postgres_server_connections idle_in_transaction"), 1);
  EXPECT_EQ(series.at("postgres_server_connections idle"), 0);
}

TEST_F(PostgresActivityCollectorTest, OrdinaryRoleIsToldWhatIsHidden) {
  PostgresActivityCollector plain(server().Options("plain"), {.statements = 10'000});
  server().Execute("SELECT 'of the superuser'");
  auto client = std::make_unique<PostgresClient>(server(), "other");
  ASSERT_TRUE(client->Execute("BEGIN"));
  auto collected = plain.Collect();
  ASSERT_TRUE(collected) << collected.error();
  EXPECT_THAT(collected->notices, ElementsAre(HasSubstr("connections by state"), HasSubstr("those of other roles")));
  Series series = SeriesOf(collected);
  for (const char* const name : {"postgres_server_connections", "postgres_server_longest_transaction_seconds",
                                 "postgres_server_longest_query_seconds", "postgres_server_longest_idle_in_transaction_seconds"}) {
    EXPECT_FALSE(HasMetric(series, name)) << name;
  }
  for (const char* const name : {"postgres_server_backends", "postgres_server_locks_waiting", "postgres_server_database_size_bytes",
                                 "postgres_server_transactions_total", "postgres_server_checkpoints_total"}) {
    EXPECT_TRUE(HasMetric(series, name)) << name;
  }
  EXPECT_FALSE(series.contains("postgres_server_statement_calls_total " + Queryid("SELECT $1")));

  // They do not come and go with other roles' connections.
  client = nullptr;
  EXPECT_FALSE(HasMetric(SeriesOf(plain.Collect()), "postgres_server_connections"));

  server().Execute("GRANT pg_read_all_stats TO plain");
  collected = plain.Collect();
  server().Execute("REVOKE pg_read_all_stats FROM plain");
  ASSERT_TRUE(collected) << collected.error();
  EXPECT_THAT(collected->notices, IsEmpty());
  series = SeriesOf(collected);
  EXPECT_TRUE(HasMetric(series, "postgres_server_connections"));
  EXPECT_TRUE(series.contains("postgres_server_statement_calls_total " + Queryid("SELECT $1")));
}

TEST(PostgresActivityCollector, ServerGoesAndComesBack) {
  PostgresServer server;
  PostgresOptions options = server.Options();
  options.statement_timeout = options.lock_timeout = std::chrono::hours(1);
  PostgresActivityCollector collector(options);
  // It has the extension, but was started without it.
  server.Execute("CREATE EXTENSION pg_stat_statements");
  const auto first = collector.Collect();
  ASSERT_TRUE(first) << first.error();
  EXPECT_THAT(first->notices, ElementsAre(HasSubstr("shared_preload_libraries")));
  EXPECT_TRUE(HasMetric(SeriesOf(first), "postgres_server_deadlocks_total"));

  server.Kill();
  const auto gone = collector.Collect();
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error(), HasSubstr(options.Description()));
  server.Start();
  EXPECT_TRUE(HasMetric(SeriesOf(collector.Collect()), "postgres_server_deadlocks_total"));

  server.Freeze();
  EXPECT_THAT(InterruptedCollect(collector), HasSubstr(options.Description()));
  server.Thaw();
  EXPECT_TRUE(HasMetric(SeriesOf(collector.Collect()), "postgres_server_deadlocks_total"));
}

}  // namespace
}  // namespace logmill
