#include "collectors/collector_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/mutex.h"
#include "tests/collectors/scripted_collector.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

constexpr auto kPatience = 60s;  // of a test that fails

// Things that one thread does and another waits for.
class Flag {
 public:
  void Raise() {
    const MutexLock lock(mutex_);
    ++raised_;
    changed_.NotifyAll();
  }
  // Whether it was raised `times` times, soon enough.
  bool Wait(int times = 1) {
    const MutexLock lock(mutex_);
    return changed_.WaitFor(mutex_, kPatience, [&]() REQUIRES(mutex_) { return raised_ >= times; });
  }

 private:
  Mutex mutex_;
  Condition changed_;
  int raised_ GUARDED_BY(mutex_) = 0;
};

// Works until it is interrupted.
class StuckCollector final : public Collector {
 public:
  StuckCollector(Flag& began, Flag& ended) : began_(began), ended_(ended) {}
  testing::Answer Collect() override {
    const MutexLock lock(mutex_);
    interrupted_ = false;
    began_.Raise();
    if (!changed_.WaitFor(mutex_, kPatience, [this]() REQUIRES(mutex_) { return interrupted_; })) return std::unexpected("nobody came");
    ended_.Raise();
    return std::unexpected("interrupted");
  }
  void Interrupt() override {
    const MutexLock lock(mutex_);
    interrupted_ = true;
    changed_.NotifyAll();
  }

 private:
  Flag& began_;
  Flag& ended_;  // by an interrupt
  Mutex mutex_;
  Condition changed_;
  bool interrupted_ GUARDED_BY(mutex_) = false;
};

TEST(CollectorSet, RefreshesEachOnAThreadOfItsOwn) {
  testing::Script one;
  testing::Script two;
  Flag stuck;
  Flag freed;
  for (int i = 0; i < 3; ++i) one.Answers(i);
  Flag told;
  CollectorSet set(SystemClock());
  set.Add({.name = "stuck"}, std::make_unique<StuckCollector>(stuck, freed));
  set.Add({.name = "one", .interval = 1ms, .first_retry = 1ms, .on_error = [&](const std::string&) { told.Raise(); }},
          std::make_unique<testing::ScriptedCollector>(one));
  set.Start();
  ASSERT_TRUE(stuck.Wait());
  ASSERT_TRUE(told.Wait(3)) << "three answers, and then errors";
  EXPECT_EQ(set.runners()[1]->name(), "one");
  EXPECT_NE(set.runners()[1]->Current(), nullptr);
  EXPECT_GE(set.runners()[1]->stats().attempts, 6U);
  EXPECT_FALSE(set.runners()[0]->tried());
}

TEST(CollectorSet, InterruptsWhatIsPastItsDeadline) {
  FakeClock clock;
  Flag began;
  Flag ended;
  Flag told;
  std::string error;
  CollectorSet set(clock);
  const auto tell = [&](const std::string& sentence) {
    error = sentence;
    told.Raise();
  };
  set.Add({.name = "queues", .deadline = 10s, .on_error = tell}, std::make_unique<StuckCollector>(began, ended));
  set.Start();
  ASSERT_TRUE(began.Wait());
  clock.Advance(10s);
  ASSERT_TRUE(told.Wait());
  EXPECT_THAT(error, StartsWith("queues: took longer than 10 s: interrupted; will try again in "));
}

TEST(CollectorSet, TheStopInterruptsWhatIsAtHandAndTellsNothing) {
  FakeClock clock;
  Flag began;
  Flag ended;
  bool told = false;
  {
    CollectorSet set(clock);
    for (const char* name : {"a", "b", "c"}) {
      set.Add({.name = name, .on_error = [&](const std::string&) { told = true; }}, std::make_unique<StuckCollector>(began, ended));
    }
    set.Start();
    ASSERT_TRUE(began.Wait(3));
  }
  EXPECT_TRUE(ended.Wait(3));
  EXPECT_FALSE(told);
}

TEST(CollectorSet, TheStopEndsAPauseAndWhatWasCollectedStays) {
  FakeClock clock;
  testing::Script script;
  script.steps.push_back([] {
    Collected collected = testing::PageWith(1);
    collected.notices = {"something"};
    return collected;
  });
  Flag told;
  CollectorSet set(clock);
  set.Add({.name = "host", .interval = 600s, .on_notice = [&](const std::string&) { told.Raise(); }},
          std::make_unique<testing::ScriptedCollector>(script));
  set.Start();
  ASSERT_TRUE(told.Wait());
  set.Stop();
  EXPECT_NE(set.runners()[0]->Current(), nullptr);
  set.Stop();
}

TEST(CollectorSet, MayBeEmptyAndMayNeverStart) {
  CollectorSet empty(SystemClock());
  empty.Start();
  testing::Script script;
  CollectorSet idle(SystemClock());
  idle.Add({.name = "idle"}, std::make_unique<testing::ScriptedCollector>(script));
  EXPECT_EQ(idle.runners().size(), 1U);
}

}  // namespace
}  // namespace logmill
