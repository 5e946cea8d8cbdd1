#include "collectors/queue_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>

#include "tests/collectors/queue_fixture.h"

namespace logmill {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AgeName;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::JobsName;
using testing::Page;
using testing::PausedName;
using QueueCollectorTest = testing::QueueFixture;

TEST_F(QueueCollectorTest, AllStatusesOfAllQueuesAreShown) {
  queues_.Make("ocr");
  const Page page = CollectOnce();
  EXPECT_EQ(page.size(), 2U * (6 + 3 + 1));
  for (const char* status : {"active", "completed", "failed", "delayed", "waiting", "paused"}) {
    EXPECT_EQ(page.at(JobsName("ocr", status)), 0);
    EXPECT_EQ(page.at(JobsName("library", status)), 0);
  }
  for (const char* status : {"waiting", "delayed", "failed"}) EXPECT_EQ(page.at(AgeName("ocr", status)), 0);
  EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(QueueCollectorTest, GallerysQueuesAreKnown) {
  queues_.Make("ocr");
  QueueOptions options;
  EXPECT_EQ(CollectOnce(options).size(), 20U * 10);
}

TEST_F(QueueCollectorTest, CountsEveryStatus) {
  for (int i = 0; i < 5; ++i) queues_.Push("ocr", "wait", "w" + std::to_string(i), Now());
  for (int i = 0; i < 4; ++i) queues_.Push("ocr", "active", "a" + std::to_string(i), Now());
  for (int i = 0; i < 3; ++i) queues_.Push("ocr", "paused", "p" + std::to_string(i), Now());
  for (int i = 0; i < 6; ++i) queues_.Add("ocr", "completed", "c" + std::to_string(i), i, Now());
  for (int i = 0; i < 7; ++i) queues_.Add("ocr", "failed", "f" + std::to_string(i), i, Now());
  for (int i = 0; i < 8; ++i) queues_.Delay("ocr", "d" + std::to_string(i), Now() + i, Now());
  for (int i = 0; i < 9; ++i) queues_.Add("ocr", "prioritized", "r" + std::to_string(i), i, Now());
  for (int i = 0; i < 2; ++i) queues_.Add("ocr", "waiting-children", "k" + std::to_string(i), i, Now());
  QueueOptions options = Options();
  Page page = CollectOnce(options);
  EXPECT_EQ(page.at(JobsName("ocr", "waiting")), 5);
  EXPECT_EQ(page.at(JobsName("ocr", "active")), 4);
  EXPECT_EQ(page.at(JobsName("ocr", "paused")), 3);
  EXPECT_EQ(page.at(JobsName("ocr", "completed")), 6);
  EXPECT_EQ(page.at(JobsName("ocr", "failed")), 7);
  EXPECT_EQ(page.at(JobsName("ocr", "delayed")), 8);
  EXPECT_FALSE(page.contains(JobsName("ocr", "prioritized")));
  options.prioritized = options.waiting_children = true;
  page = CollectOnce(options);
  EXPECT_EQ(page.at(JobsName("ocr", "prioritized")), 9);
  EXPECT_EQ(page.at(JobsName("ocr", "waiting-children")), 2);
  EXPECT_EQ(page.at(JobsName("library", "prioritized")), 0);
}

TEST_F(QueueCollectorTest, TheOldestOfAListIsItsLast) {
  queues_.Push("ocr", "wait", "1", Ago(seconds(90)));
  queues_.Push("ocr", "wait", "2", Ago(hours(1)));  // came later, with an older time: the order of the list counts
  queues_.Push("ocr", "wait", "3", Ago(seconds(1)));
  EXPECT_EQ(CollectOnce().at(AgeName("ocr", "waiting")), 90);
}

TEST_F(QueueCollectorTest, TheOldestOfDelayedIsTheOneThatIsDueNext) {
  queues_.Delay("ocr", "later", Now() + 7'200'000, Ago(hours(5)));
  queues_.Delay("ocr", "next", Now() + 1, Ago(seconds(10)));
  EXPECT_EQ(CollectOnce().at(AgeName("ocr", "delayed")), 10);
}

TEST_F(QueueCollectorTest, TheOldestOfFailedIsTheOneThatFailedFirst) {
  queues_.Add("ocr", "failed", "second", 2000, Ago(hours(5)));
  queues_.Add("ocr", "failed", "first", 1000, Ago(seconds(30)));
  EXPECT_EQ(CollectOnce().at(AgeName("ocr", "failed")), 30);
}

TEST_F(QueueCollectorTest, AgesAreRoundedDown) {
  queues_.Push("ocr", "wait", "1", Ago(milliseconds(1'999)));
  queues_.Push("library", "wait", "1", Ago(milliseconds(999)));
  const Page page = CollectOnce();
  EXPECT_EQ(page.at(AgeName("ocr", "waiting")), 1);
  EXPECT_EQ(page.at(AgeName("library", "waiting")), 0);
}

TEST_F(QueueCollectorTest, AJobFromTheFutureIsOfAgeZero) {
  queues_.Push("ocr", "wait", "1", Now() + 3'600'000);
  EXPECT_EQ(CollectOnce().at(AgeName("ocr", "waiting")), 0);
}

TEST_F(QueueCollectorTest, TimestampsMayBeAnything) {
  for (const auto& [timestamp, age] : std::map<std::string, double>{{std::to_string(Ago(seconds(7))) + ".75", 7},
                                                                    {"0", static_cast<double>(Now() / 1000)},
                                                                    {"9223372036854775807", 0},
                                                                    {"9223372036854775808", 0},
                                                                    {"-1", 0},
                                                                    {"", 0},
                                                                    {"NaN", 0},
                                                                    {std::string("1\0", 2), 0}}) {
    queues_.Push("ocr", "wait", "1", 0);
    server_.Command({"HSET", queues_.Key("ocr", "1"), "timestamp", timestamp});
    EXPECT_EQ(CollectOnce().at(AgeName("ocr", "waiting")), age) << timestamp;
    server_.Run("FLUSHALL");
  }
}

TEST_F(QueueCollectorTest, IdsOfJobsAreAnyBytes) {
  for (const std::string& id : {std::string("2f451cd8-bc6c-4906/1d0a333f"), std::string("repeat:a:17"), std::string("a b*?[x]\\"),
                                std::string("\0\r\n\xff", 4), std::string("FacialRecognitionQueueAll"), std::string("->")}) {
    queues_.Push("ocr", "wait", id, Ago(seconds(42)));
    EXPECT_EQ(CollectOnce().at(AgeName("ocr", "waiting")), 42) << id;
    server_.Run("FLUSHALL");
  }
}

TEST_F(QueueCollectorTest, AMarkerIsNoJob) {
  for (const char* list : {"wait", "paused"}) {
    queues_.Push("ocr", list, "0:1766533331507", Ago(hours(1)));
    queues_.Push("ocr", list, "7", Ago(seconds(5)));
    server_.Command({"LPUSH", queues_.Key("library", list), "0:0"});
  }
  const Page page = CollectOnce();
  EXPECT_EQ(page.at(JobsName("ocr", "waiting")), 1);
  EXPECT_EQ(page.at(JobsName("ocr", "paused")), 1);
  EXPECT_EQ(page.at(AgeName("ocr", "waiting")), 5);
  EXPECT_EQ(page.at(JobsName("library", "waiting")), 0);
  EXPECT_EQ(page.at(JobsName("library", "paused")), 0);
  EXPECT_EQ(page.at(AgeName("library", "waiting")), 0);
}

TEST_F(QueueCollectorTest, OnlyTheLastEntryIsAMarker) {
  queues_.Push("ocr", "wait", "1", Ago(seconds(5)));
  server_.Command({"LPUSH", queues_.Key("ocr", "wait"), "0:0"});
  server_.Command({"LPUSH", queues_.Key("ocr", "active"), "0:0"});
  const Page page = CollectOnce();
  EXPECT_EQ(page.at(JobsName("ocr", "waiting")), 2);
  EXPECT_EQ(page.at(JobsName("ocr", "active")), 1);
  EXPECT_EQ(page.at(AgeName("ocr", "waiting")), 5);
}

TEST_F(QueueCollectorTest, APausedQueueHasItsJobsInPaused) {
  queues_.Make("ocr");
  queues_.Push("ocr", "wait", "1", Ago(seconds(5)));
  queues_.Pause("ocr");
  const Page page = CollectOnce();
  EXPECT_EQ(page.at(PausedName("ocr")), 1);
  EXPECT_EQ(page.at(PausedName("library")), 0);
  EXPECT_EQ(page.at(JobsName("ocr", "waiting")), 0);
  EXPECT_EQ(page.at(JobsName("ocr", "paused")), 1);
  EXPECT_EQ(page.at(AgeName("ocr", "waiting")), 0);
}

TEST_F(QueueCollectorTest, AJobThatIsGoneMakesWayForTheNext) {
  for (int i = 0; i < 20; ++i) queues_.Push("ocr", "wait", std::to_string(i), Ago(seconds(100 - i)));
  for (size_t i = 0; i + 1 < kOldestJobs; ++i) server_.Command({"DEL", queues_.Key("ocr", std::to_string(i))});
  EXPECT_EQ(CollectOnce().at(AgeName("ocr", "waiting")), 100 - static_cast<double>(kOldestJobs - 1));
  EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(QueueCollectorTest, AfterTooManyThatAreGoneTheAgeIsNotKnown) {
  for (int i = 0; i < 20; ++i) queues_.Push("ocr", "wait", std::to_string(i), Ago(seconds(100 - i)));
  for (size_t i = 0; i < kOldestJobs; ++i) server_.Command({"DEL", queues_.Key("ocr", std::to_string(i))});
  const Page page = CollectOnce();
  EXPECT_FALSE(page.contains(AgeName("ocr", "waiting")));
  EXPECT_EQ(page.at(JobsName("ocr", "waiting")), 20);
  EXPECT_THAT(notices_, ElementsAre("queue ocr: an age is not known, since the oldest jobs there have no creation time"));
}

TEST_F(QueueCollectorTest, WhenAllAreGoneThereIsNoOldest) {
  server_.Command({"LPUSH", queues_.Key("ocr", "wait"), "1"});
  EXPECT_EQ(CollectOnce().at(AgeName("ocr", "waiting")), 0);
}

TEST_F(QueueCollectorTest, AJobThatIsNoHashIsGone) {
  server_.Command({"SET", queues_.Key("ocr", "1"), "x"});
  server_.Command({"LPUSH", queues_.Key("ocr", "wait"), "1"});
  queues_.Push("ocr", "wait", "2", Ago(seconds(3)));
  EXPECT_EQ(CollectOnce().at(AgeName("ocr", "waiting")), 3);
}

}  // namespace
}  // namespace logmill
