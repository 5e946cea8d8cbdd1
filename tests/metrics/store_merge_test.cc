// Counting a file in parts and merging them is counting it in one go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "metrics/store.h"
#include "tests/metrics/store_fixture.h"

namespace logmill {
namespace {

using testing::ElementsAre;
using testing::Pair;

// One record of a log, as far as metrics care.
struct Event {
  FamilyId family;
  std::string x;
  std::string y;
  double value;
};

std::vector<FamilySpec> SmallBudgets(uint32_t budget) {
  std::vector<FamilySpec> specs{CounterFamily("c_total", {"x", "y"}, budget), GaugeFamily("g", {"x", "y"}, budget),
                                HistogramFamily("h", {"x", "y"}, {0.1, 1, 10}, budget),
                                CounterFamily("sum_total", {"x", "y"}, 10 * budget)};
  specs[0].init = {{"0", "0"}, {"init", ""}};
  return specs;
}

void Count(Shard& shard, const Event& event) {
  Shard::Cell* cell = CellOf(shard, event.family, {event.x, event.y});
  switch (event.family) {
    case 0:
      return shard.Increment(cell);
    case 1:
      return shard.Set(cell, event.value);
    case 2:
      return shard.Observe(cell, event.value);
    default:
      return shard.Add(cell, std::fabs(event.value));
  }
}

class MergeTest : public testing::Test {
 protected:
  std::vector<Event> RandomEvents(size_t count, int variety) {
    std::uniform_int_distribution<FamilyId> family(0, 3);
    std::geometric_distribution<int> label(1.0 / variety);
    std::uniform_real_distribution<double> mantissa(-1, 1);
    std::uniform_int_distribution<int> exponent(-70, 50);
    std::vector<Event> events(count);
    for (Event& event : events) {
      event = {family(random_), std::to_string(label(random_)), std::to_string(label(random_) / variety),
               std::ldexp(mantissa(random_), exponent(random_))};
    }
    return events;
  }

  // What `replay` does: count a part by itself, merge it, or count it again into the whole when it overflowed.
  bool CountPart(const std::vector<Event>& events, size_t from, size_t to, const std::vector<FamilySpec>& specs, Store& whole,
                 Shard& shard) {
    Store part(specs, clock_);
    Shard& part_shard = part.AddShard();
    for (size_t i = from; i < to; ++i) Count(part_shard, events[i]);
    if (whole.MergeFrom(part)) return true;
    for (size_t i = from; i < to; ++i) Count(shard, events[i]);
    return false;
  }

  TestClock clock_;
  std::mt19937_64 random_{5};
};

TEST_F(MergeTest, SumsGaugesAndHistograms) {
  const std::vector<FamilySpec> specs{CounterFamily("c_total", {"x"}), GaugeFamily("g", {}), HistogramFamily("h", {}, {1})};
  Store whole(specs, clock_);
  Store part(specs, clock_);
  for (Store* store : {&whole, &part}) {
    Shard& shard = store->AddShard();
    shard.Increment(CellOf(shard, 0, {"both"}));
    shard.Set(CellOf(shard, 1, {}), store == &whole ? 1 : 2);
    shard.Observe(CellOf(shard, 2, {}), 0.5);
  }
  Shard& more = part.AddShard();
  more.Add(CellOf(more, 0, {"new"}), 0.25);
  ASSERT_TRUE(whole.MergeFrom(part));
  EXPECT_THAT(ValuesOf(whole, 0), ElementsAre(Pair(R"(x="both")", 2), Pair(R"(x="new")", 0.25)));
  EXPECT_THAT(ValuesOf(whole, 1), ElementsAre(Pair("", 2)));
  EXPECT_THAT(SeriesOf(whole, 2), ElementsAre(SeriesCopy{"", clock_.now_ms, 1, 2, {2, 0}}));
}

TEST_F(MergeTest, AGaugeThatPartNeverSetStays) {
  const std::vector<FamilySpec> specs{GaugeFamily("g", {})};
  Store whole(specs, clock_);
  Shard& shard = whole.AddShard();
  shard.Set(CellOf(shard, 0, {}), 7);
  ASSERT_TRUE(whole.MergeFrom(Store(specs, clock_)));
  EXPECT_THAT(ValuesOf(whole, 0), ElementsAre(Pair("", 7)));
}

TEST_F(MergeTest, CountingGoesOnAfterwards) {
  const std::vector<FamilySpec> specs{CounterFamily("c_total", {"x"}), GaugeFamily("g", {})};
  Store whole(specs, clock_);
  Store part(specs, clock_);
  Shard& part_shard = part.AddShard();
  part_shard.Increment(CellOf(part_shard, 0, {"1"}));
  for (int i = 0; i < 100; ++i) part_shard.Set(CellOf(part_shard, 1, {}), i);
  ASSERT_TRUE(whole.MergeFrom(part));
  ASSERT_TRUE(whole.MergeFrom(part));
  Shard& shard = whole.AddShard();
  shard.Increment(CellOf(shard, 0, {"1"}));
  shard.Set(CellOf(shard, 1, {}), -1);
  EXPECT_THAT(ValuesOf(whole, 0), ElementsAre(Pair(R"(x="1")", 3)));
  EXPECT_THAT(ValuesOf(whole, 1), ElementsAre(Pair("", -1)));
}

TEST_F(MergeTest, PartThatOverflowedIsRefusedAndChangesNothing) {
  const std::vector<FamilySpec> specs{CounterFamily("c_total", {"x"}, 1)};
  Store whole(specs, clock_);
  Store part(specs, clock_);
  Shard& shard = part.AddShard();
  for (const char* x : {"1", "2"}) shard.Increment(CellOf(shard, 0, {x}));
  EXPECT_FALSE(whole.MergeFrom(part));
  EXPECT_EQ(whole.SeriesCount(0), 0u);
}

TEST_F(MergeTest, TheBudgetGoesToTheFirstInPart) {
  const std::vector<FamilySpec> specs{CounterFamily("c_total", {"x"}, 3)};
  Store whole(specs, clock_);
  Shard& shard = whole.AddShard();
  shard.Increment(CellOf(shard, 0, {"here"}));
  Store part(specs, clock_);
  Shard& part_shard = part.AddShard();
  for (const char* x : {"z", "a", "m", "m"}) part_shard.Increment(CellOf(part_shard, 0, {x}));
  ASSERT_TRUE(whole.MergeFrom(part));
  EXPECT_THAT(ValuesOf(whole, 0),
              ElementsAre(Pair(R"(x="_overflow")", 2), Pair(R"(x="a")", 1), Pair(R"(x="here")", 1), Pair(R"(x="z")", 1)));
  EXPECT_EQ(whole.OverflowCount(0), 2u);
}

TEST_F(MergeTest, OverflowGaugeIsTheOneThatPartSetLast) {
  const std::vector<FamilySpec> specs{GaugeFamily("g", {"x"}, 2)};
  Store whole(specs, clock_);
  Shard& shard = whole.AddShard();
  for (const char* x : {"1", "2", "3"}) shard.Set(CellOf(shard, 0, {x}), 1);
  Store part(specs, clock_);
  Shard& part_shard = part.AddShard();
  part_shard.Set(CellOf(part_shard, 0, {"a"}), 10);
  part_shard.Set(CellOf(part_shard, 0, {"b"}), 20);
  part_shard.Set(CellOf(part_shard, 0, {"a"}), 30);
  ASSERT_TRUE(whole.MergeFrom(part));
  EXPECT_THAT(ValuesOf(whole, 0)[2], Pair(R"(x="_overflow")", 30));
}

TEST_F(MergeTest, BirthIsTheWholesOrElseTheParts) {
  const std::vector<FamilySpec> specs{CounterFamily("c_total", {"x"})};
  const int64_t start = clock_.now_ms;
  Store whole(specs, clock_);
  Shard& shard = whole.AddShard();
  CellOf(shard, 0, {"both"});
  clock_.now_ms = start + 10;
  Store part(specs, clock_);
  Shard& part_shard = part.AddShard();
  CellOf(part_shard, 0, {"both"});
  CellOf(part_shard, 0, {"new"});
  clock_.now_ms = start + 20;
  ASSERT_TRUE(whole.MergeFrom(part));
  EXPECT_EQ(SeriesOf(whole, 0)[0].created_ms, start);
  EXPECT_EQ(SeriesOf(whole, 0)[1].created_ms, start + 10);
}

TEST_F(MergeTest, PartsGiveTheBitsOfTheWhole) {
  int merged = 0;
  int recounted = 0;
  for (int round = 0; round < 150; ++round) {
    const auto specs = SmallBudgets(4 + static_cast<uint32_t>(round % 40));
    const std::vector<Event> events = RandomEvents(600, 2 + round % 12);
    Store sequential(specs, clock_);
    Shard& shard = sequential.AddShard();
    for (const Event& event : events) Count(shard, event);
    Store whole(specs, clock_);
    Shard& whole_shard = whole.AddShard();
    std::uniform_int_distribution<size_t> step(1, 120);
    for (size_t from = 0, to = 0; from < events.size(); from = to) {
      to = std::min(from + step(random_), events.size());
      ++(CountPart(events, from, to, specs, whole, whole_shard) ? merged : recounted);
    }
    for (FamilyId family = 0; family < specs.size(); ++family) {
      ASSERT_EQ(SeriesOf(whole, family), SeriesOf(sequential, family)) << "round " << round << ", " << specs[family].name;
      ASSERT_EQ(whole.OverflowCount(family), sequential.OverflowCount(family));
      ASSERT_EQ(whole.SeriesCount(family), sequential.SeriesCount(family));
    }
  }
  EXPECT_GT(merged, 100);
  EXPECT_GT(recounted, 100);
}

}  // namespace
}  // namespace logmill
