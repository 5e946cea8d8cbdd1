// A store that ends between two records and begins again in another life is one store.
#include "metrics/store_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "metrics/store.h"
#include "tests/metrics/store_fixture.h"

namespace logmill {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::vector<uint64_t> SomeFingerprints(const Store& store) {
  std::vector<uint64_t> fingerprints(store.families().size());
  std::iota(fingerprints.begin(), fingerprints.end(), 100);
  return fingerprints;
}

StoreState StateOf(const Store& store, std::initializer_list<const Shard*> shards) {
  std::vector<ShardImage> images(shards.size());
  std::vector<const ShardImage*> views;
  size_t i = 0;
  for (const Shard* shard : shards) {
    shard->Capture(images[i]);
    views.push_back(&images[i++]);
  }
  return store.Assemble(views, SomeFingerprints(store));
}

class StoreStateTest : public testing::Test {
 protected:
  // A store of another life, some time later, with the same rules.
  Store& Restored(const StoreState& state, std::vector<FamilySpec> families) {
    clock_.now_ms += 60'000;
    second_ = std::make_unique<Store>(std::move(families), clock_);
    report_ = second_->Restore(state, SomeFingerprints(*second_));
    return *second_;
  }

  TestClock clock_;
  std::unique_ptr<Store> second_;
  RestoreReport report_;
};

TEST_F(StoreStateTest, EverythingComesBack) {
  const std::vector<FamilySpec> families{CounterFamily("c_total", {"x", "y"}), GaugeFamily("g", {"x"}), HistogramFamily("h", {}, {0.5, 1})};
  Store store(families, clock_);
  Shard& shard = store.AddShard();
  shard.Increment(CellOf(shard, 0, {"b", ""}));
  clock_.now_ms += 5;
  shard.Add(CellOf(shard, 0, {"a", "ü\n\"\\"}), 0.1);
  shard.Add(CellOf(shard, 0, {"a", "ü\n\"\\"}), 1e300);
  shard.Set(CellOf(shard, 1, {"z"}), -0.0);
  CellOf(shard, 1, {"never set"});
  for (const double value : {0.1, 0.7, 44.0}) shard.Observe(CellOf(shard, 2, {}), value);

  const StoreState state = StateOf(store, {&shard});
  EXPECT_THAT(state.families[0].series[0].labels, ElementsAre("b", "")) << "by first appearance";
  Store& second = Restored(state, families);
  for (FamilyId family = 0; family < 3; ++family) EXPECT_EQ(SeriesOf(second, family), SeriesOf(store, family));
  EXPECT_EQ(StateOf(second, {}), state) << "bit by bit, with births and order";
  EXPECT_EQ(report_.series, 5u);
  EXPECT_THAT(report_.dropped, IsEmpty());
}

TEST_F(StoreStateTest, AStateHoldsTheMomentOfTheCaptureAndNothingLater) {
  Store store({CounterFamily("c_total", {"x"}), GaugeFamily("g", {}), HistogramFamily("h", {}, {1})}, clock_);
  Shard& shard = store.AddShard();
  shard.Increment(CellOf(shard, 0, {"a"}));
  shard.Set(CellOf(shard, 1, {}), 1);
  shard.Observe(CellOf(shard, 2, {}), 1);
  ShardImage image;
  shard.Capture(image);

  clock_.now_ms += 7;
  shard.Increment(CellOf(shard, 0, {"a"}));
  shard.Increment(CellOf(shard, 0, {"later"}));
  shard.Set(CellOf(shard, 1, {}), 2);
  shard.Observe(CellOf(shard, 2, {}), 2);
  Shard& other = store.AddShard();
  other.Increment(CellOf(other, 0, {"a"}));

  const ShardImage* images[] = {&image};
  const StoreState state = store.Assemble(images, SomeFingerprints(store));
  Store& second = Restored(state, {CounterFamily("c_total", {"x"}), GaugeFamily("g", {}), HistogramFamily("h", {}, {1})});
  EXPECT_THAT(ValuesOf(second, 0), ElementsAre(Pair(R"(x="a")", 1), Pair(R"(x="later")", 0)));
  EXPECT_EQ(SeriesOf(second, 0)[1].created_ms, SeriesOf(store, 0)[1].created_ms) << "a birth that a scrape may have seen";
  EXPECT_EQ(SeriesOf(second, 1)[0].value, 1);
  EXPECT_EQ(SeriesOf(second, 2)[0].buckets, (std::vector<uint64_t>{1, 0}));
}

TEST_F(StoreStateTest, AnImageIsUsedAgainWithoutAllocating) {
  Store store({CounterFamily("c_total", {"x"})}, clock_);
  Shard& shard = store.AddShard();
  for (int i = 0; i < 100; ++i) shard.Increment(CellOf(shard, 0, {std::to_string(i)}));
  ShardImage image;
  shard.Capture(image);
  const uint64_t* words = image.families[0].words.data();
  const Series* const* series = image.families[0].series.data();
  shard.Increment(CellOf(shard, 0, {"7"}));
  shard.Capture(image);
  EXPECT_EQ(image.families[0].words.data(), words);
  EXPECT_EQ(image.families[0].series.data(), series);
  const ShardImage* images[] = {&image};
  EXPECT_EQ(store.Assemble(images, SomeFingerprints(store)).families[0].series[7].writes, 2u);
}

TEST_F(StoreStateTest, AnImageOfAnotherShardBeginsAnew) {
  Store store({CounterFamily("c_total", {"x"})}, clock_);
  Shard& one = store.AddShard();
  Shard& two = store.AddShard();
  for (const char* x : {"a", "b"}) one.Increment(CellOf(one, 0, {x}));
  two.Increment(CellOf(two, 0, {"b"}));
  ShardImage image;
  one.Capture(image);
  two.Capture(image);
  const ShardImage* images[] = {&image};
  const StoreState state = store.Assemble(images, SomeFingerprints(store));
  EXPECT_EQ(state.families[0].series[0].writes, 0u);
  EXPECT_EQ(state.families[0].series[1].writes, 1u);
}

TEST_F(StoreStateTest, TheLastSetOfAGaugeWinsOverShardsAndLives) {
  Store store({GaugeFamily("g", {"x"})}, clock_);
  Shard& one = store.AddShard();
  Shard& two = store.AddShard();
  two.Set(CellOf(two, 0, {"a"}), 1);
  one.Set(CellOf(one, 0, {"a"}), 2);
  one.Set(CellOf(one, 0, {"b"}), 3);
  two.Set(CellOf(two, 0, {"b"}), std::numeric_limits<double>::quiet_NaN());
  const StoreState state = StateOf(store, {&one, &two});
  Store& second = Restored(state, {GaugeFamily("g", {"x"})});
  EXPECT_EQ(SeriesOf(second, 0)[0].value, 2);
  EXPECT_TRUE(std::isnan(SeriesOf(second, 0)[1].value));
  Shard& third = second.AddShard();
  third.Set(CellOf(third, 0, {"a"}), 4);
  EXPECT_EQ(SeriesOf(second, 0)[0].value, 4) << "what is set now is later than all of an earlier life";
  EXPECT_EQ(StateOf(second, {&third}).families[0].series[0].writes, 3u);
}

TEST_F(StoreStateTest, SeriesOfRulesThatChangedOrWentAreDroppedAndNamed) {
  Store store({CounterFamily("same_total", {}), CounterFamily("gone_total", {"x"}), CounterFamily("changed_total", {}),
               CounterFamily("labels_total", {"x"}), HistogramFamily("buckets", {}, {1}), GaugeFamily("type", {})},
              clock_);
  Shard& shard = store.AddShard();
  for (const FamilyId family : {0u, 2u}) shard.Increment(CellOf(shard, family, {}));
  for (const char* x : {"a", "b"}) shard.Increment(CellOf(shard, 1, {x}));
  shard.Increment(CellOf(shard, 3, {"a"}));
  shard.Observe(CellOf(shard, 4, {}), 1);
  StoreState state = StateOf(store, {&shard});

  Store second({CounterFamily("changed_total", {}), CounterFamily("labels_total", {"y"}), HistogramFamily("buckets", {}, {2}),
                CounterFamily("type", {}), CounterFamily("same_total", {})},
               clock_);
  const std::vector<uint64_t> fingerprints{1, 103, 104, 105, 100};  // by family of the new store
  const RestoreReport report = second.Restore(state, fingerprints);
  EXPECT_EQ(report.series, 1u);
  std::vector<std::string> dropped;
  for (const auto& [metric, series, gone] : report.dropped)
    dropped.push_back(metric + (gone ? " gone " : " changed ") + std::to_string(series));
  EXPECT_THAT(dropped,
              ElementsAre("gone_total gone 2", "changed_total changed 1", "labels_total changed 1", "buckets changed 1", "type changed 1"));
  EXPECT_EQ(report.DroppedSeries(), 6u);
  EXPECT_EQ(ValuesOf(second, 4)[0].second, 1);
  EXPECT_EQ(ValuesOf(second, 0)[0].second, 0);
}

TEST_F(StoreStateTest, ASmallerBudgetRefusesNothingThatWasThere) {
  Store store({CounterFamily("c_total", {"x"}, 3)}, clock_);
  Shard& shard = store.AddShard();
  for (const char* x : {"a", "b", "c", "d", "e"}) shard.Increment(CellOf(shard, 0, {x}));
  Store& second = Restored(StateOf(store, {&shard}), {CounterFamily("c_total", {"x"}, 2)});
  EXPECT_EQ(second.SeriesCount(0), 3u);
  EXPECT_EQ(second.OverflowCount(0), 2u);
  Shard& next = second.AddShard();
  next.Increment(CellOf(next, 0, {"c"}));
  next.Increment(CellOf(next, 0, {"f"}));
  EXPECT_THAT(ValuesOf(second, 0), ElementsAre(Pair(R"(x="_overflow")", 3), Pair(R"(x="a")", 1), Pair(R"(x="b")", 1), Pair(R"(x="c")", 2)));
}

TEST_F(StoreStateTest, ALargerBudgetLetsMoreIn) {
  Store store({CounterFamily("c_total", {"x"}, 1)}, clock_);
  Shard& shard = store.AddShard();
  for (const char* x : {"a", "b"}) shard.Increment(CellOf(shard, 0, {x}));
  Store& second = Restored(StateOf(store, {&shard}), {CounterFamily("c_total", {"x"}, 2)});
  Shard& next = second.AddShard();
  for (const char* x : {"b", "c"}) next.Increment(CellOf(next, 0, {x}));
  EXPECT_THAT(ValuesOf(second, 0), ElementsAre(Pair(R"(x="_overflow")", 2), Pair(R"(x="a")", 1), Pair(R"(x="b")", 1)));
}

TEST_F(StoreStateTest, SeriesThatExistFromTheStartGetTheirOldBirth) {
  FamilySpec spec = CounterFamily("c_total", {"x"});
  spec.init = {{"a"}, {"b"}};
  Store store({spec}, clock_);
  const int64_t born = clock_.now_ms;
  Shard& shard = store.AddShard();
  shard.Increment(CellOf(shard, 0, {"b"}));
  Store& second = Restored(StateOf(store, {&shard}), {spec});
  for (const SeriesCopy& series : SeriesOf(second, 0)) EXPECT_EQ(series.created_ms, born) << series.labels;
  EXPECT_EQ(second.SeriesCount(0), 2u);
}

TEST_F(StoreStateTest, SeriesThatNoStoreCouldHaveMadeAreDropped) {
  Store store({HistogramFamily("h", {"x"}, {1})}, clock_);
  StoreState state{{{.name = "h", .type = MetricType::kHistogram, .label_names = {"x"}, .buckets = {1}, .fingerprint = 100}}};
  state.families[0].series = {
      {.labels = {"right"}, .writes = 1, .buckets = {1, 0}},       {.labels = {}, .writes = 1, .buckets = {1, 0}},
      {.labels = {"too", "many"}, .writes = 1, .buckets = {1, 0}}, {.labels = {"buckets"}, .writes = 1, .buckets = {1}},
      {.labels = {"\xFF"}, .writes = 1, .buckets = {1, 0}},        {.labels = {std::string(2000, 'x')}, .writes = 1, .buckets = {1, 0}}};
  const RestoreReport report = store.Restore(state, SomeFingerprints(store));
  EXPECT_EQ(report.series, 1u);
  EXPECT_EQ(report.DroppedSeries(), 5u);
  EXPECT_EQ(store.SeriesCount(0), 1u);
}

TEST_F(StoreStateTest, WhatWasMergedBelongsToTheState) {
  Store store({CounterFamily("c_total", {})}, clock_);
  Store part({CounterFamily("c_total", {})}, clock_);
  Shard& counting = part.AddShard();
  counting.Increment(CellOf(counting, 0, {}));
  ASSERT_TRUE(store.MergeFrom(part));
  EXPECT_EQ(StateOf(store, {}).families[0].series[0].writes, 1u);
}

// However often and wherever a row of events is cut into lives, the end is the same, bit by bit.
TEST_F(StoreStateTest, ManyLivesCountAsOne) {
  std::vector<FamilySpec> families{CounterFamily("c_total", {"x"}, 20), GaugeFamily("g", {"x"}, 20),
                                   HistogramFamily("h", {"x"}, {0.1, 1, 10}, 20), CounterFamily("sum_total", {"x"}, 200)};
  families[0].init = {{"0"}, {"init"}};
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    Store whole(families, clock_);
    Shard& straight = whole.AddShard();
    auto life = std::make_unique<Store>(families, clock_);
    Shard* shards[] = {&life->AddShard(), &life->AddShard()};
    for (int event = 0; event < 3000; ++event) {
      const FamilyId family = random() % 4;
      const std::string x = std::to_string(std::geometric_distribution<int>(0.05)(random));
      const double value = std::ldexp(std::uniform_real_distribution<double>(-1, 1)(random), static_cast<int>(random() % 120) - 70);
      for (Shard* shard : {&straight, shards[random() % 2]}) {
        Shard::Cell* cell = CellOf(*shard, family, {x});
        if (family == 0) shard->Increment(cell);
        if (family == 1) shard->Set(cell, value);
        if (family == 2) shard->Observe(cell, value);
        if (family == 3) shard->Add(cell, std::fabs(value));
      }
      if (random() % 400 != 0) continue;
      const StoreState state = StateOf(*life, {shards[0], shards[1]});
      life = std::make_unique<Store>(families, clock_);
      ASSERT_THAT(life->Restore(state, SomeFingerprints(*life)).dropped, IsEmpty());
      shards[0] = &life->AddShard();
      shards[1] = &life->AddShard();
    }
    for (FamilyId family = 0; family < families.size(); ++family) {
      ASSERT_EQ(SeriesOf(*life, family), SeriesOf(whole, family)) << "round " << round << ", family " << family;
      ASSERT_EQ(life->OverflowCount(family), whole.OverflowCount(family));
    }
  }
}

// Meant for the thread sanitizer: a worker counts on while another thread puts its last image together.
TEST(StoreStateConcurrency, ImagesAreAssembledWhileTheWorkerWrites) {
  TestClock clock;
  Store store({CounterFamily("c_total", {"x"}, 40), HistogramFamily("h", {}, {0, 1, 2}), GaugeFamily("g", {})}, clock);
  Shard& shard = store.AddShard();
  ShardImage image;
  uint64_t captured = 0;  // records, at the capture
  enum class Turn { kWorker, kCaptured };
  std::atomic<Turn> turn{Turn::kWorker};
  std::jthread worker([&](std::stop_token stop) {
    for (uint64_t i = 0; !stop.stop_requested(); ++i) {
      if (i % 100 == 0 && turn == Turn::kWorker) {
        shard.Capture(image);
        captured = i;
        turn = Turn::kCaptured;
      }
      shard.Increment(CellOf(shard, 0, {std::to_string(i % 60)}));
      shard.Observe(CellOf(shard, 1, {}), static_cast<double>(i % 4));
      shard.Set(CellOf(shard, 2, {}), static_cast<double>(i));
    }
  });
  const std::vector<uint64_t> fingerprints(3);
  for (int round = 0; round < 300; ++round) {
    while (turn != Turn::kCaptured) std::this_thread::yield();
    const ShardImage* images[] = {&image};
    const StoreState state = store.Assemble(images, fingerprints);
    uint64_t counted = 0;
    for (const SeriesState& series : state.families[0].series) counted += series.writes;
    ASSERT_EQ(counted, captured);
    ASSERT_EQ(state.families[1].series[0].writes, captured);
    const std::vector<uint64_t>& buckets = state.families[1].series[0].buckets;
    ASSERT_EQ(std::accumulate(buckets.begin(), buckets.end(), uint64_t{0}), captured);
    if (captured > 0) {
      ASSERT_EQ(std::bit_cast<double>(state.families[2].series[0].last), static_cast<double>(captured - 1));
    }
    turn = Turn::kWorker;
  }
}

}  // namespace
}  // namespace logmill
