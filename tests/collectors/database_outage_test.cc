// A database that goes away, hangs and comes back under a living collector.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/collectors/database_fixture.h"

namespace logmill {
namespace {

using testing::AppAndApi;
using ::testing::HasSubstr;
using testing::Series;
using testing::SeriesOf;

class DatabaseOutageTest : public testing::DatabaseFixture {
 protected:
  std::string Error() {
    const auto collected = collector_->Collect();
    return collected ? "" : collected.error();
  }
};

TEST_F(DatabaseOutageTest, AKilledServerIsAskedAgainWhenItIsBack) {
  Add({.size = "7"});
  const Series before = Read();
  server().Kill();
  EXPECT_THAT(Error(), HasSubstr("Connection refused"));
  EXPECT_THAT(Error(), HasSubstr("Connection refused"));
  server().Start();
  EXPECT_EQ(Read(), before);
}

TEST_F(DatabaseOutageTest, ARestartWithAnotherSchemaIsTakenUp) {
  Add({.size = "7"});
  const Series before = Read();
  Execute("alter table asset rename to assets; alter table asset_exif rename to exif");
  server().Restart();
  EXPECT_EQ(Read(), before);
  server().MakeDatabase("immich");
  EXPECT_EQ(Read(), Series());
}

TEST_F(DatabaseOutageTest, AFrozenServerIsInterrupted) {
  PostgresOptions options = server().Options();
  options.connect_timeout = options.statement_timeout = options.lock_timeout = std::chrono::minutes(10);
  DatabaseCollector collector(options, AppAndApi());
  ASSERT_TRUE(collector.Collect());
  for (int round = 0; round < 2; ++round) {  // first the connection that stands, then a new one
    server().Freeze();
    std::atomic<bool> ended = false;
    std::expected<Collected, std::string> collected;
    std::thread asking([&] {
      collected = collector.Collect();
      ended = true;
    });
    while (!ended) {
      collector.Interrupt();
      std::this_thread::yield();
    }
    asking.join();
    server().Thaw();
    ASSERT_FALSE(collected);
    EXPECT_EQ(collected.error(), options.Description() + ": interrupted before it had answered");
  }
  EXPECT_TRUE(collector.Collect());
}

TEST_F(DatabaseOutageTest, ALockedTableFailsAfterTheLockTimeout) {
  PostgresOptions options = server().Options();
  options.lock_timeout = std::chrono::milliseconds(20);
  collector_ = std::make_unique<DatabaseCollector>(options, AppAndApi());
  const Series before = Read();
  Postgres migration(server().Options());
  const auto read = migration.Read([&](pqxx::transaction_base& transaction) {
    transaction.exec("set transaction read write; alter table asset add column \"new\" integer");
    EXPECT_EQ(Read(), before) << "nothing was committed";
    AddUser();
    EXPECT_THAT(Error(), HasSubstr("lock timeout (SQLSTATE 55P03); another session holds a lock"));
  });
  EXPECT_TRUE(read) << read.error();
  EXPECT_EQ(Read().at("immich_users_total"), 1);
}

}  // namespace
}  // namespace logmill
