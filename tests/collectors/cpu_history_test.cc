#include "collectors/cpu_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "collectors/busy_history.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

// user, nice, system, idle, iowait, interrupt, softirq, steal
CpuReading Cpu(unsigned number, CpuTicks ticks) { return {number, ticks}; }

TEST(CpuHistory, SharesNeedTwoReadingsAndAreOneTogether) {
  CpuHistory history(100);
  const auto first = history.Update({Cpu(0, {100, 0, 0, 100, 0, 0, 0, 0})});
  EXPECT_FALSE(first[0].shares);
  const auto second = history.Update({Cpu(0, {130, 10, 5, 140, 5, 1, 4, 5})});
  ASSERT_TRUE(second[0].shares);
  EXPECT_THAT(*second[0].shares, ElementsAre(0.3, 0.1, 0.05, 0.4, 0.05, 0.01, 0.04, 0.05));
  EXPECT_DOUBLE_EQ(std::accumulate(second[0].shares->begin(), second[0].shares->end(), 0.0), 1);
}

TEST(CpuHistory, NoTickIsNoShare) {
  CpuHistory history(100);
  history.Update({Cpu(0, {1, 1, 1, 1})});
  EXPECT_FALSE(history.Update({Cpu(0, {1, 1, 1, 1})})[0].shares);
}

TEST(CpuHistory, CpusComeAndGo) {
  CpuHistory history(100);
  history.Update({Cpu(0, {10}), Cpu(1, {10})});
  auto usages = history.Update({Cpu(0, {20}), Cpu(5, {10})});
  ASSERT_EQ(usages.size(), 2u);
  EXPECT_TRUE(usages[0].shares);
  EXPECT_FALSE(usages[1].shares);
  usages = history.Update({Cpu(0, {30}), Cpu(1, {90}), Cpu(5, {20})});
  EXPECT_FALSE(usages[1].shares) << "it was away";
  EXPECT_TRUE(usages[2].shares);
}

TEST(CpuHistory, SmallStepsBackAreHeld) {
  CpuHistory history(100);
  history.Update({Cpu(0, {100, 0, 0, 1000, 50})});
  auto usage = history.Update({Cpu(0, {110, 0, 0, 1010, 40})})[0];
  EXPECT_THAT(usage.ticks, ElementsAre(110, 0, 0, 1010, 50, 0, 0, 0));
  EXPECT_EQ(usage.shares->at(4), 0);
  usage = history.Update({Cpu(0, {120, 0, 0, 1020, 55})})[0];
  EXPECT_EQ(usage.ticks[4], 55u);
  EXPECT_EQ(usage.shares->at(4), 0.2) << "what was counted twice is not";
}

TEST(CpuHistory, LargeStepsBackAreANewBeginning) {
  CpuHistory history(100);
  history.Update({Cpu(0, {100, 0, 0, 1000, 0})});
  const auto usage = history.Update({Cpu(0, {5, 0, 0, 7, 0})})[0];
  EXPECT_THAT(usage.ticks, ElementsAre(5, 0, 0, 7, 0, 0, 0, 0));
  EXPECT_FALSE(usage.shares);
  EXPECT_TRUE(history.Update({Cpu(0, {6, 0, 0, 8, 0})})[0].shares);
}

TEST(CpuHistory, NumbersBeyondDoublesAreExact) {
  constexpr uint64_t kLarge = (uint64_t{1} << 60) + 1;
  CpuHistory history(100);
  history.Update({Cpu(0, {kLarge, 0, 0, kLarge})});
  EXPECT_THAT(*history.Update({Cpu(0, {kLarge + 1, 0, 0, kLarge + 3})})[0].shares, ElementsAre(0.25, 0, 0, 0.75, 0, 0, 0, 0));
}

TEST(BusyHistory, SharesOfWhatTheCpusHad) {
  BusyHistory history;
  EXPECT_FALSE(history.Update({10, 5}, 100s, 2));
  const auto share = history.Update({20, 10}, 110s, 2);
  ASSERT_TRUE(share);
  EXPECT_EQ(share->user, 0.5);
  EXPECT_EQ(share->system, 0.25);
}

TEST(BusyHistory, NothingWithoutTimeOrCpusOrWhenItIsAnother) {
  BusyHistory history;
  history.Update({10, 5}, 100s, 2);
  EXPECT_FALSE(history.Update({11, 5}, 100s, 2)) << "no time has passed";
  EXPECT_FALSE(history.Update({12, 5}, 99s, 2)) << "it stepped back";
  EXPECT_FALSE(history.Update({13, 5}, 101s, 0));
  EXPECT_FALSE(history.Update({1, 5}, 102s, 2)) << "another process";
  EXPECT_TRUE(history.Update({2, 5}, 103s, 2));
}

}  // namespace
}  // namespace logmill
