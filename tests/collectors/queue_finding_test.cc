#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/collectors/queue_fixture.h"
#include "tests/support/redis_server.h"

namespace logmill {
namespace {

using std::chrono::seconds;
using testing::AgeName;
using ::testing::AllOf;
using testing::BullQueues;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JobsName;
using ::testing::Not;
using testing::Page;
using testing::QueuesOf;
using testing::RedisMonitor;
using testing::RedisServer;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using QueueFindingTest = testing::QueueFixture;

TEST_F(QueueFindingTest, OtherQueuesAreFound) {
  queues_.Make("ocr");
  queues_.Make("myOwnQueue");
  queues_.Push("myOwnQueue", "wait", "1", Ago(seconds(3)));
  const Page page = CollectOnce();
  EXPECT_THAT(QueuesOf(page), UnorderedElementsAre("ocr", "library", "myOwnQueue"));
  EXPECT_EQ(page.at(AgeName("myOwnQueue", "waiting")), 3);
}

TEST_F(QueueFindingTest, ANewQueueIsFoundAndOneThatIsGoneVanishes) {
  queues_.Make("ocr");
  QueueCollector collector = Collector();
  Collect(collector);
  queues_.Make("late");
  Collect(collector);
  EXPECT_THAT(QueuesOf(Collect(collector)), UnorderedElementsAre("ocr", "library", "late"));
  server_.Command({"DEL", queues_.Key("late", "meta")});
  EXPECT_THAT(QueuesOf(Collect(collector)), UnorderedElementsAre("ocr", "library"));
}

TEST_F(QueueFindingTest, APrefixWithoutQueuesShowsNothing) {
  server_.Run("SET something else");
  EXPECT_THAT(CollectOnce(), IsEmpty());
  EXPECT_THAT(notices_, ElementsAre(EndsWith(": no queue has the prefix \"immich_bull\"")));
}

TEST_F(QueueFindingTest, JobsAloneAreASign) {
  queues_.Delay("library", "1", Now() + 5, Ago(seconds(8)));
  const Page page = CollectOnce();
  EXPECT_EQ(page.at(JobsName("library", "delayed")), 1);
  EXPECT_EQ(page.at(AgeName("library", "delayed")), 8);
  EXPECT_EQ(page.at(JobsName("ocr", "delayed")), 0);
}

TEST_F(QueueFindingTest, PrefixesAreKeptApart) {
  BullQueues other(server_, "bull*[x]");
  BullQueues longer(server_, "immich_bull:staging");
  queues_.Push("ocr", "wait", "1", Now());
  other.Push("ocr", "wait", "1", Now());
  other.Push("ocr", "wait", "2", Now());
  other.Make("theirs");
  longer.Make("nested");
  EXPECT_THAT(QueuesOf(CollectOnce()), UnorderedElementsAre("ocr", "library"));
  QueueOptions options = Options();
  options.prefix = "bull*[x]";
  const Page page = CollectOnce(options);
  EXPECT_THAT(QueuesOf(page), UnorderedElementsAre("ocr", "library", "theirs"));
  EXPECT_EQ(page.at(JobsName("ocr", "waiting")), 2);
  options.prefix = "immich_bull:staging";
  EXPECT_THAT(QueuesOf(CollectOnce(options)), UnorderedElementsAre("ocr", "library", "nested"));
}

TEST_F(QueueFindingTest, NamesThatAreNoPlainWordsNeverBecomeLabels) {
  queues_.Make("ocr");
  const std::vector<std::string> names{"jane@example.org",
                                       "/home/jane/photo",
                                       "two words",
                                       "10.0.0.1",
                                       "\xff",
                                       "",
                                       "a3bb189e-8bf9-3888-9912-ace4e3002301",
                                       "photo.jpg",
                                       std::string(65, 'a'),
                                       "line\nbreak",
                                       "a3bb189e8bf938889912ace4e3002301"};
  for (const std::string& name : names) queues_.Make(name);
  EXPECT_THAT(QueuesOf(CollectOnce()), UnorderedElementsAre("ocr", "library"));
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_THAT(notices_[0], StartsWith("queues whose names are no plain words are left out"));
  for (const std::string& name : names) {
    EXPECT_TRUE(name.empty() || notices_[0].find(name) == std::string::npos) << name;
  }
}

TEST_F(QueueFindingTest, ConfiguredNamesAreNoException) {
  queues_.Make("ocr");
  EXPECT_THAT(QueuesOf(CollectOnce(Options({"ocr", "jane@example.org"}))), UnorderedElementsAre("ocr"));
  EXPECT_THAT(notices_, ElementsAre(AllOf(StartsWith("a queue that the configuration names is left out"), Not(HasSubstr("jane")))));
}

std::string MadeUpName(int number) {
  std::string name = "q";
  for (; number > 0; number /= 26) name += static_cast<char>('a' + number % 26);
  return name;
}

TEST_F(QueueFindingTest, ThousandsOfQueuesAreBounded) {
  for (int i = 0; i < 3'000; ++i) queues_.Make(MadeUpName(i));
  QueueOptions options = Options();
  options.max_queues = 50;
  QueueCollector collector = Collector(options);
  const std::set<std::string> first = QueuesOf(Collect(collector));
  EXPECT_EQ(first.size(), 50U);
  EXPECT_THAT(notices_, ElementsAre("there are more than 50 queues; the rest is left out"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(QueuesOf(Collect(collector)), first);
  EXPECT_THAT(notices_, ElementsAre("there are more than 50 queues; the rest is left out"));
}

TEST_F(QueueFindingTest, ALargeKeyspaceIsWalkedOverInBoundedSteps) {
  constexpr int kKeys = 20'000;
  std::vector<RedisServer::Words> commands;
  for (int i = 0; i < kKeys; ++i) commands.push_back({"HSET", queues_.Key("ocr", std::to_string(i)), "timestamp", "1"});
  server_.Commands(commands);
  queues_.Make("ocr");
  queues_.Make("hidden");
  QueueOptions options = Options();
  options.scan_count = 100;
  options.scan_steps = 5;
  options.first_scan_steps = 7;
  QueueCollector collector = Collector(options);
  RedisMonitor monitor(server_);
  Collect(collector);
  EXPECT_EQ(std::ranges::count(monitor.Names(server_), "SCAN"), 7);
  int refreshes = 1;
  for (; !QueuesOf(Collect(collector)).contains("hidden") && refreshes < 100; ++refreshes) {
    EXPECT_EQ(std::ranges::count(monitor.Names(server_), "SCAN"), 5);
  }
  EXPECT_LT(refreshes, 100);
  server_.Command({"DEL", queues_.Key("hidden", "meta")});
  EXPECT_THAT(QueuesOf(Collect(collector)), Not(Contains("hidden")));
}

TEST_F(QueueFindingTest, AQueueIsShownWhileTheNextCycleIsUnderWay) {
  for (int i = 0; i < 2'000; ++i) server_.Command({"SET", "key" + std::to_string(i), ""});
  queues_.Make("found");
  QueueOptions options = Options();
  options.scan_count = 50;
  options.scan_steps = 3;
  QueueCollector collector = Collector(options);
  for (int i = 0; i < 60; ++i) EXPECT_THAT(QueuesOf(Collect(collector)), Contains("found")) << i;
}

TEST_F(QueueFindingTest, TheDiscoveryStartsAnewWithANewConnection) {
  for (int i = 0; i < 2'000; ++i) server_.Command({"SET", "key" + std::to_string(i), ""});
  queues_.Make("found");
  QueueOptions options = Options();
  options.scan_count = 50;
  options.scan_steps = 3;
  QueueCollector collector = Collector(options);
  Collect(collector);
  Collect(collector);
  server_.Run("CLIENT KILL TYPE normal SKIPME yes");
  RedisMonitor monitor(server_);
  EXPECT_THAT(QueuesOf(Collect(collector)), Contains("found"));
  std::vector<std::string> scans = monitor.Lines(server_);
  std::erase_if(scans, [](const std::string& line) { return !line.starts_with("\"SCAN\""); });
  ASSERT_EQ(scans.size(), 3U);
  EXPECT_THAT(scans[0], Not(StartsWith("\"SCAN\" \"0\"")));  // sent before it is known that the connection is another
  EXPECT_THAT(scans[1], StartsWith("\"SCAN\" \"0\""));
  EXPECT_THAT(scans[2], Not(StartsWith("\"SCAN\" \"0\"")));
  for (int i = 0; i < 60; ++i) {
    EXPECT_THAT(QueuesOf(Collect(collector)), Contains("found")) << i;
    if (i % 5 == 4) server_.Run("CLIENT KILL TYPE normal SKIPME yes");
  }
}

}  // namespace
}  // namespace logmill
