#include "sources/watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "sources/glob.h"
#include "tests/sources/temporary_folder.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Event = Watcher::Event;

constexpr int kForever = 60'000;  // longer than the test may take

class WatcherTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  Watcher watcher_;
};

TEST_F(WatcherTest, SaysWhichPathsChangedAndWhetherNamesDid) {
  folder_.Write("a.log", "");
  folder_.Write("b.log", "");
  watcher_.Add(folder_.Path("a.log"));
  watcher_.Add(folder_.Path("b.log"));
  watcher_.AddFolder(folder_.Path(""));
  folder_.Append("b.log", "x");
  EXPECT_EQ(watcher_.Wait(kForever), Event::kChanged);
  Watcher::Changes changes = watcher_.TakeChanges();
  EXPECT_THAT(changes.paths, ElementsAre(folder_.Path("b.log")));
  EXPECT_FALSE(changes.names);
  EXPECT_FALSE(changes.everything);
  folder_.Write("c.log", "");
  EXPECT_EQ(watcher_.Wait(kForever), Event::kChanged);
  changes = watcher_.TakeChanges();
  EXPECT_THAT(changes.paths, IsEmpty());
  EXPECT_TRUE(changes.names);
  watcher_.Remove(folder_.Path("b.log"));
  folder_.Append("b.log", "x");
  EXPECT_EQ(watcher_.Wait(kForever), Event::kChanged);
  EXPECT_THAT(watcher_.TakeChanges().paths, IsEmpty());
}

TEST_F(WatcherTest, AnythingThatHappensToAFileWakes) {
  watcher_.Add(folder_.Path("app.log"));
  EXPECT_EQ(watcher_.Wait(0), Event::kTimeout);
  folder_.Append("app.log", "created");
  EXPECT_EQ(watcher_.Wait(kForever), Event::kChanged);
  EXPECT_EQ(watcher_.Wait(0), Event::kTimeout);
  folder_.Append("app.log", "more");
  EXPECT_EQ(watcher_.Wait(kForever), Event::kChanged);
  folder_.Rename("app.log", "app.log.1");
  EXPECT_EQ(watcher_.Wait(kForever), Event::kChanged);
  EXPECT_FALSE(watcher_.polling());
  EXPECT_THAT(watcher_.TakeComplaints(), IsEmpty());
}

TEST_F(WatcherTest, AChangeBehindASymbolicLinkWakes) {
  testing::TemporaryFolder elsewhere;
  elsewhere.Write("real.log", "x");
  std::filesystem::create_symlink(elsewhere.Path("real.log"), folder_.Path("app.log"));
  watcher_.Add(folder_.Path("app.log"));
  elsewhere.Append("real.log", "y");
  EXPECT_EQ(watcher_.Wait(kForever), Event::kChanged);
  EXPECT_THAT(watcher_.TakeChanges().paths, ElementsAre(folder_.Path("app.log")));
}

TEST_F(WatcherTest, WakeFromAnotherThreadIsNotLost) {
  watcher_.Wake();
  watcher_.Wake();
  EXPECT_EQ(watcher_.Wait(kForever), Event::kWoken);
  EXPECT_EQ(watcher_.Wait(0), Event::kTimeout);
  std::thread other([this] { watcher_.Wake(); });
  EXPECT_EQ(watcher_.Wait(kForever), Event::kWoken);
  other.join();
}

TEST_F(WatcherTest, AMissingDirectoryIsPolledUntilItCanBeWatched) {
  Watcher watcher({.poll_interval_ms = 1, .use_inotify = true});
  watcher.Add(folder_.Path("later/app.log"));
  EXPECT_TRUE(watcher.polling());
  EXPECT_EQ(watcher.Wait(kForever), Event::kTimeout);
  EXPECT_THAT(watcher.TakeComplaints(),
              ElementsAre(HasSubstr("later: cannot be watched and is polled instead: No such file or directory")));
  EXPECT_THAT(watcher.TakeComplaints(), IsEmpty());
  std::filesystem::create_directory(folder_.Path("later"));
  watcher.Wait(0);
  EXPECT_FALSE(watcher.polling());
  folder_.Write("later/app.log", "x");
  EXPECT_EQ(watcher.Wait(kForever), Event::kChanged);
}

TEST_F(WatcherTest, ADirectoryThatIsReplacedIsWatchedAgain) {
  Watcher watcher({.poll_interval_ms = 1, .use_inotify = true});
  std::filesystem::create_directory(folder_.Path("logs"));
  watcher.Add(folder_.Path("logs/app.log"));
  folder_.Rename("logs", "old");
  EXPECT_EQ(watcher.Wait(kForever), Event::kChanged);
  EXPECT_TRUE(watcher.polling());
  std::filesystem::create_directory(folder_.Path("logs"));
  watcher.Wait(0);
  while (watcher.Wait(0) == Event::kChanged) {
  }
  EXPECT_FALSE(watcher.polling());
  folder_.Write("logs/app.log", "x");
  EXPECT_EQ(watcher.Wait(kForever), Event::kChanged);
}

TEST_F(WatcherTest, WhenEventsAreLostEverythingMayHaveChanged) {
  size_t most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  if (most == 0 || most > 100'000) GTEST_SKIP() << "the queue is too long to be filled";
  watcher_.Add(folder_.Path("a.log"));
  std::ofstream a(folder_.Path("a.log"));
  std::ofstream b(folder_.Path("b.log"));
  for (size_t i = 0; i <= most; ++i) (i % 2 == 0 ? a : b) << "x" << std::flush;  // two of the same file in a row would count as one
  EXPECT_EQ(watcher_.Wait(kForever), Event::kChanged);
  const Watcher::Changes changes = watcher_.TakeChanges();
  EXPECT_TRUE(changes.everything);
  EXPECT_THAT(changes.paths, IsEmpty());
  EXPECT_FALSE(watcher_.TakeChanges().everything);
}

TEST_F(WatcherTest, WithoutInotifyItPollsAndCanBeWoken) {
  Watcher watcher({.poll_interval_ms = 1, .use_inotify = false});
  watcher.Add(folder_.Path("app.log"));
  EXPECT_TRUE(watcher.polling());
  EXPECT_EQ(watcher.Wait(-1), Event::kTimeout);
  const Watcher::Changes changes = watcher.TakeChanges();
  EXPECT_THAT(changes.paths, ElementsAre(folder_.Path("app.log")));
  EXPECT_TRUE(changes.names);
  watcher.Wake();
  EXPECT_EQ(watcher.Wait(-1), Event::kWoken);
}

TEST_F(WatcherTest, GlobsAreSortedAndPlainPathsStandForThemselves) {
  for (const char* name : {"b.log", "a.log", "B.log", "a.txt"}) folder_.Write(name, "");
  EXPECT_THAT(ExpandGlob(folder_.Path("*.log")), ElementsAre(folder_.Path("B.log"), folder_.Path("a.log"), folder_.Path("b.log")));
  EXPECT_THAT(ExpandGlob(folder_.Path("none*")), IsEmpty());
  EXPECT_THAT(ExpandGlob(folder_.Path("none.log")), ElementsAre(folder_.Path("none.log")));
}

}  // namespace
}  // namespace logmill
