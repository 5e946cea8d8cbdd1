#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/collectors/queue_fixture.h"
#include "tests/support/byte_relay.h"
#include "tests/support/redis_server.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AgeName;
using ::testing::AllOf;
using testing::ByteRelay;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JobsName;
using testing::Page;
using testing::QueuesOf;
using testing::RedisMonitor;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using QueueServerTest = testing::QueueFixture;

TEST_F(QueueServerTest, ARefreshIsTwoRoundTrips) {
  for (int i = 0; i < 20; ++i) queues_.Push("ocr", "wait", std::to_string(i), Now());
  queues_.Delay("library", "1", Now(), Now());
  ByteRelay relay(server_.port());
  RedisOptions redis = Tcp();
  redis.port = relay.port();
  QueueCollector collector(redis, Options(), clock_);
  Collect(collector);
  EXPECT_EQ(relay.turns(), 4);  // with the connection's PING and the first walk over the keys
  Collect(collector);
  EXPECT_EQ(relay.turns(), 6);
  server_.Run("FLUSHALL");
  Collect(collector);
  EXPECT_EQ(relay.turns(), 7);  // no jobs, no ages
}

TEST_F(QueueServerTest, OnlyReadingCommandsAreSent) {
  queues_.Push("ocr", "wait", "1", Now());
  server_.Command({"LPUSH", queues_.Key("ocr", "paused"), "0:0"});
  const std::string before = server_.Command({"DEBUG", "DIGEST"});
  RedisMonitor monitor(server_);
  CollectOnce();
  const std::vector<std::string> names = monitor.Names(server_);
  EXPECT_THAT(std::set<std::string>(names.begin(), names.end()),
              UnorderedElementsAre("PING", "SCAN", "MULTI", "EXISTS", "HEXISTS", "LRANGE", "ZRANGE", "LLEN", "ZCARD", "EXEC", "HGET"));
  for (const std::string& name : names) {
    if (name == "PING" || name == "MULTI" || name == "EXEC") continue;
    EXPECT_THAT(server_.Command({"COMMAND", "INFO", name}), HasSubstr("readonly")) << name;
  }
  EXPECT_EQ(server_.Command({"DEBUG", "DIGEST"}), before);
}

// The line of docs/queues.md.
std::string Rights() {
  std::ifstream page(LOGMILL_SOURCE_DIR "/docs/queues.md");
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("    ACL SETUSER logmill ")) return line;
  }
  return "";
}

TEST_F(QueueServerTest, FewRightsAreEnough) {
  queues_.Make("ocr");
  queues_.Make("found");
  queues_.Push("ocr", "wait", "1", Ago(seconds(4)));
  server_.Run(Rights());
  RedisOptions redis = Tcp();
  redis.user = "logmill";
  redis.password = "secret";
  QueueCollector collector(redis, Options(), clock_);
  const Page page = Collect(collector);
  EXPECT_EQ(error_, "");
  EXPECT_THAT(notices_, IsEmpty());
  EXPECT_EQ(page.at(AgeName("ocr", "waiting")), 4);
  EXPECT_THAT(QueuesOf(page), UnorderedElementsAre("ocr", "library", "found"));
}

TEST_F(QueueServerTest, WithoutScanTheKnownQueuesAreShown) {
  queues_.Make("found");
  server_.Run(Rights());
  server_.Run("ACL SETUSER logmill -scan -multi -exec");
  RedisOptions redis = Tcp();
  redis.user = "logmill";
  redis.password = "secret";
  queues_.Push("ocr", "wait", "1", Ago(seconds(4)));
  QueueCollector collector(redis, Options(), clock_);
  const Page page = Collect(collector);
  EXPECT_EQ(error_, "");
  EXPECT_EQ(page.at(AgeName("ocr", "waiting")), 4);
  EXPECT_THAT(QueuesOf(page), UnorderedElementsAre("ocr", "library"));
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("its user may not run SCAN")));
}

TEST_F(QueueServerTest, MissingRightsAreSaid) {
  queues_.Push("ocr", "wait", "1", Now());
  server_.Run(Rights());
  RedisOptions redis = Tcp();
  redis.user = "logmill";
  redis.password = "secret";
  QueueCollector collector(redis, Options(), clock_);
  server_.Run("ACL SETUSER logmill -llen");
  Collect(collector);
  EXPECT_EQ(error_,
            redis.Description() + ": its user may not run LLEN on these keys (NOPERM); docs/queues.md has the rights that it needs");
  server_.Run("ACL SETUSER logmill +llen -hget");
  Collect(collector);
  EXPECT_THAT(error_, HasSubstr("may not run HGET"));
  server_.Run("ACL SETUSER logmill +hget resetkeys %R~other:*");
  Collect(collector);
  EXPECT_THAT(error_, HasSubstr("(NOPERM)"));
  server_.Run("ACL SETUSER logmill %R~immich_bull:ocr:*");
  EXPECT_THAT(QueuesOf(Collect(collector)), UnorderedElementsAre("ocr"));
  EXPECT_THAT(notices_, ElementsAre("queue library left out: its user may not run EXISTS on these keys (NOPERM)"));
}

TEST_F(QueueServerTest, AWrongPasswordIsSaid) {
  server_.Run(Rights());
  RedisOptions redis = Tcp();
  redis.user = "logmill";
  redis.password = "hunter2";
  QueueCollector collector(redis, Options(), clock_);
  Collect(collector);
  EXPECT_EQ(error_, redis.Description() + ": wrong user name or password (WRONGPASS)");
}

TEST_F(QueueServerTest, AKeyOfAnotherTypeLeavesItsQueueOut) {
  queues_.Make("ocr");
  for (const char* part : {"wait", "active", "paused", "completed", "failed", "delayed", "meta"}) {
    server_.Command({"SET", queues_.Key("library", part), "x"});
    EXPECT_THAT(QueuesOf(CollectOnce()), UnorderedElementsAre("ocr")) << part;
    EXPECT_THAT(notices_, ElementsAre(AllOf(StartsWith("queue library left out: "), HasSubstr("WRONGTYPE")))) << part;
    server_.Command({"DEL", queues_.Key("library", part)});
  }
}

TEST_F(QueueServerTest, LooksIntoItsDatabaseOnly) {
  queues_.Make("ocr");
  server_.Run("SELECT 5");
  queues_.Push("ocr", "wait", "1", Now());
  RedisOptions redis = Tcp();
  redis.database = 5;
  QueueCollector fifth(redis, Options(), clock_);
  EXPECT_EQ(Collect(fifth).at(JobsName("ocr", "waiting")), 1);
  EXPECT_EQ(CollectOnce().at(JobsName("ocr", "waiting")), 0);
}

TEST_F(QueueServerTest, SpeaksOverAUnixSocket) {
  queues_.Push("ocr", "wait", "1", Ago(seconds(2)));
  RedisOptions redis;
  redis.socket = server_.socket();
  QueueCollector collector(redis, Options(), clock_);
  EXPECT_EQ(Collect(collector).at(AgeName("ocr", "waiting")), 2);
}

TEST_F(QueueServerTest, RecoversFromACrashOfTheServer) {
  queues_.Push("ocr", "wait", "1", Now());
  QueueCollector collector = Collector();
  Collect(collector);
  server_.Kill();
  EXPECT_THAT(Collect(collector), IsEmpty());
  EXPECT_THAT(error_, EndsWith(": connection refused"));
  server_.Start();
  queues_.Push("library", "wait", "1", Now());
  EXPECT_EQ(Collect(collector).at(JobsName("library", "waiting")), 1);
}

TEST_F(QueueServerTest, InterruptEndsTheWaitForAFrozenServer) {
  queues_.Push("ocr", "wait", "1", Now());
  QueueCollector collector = Collector();
  Collect(collector);
  server_.Freeze();
  std::atomic<bool> done{false};
  std::jthread interrupter([&] {
    while (!done) {
      collector.Interrupt();
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  Collect(collector);
  EXPECT_THAT(error_, EndsWith(": interrupted"));
  done = true;
  interrupter.join();
  server_.Thaw();
  EXPECT_EQ(Collect(collector).at(JobsName("ocr", "waiting")), 1);
}

}  // namespace
}  // namespace logmill
