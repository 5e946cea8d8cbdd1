#include "collectors/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/collectors/scripted_collector.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using testing::PageWith;

class RunnerTest : public ::testing::Test {
 protected:
  void Make(CollectorOptions options) {
    options.name = "database";
    const auto say = [this](const std::string& sentence) { said_.push_back(sentence); };
    options.on_error = say;
    options.on_recovery = say;
    options.on_notice = say;
    runner_ = std::make_unique<CollectorRunner>(std::move(options), std::make_unique<testing::ScriptedCollector>(script_), clock_);
  }

  // How long the runner waits after an attempt.
  std::chrono::nanoseconds Refresh() { return runner_->Refresh() - clock_.Monotonic(); }

  // The value of the snapshot that is shown; -1 without one.
  [[nodiscard]] double Shown() const {
    const auto page = runner_->Current();
    return page == nullptr ? -1 : page->families[IndexOf(Endpoint::kApi)].at(0).metric.at(0).gauge.value;
  }

  FakeClock clock_;
  testing::Script script_;
  std::vector<std::string> said_;
  std::unique_ptr<CollectorRunner> runner_;
};

TEST_F(RunnerTest, NothingIsShownBeforeTheFirstSuccess) {
  Make({});
  EXPECT_EQ(runner_->Current(), nullptr);
  EXPECT_FALSE(runner_->tried());
  script_.Fails("no such host");
  Refresh();
  EXPECT_EQ(runner_->Current(), nullptr);
  EXPECT_TRUE(runner_->tried());
  EXPECT_FALSE(runner_->stats().success);
  EXPECT_EQ(runner_->stats().last_success_ms, 0);
  script_.Answers(7);
  Refresh();
  EXPECT_EQ(Shown(), 7);
}

TEST_F(RunnerTest, TheIntervalGoesFromStartToStart) {
  Make({.interval = 60s});
  script_.steps.push_back([this] {
    clock_.Advance(4s);
    return PageWith(1);
  });
  const auto began = clock_.Monotonic();
  EXPECT_EQ(runner_->Refresh(), began + 60s);
}

TEST_F(RunnerTest, CountsWhatItDid) {
  Make({});
  script_.steps.push_back([this] {
    clock_.Advance(1500ms);
    return PageWith(1);
  });
  Refresh();
  const int64_t success_ms = clock_.UnixMillis();
  EXPECT_TRUE(runner_->stats().success);
  EXPECT_EQ(runner_->stats().duration_seconds, 1.5);
  EXPECT_EQ(runner_->stats().rows, 1U);
  script_.steps.push_back([this] {
    clock_.Advance(250ms);
    return std::unexpected("away");
  });
  Refresh();
  const CollectorStats stats = runner_->stats();
  EXPECT_FALSE(stats.success);
  EXPECT_EQ(stats.duration_seconds, 0.25);
  EXPECT_EQ(stats.last_success_ms, success_ms);
  EXPECT_EQ(stats.rows, 1U) << "of the last success";
  EXPECT_EQ(stats.attempts, 2U);
  EXPECT_EQ(stats.failures, 1U);
}

TEST_F(RunnerTest, PausesAfterFailuresDoubleWithJitterUpToTheInterval) {
  bool differs = false;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Make({.interval = 10s, .first_retry = 1s, .jitter_seed = seed});
    script_.steps.clear();
    for (int i = 0; i < 70; ++i) script_.Fails("away");
    for (const auto most : {1s, 2s, 4s, 8s, 10s, 10s}) {
      const auto pause = Refresh();
      EXPECT_GE(pause, most / 2.0);
      EXPECT_LE(pause, most);
      differs |= pause != most;
    }
    for (int i = 6; i < 70; ++i) EXPECT_LE(Refresh(), 10s) << "however often it is doubled";
    script_.Answers(1);
    EXPECT_EQ(Refresh(), 10s);
    script_.Fails("away");
    EXPECT_LE(Refresh(), 1s) << "a success begins anew";
  }
  EXPECT_TRUE(differs);
}

TEST_F(RunnerTest, TheFirstPauseIsNoLongerThanTheInterval) {
  Make({.interval = 100ms, .first_retry = 1s});
  script_.Fails("away");
  EXPECT_LE(Refresh(), 100ms);
}

TEST_F(RunnerTest, TheLastGoodSnapshotIsKeptUntilItIsStale) {
  Make({.interval = 60s, .max_stale = 100s});
  script_.Answers(3);
  Refresh();
  clock_.Advance(60s);
  script_.Fails("away");
  Refresh();
  clock_.Advance(39s);
  EXPECT_EQ(Shown(), 3);
  clock_.Advance(1s);
  EXPECT_EQ(Shown(), -1) << "without another attempt";
  script_.Fails("away");
  Refresh();
  EXPECT_EQ(Shown(), -1);
  script_.Answers(4);
  Refresh();
  EXPECT_EQ(Shown(), 4);
}

TEST_F(RunnerTest, WhatAReaderHoldsOutlivesTheSnapshot) {
  Make({.max_stale = 0ms});
  script_.Answers(3);
  Refresh();
  const auto page = runner_->Current();
  script_.Fails("away");
  Refresh();
  EXPECT_EQ(Shown(), -1);
  EXPECT_EQ(page->rows, 1U);
  EXPECT_EQ(page.use_count(), 1) << "the runner lets go of what is stale";
}

TEST_F(RunnerTest, WithoutFailuresTheSnapshotIsShownHoweverSoonItWouldBeStale) {
  Make({.interval = 60s, .deadline = 10s, .max_stale = 0ms});
  script_.Answers(3);
  Refresh();
  clock_.Advance(69s);
  EXPECT_EQ(Shown(), 3) << "the next refresh may still be at work";
  clock_.Advance(2s);
  EXPECT_EQ(Shown(), -1) << "it should have ended, and has not";
}

TEST_F(RunnerTest, EveryFailureIsToldOnceAndSoIsTheRecovery) {
  Make({});
  script_.Fails("connection refused");
  script_.Fails("connection refused");
  script_.Answers(1);
  script_.Answers(2);
  script_.Fails("timed out");
  script_.Answers(3);
  for (int i = 0; i < 6; ++i) Refresh();
  EXPECT_THAT(said_, ElementsAre(MatchesRegex("database: connection refused; will try again in (0\\.[0-9]|1) s"),
                                 MatchesRegex("database: connection refused; will try again in (1|1\\.[0-9]|2) s"),
                                 "database: works again after 2 failed attempts", MatchesRegex("database: timed out; will try again in .*"),
                                 "database: works again after 1 failed attempt"));
}

TEST_F(RunnerTest, NoticesAreToldWhenTheyAreNew) {
  Make({});
  const auto notice = [this](std::vector<std::string> notices) {
    script_.steps.push_back([notices = std::move(notices)] {
      Collected collected = PageWith(1);
      collected.notices = notices;
      return collected;
    });
    Refresh();
  };
  notice({"a is left out"});
  notice({"a is left out", "b is left out"});
  notice({"a is left out", "b is left out"});
  EXPECT_THAT(said_, ElementsAre("database: a is left out", "database: b is left out"));
  said_.clear();
  script_.Fails("away");
  Refresh();
  said_.clear();
  notice({"b is left out"});
  EXPECT_THAT(said_, ElementsAre("database: works again after 1 failed attempt"));
  said_.clear();
  notice({});
  notice({"b is left out"});
  EXPECT_THAT(said_, ElementsAre("database: b is left out"));
}

TEST_F(RunnerTest, WhatEscapesACollectorIsAFailedAttempt) {
  Make({});
  script_.steps.push_back([]() -> testing::Answer { throw std::runtime_error("broken pipe"); });
  script_.steps.push_back([]() -> testing::Answer { throw 7; });
  Refresh();
  Refresh();
  EXPECT_THAT(said_, ElementsAre(MatchesRegex("database: unexpected error: broken pipe; will try again .*"),
                                 MatchesRegex("database: unexpected error of an unknown kind; will try again .*")));
  EXPECT_EQ(runner_->stats().failures, 2U);
}

TEST_F(RunnerTest, ARefreshPastItsDeadlineIsInterruptedAndHasFailed) {
  Make({.deadline = 5s});
  script_.steps.push_back([this]() -> testing::Answer {
    clock_.Advance(4999ms);
    runner_->CheckDeadline();
    EXPECT_EQ(script_.interrupts, 0);
    clock_.Advance(1ms);
    runner_->CheckDeadline();
    EXPECT_EQ(script_.interrupts, 1);
    runner_->CheckDeadline();
    EXPECT_EQ(script_.interrupts, 2) << "again, should the first have come too early";
    return std::unexpected("interrupted");
  });
  Refresh();
  EXPECT_THAT(said_, ElementsAre(MatchesRegex("database: took longer than 5 s: interrupted; will try again .*")));
  runner_->CheckDeadline();
  EXPECT_EQ(script_.interrupts, 2) << "nothing is at hand";
}

TEST_F(RunnerTest, AnAnswerPastTheDeadlineIsNone) {
  Make({.deadline = 500ms});
  script_.steps.push_back([this] {
    clock_.Advance(501ms);
    return PageWith(1);
  });
  Refresh();
  EXPECT_EQ(runner_->Current(), nullptr);
  EXPECT_THAT(said_, ElementsAre(MatchesRegex("database: took longer than 0\\.5 s; will try again .*")));
}

TEST_F(RunnerTest, CallbacksMayBeEmpty) {
  CollectorRunner runner({.name = "host"}, std::make_unique<testing::ScriptedCollector>(script_), clock_);
  script_.Fails("away");
  script_.steps.push_back([] {
    Collected collected = PageWith(1);
    collected.notices = {"something"};
    return collected;
  });
  runner.Refresh();
  runner.Refresh();
  EXPECT_TRUE(runner.stats().success);
  EXPECT_THAT(said_, IsEmpty());
}

}  // namespace
}  // namespace logmill
