#include "metrics/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "metrics/label_text.h"
#include "tests/metrics/store_fixture.h"

namespace logmill {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class StoreTest : public testing::Test {
 protected:
  TestClock clock_;
};

TEST_F(StoreTest, CountsBySeries) {
  Store store({CounterFamily("messages_total", {"level", "context"})}, clock_);
  Shard& shard = store.AddShard();
  shard.Increment(CellOf(shard, 0, {"log", "Api"}));
  shard.Increment(CellOf(shard, 0, {"error", "Api"}));
  shard.Increment(CellOf(shard, 0, {"log", "Api"}));
  shard.Add(CellOf(shard, 0, {"log", "Api"}), 0.5);
  EXPECT_THAT(ValuesOf(store, 0), ElementsAre(Pair(R"(level="error",context="Api")", 1), Pair(R"(level="log",context="Api")", 2.5)));
}

TEST_F(StoreTest, FindCreatesNothing) {
  Store store({CounterFamily("a_total", {"x"}), CounterFamily("b_total", {"x"})}, clock_);
  Shard& shard = store.AddShard();
  Shard& other = store.AddShard();
  const std::array<std::string_view, 1> values{"1"};
  EXPECT_EQ(shard.Find(0, values), nullptr);
  EXPECT_EQ(store.SeriesCount(0), 0u);
  Shard::Cell* cell = shard.FindOrAdd(0, values);
  EXPECT_EQ(shard.Find(0, values), cell);
  EXPECT_EQ(shard.FindOrAdd(0, values), cell);
  EXPECT_EQ(other.Find(0, values), nullptr) << "another shard has not used it";
  EXPECT_EQ(shard.Find(1, values), nullptr) << "another family has not got it";
}

TEST_F(StoreTest, ValuesDoNotRunIntoEachOther) {
  Store store({CounterFamily("a_total", {"x", "y"})}, clock_);
  Shard& shard = store.AddShard();
  for (const auto& [x, y] : {std::pair{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}}) shard.Increment(CellOf(shard, 0, {x, y}));
  EXPECT_EQ(store.SeriesCount(0), 4u);
}

TEST_F(StoreTest, ValuesOfEveryLengthAreToldApart) {
  Store store({CounterFamily("a_total", {"x"}, 100'000)}, clock_);
  Shard& shard = store.AddShard();
  size_t series = 0;
  for (size_t length = 0; length < 70; ++length) {
    for (size_t at = 0; at <= length; ++at, ++series) {
      std::string value(length, 'x');
      if (at < length) value[at] = 'y';
      shard.Increment(CellOf(shard, 0, {value}));
      shard.Increment(CellOf(shard, 0, {value}));
    }
  }
  EXPECT_EQ(store.SeriesCount(0), series);
  for (const auto& [labels, value] : ValuesOf(store, 0)) ASSERT_EQ(value, 2) << labels;
}

TEST_F(StoreTest, CellsKeepTheirAddress) {
  Store store({CounterFamily("a_total", {"x"}, 5000)}, clock_);
  Shard& shard = store.AddShard();
  std::vector<Shard::Cell*> cells;
  for (int i = 0; i < 5000; ++i) cells.push_back(CellOf(shard, 0, {std::to_string(i)}));
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(CellOf(shard, 0, {std::to_string(i)}), cells[static_cast<size_t>(i)]);
}

TEST_F(StoreTest, ShardsAddUp) {
  Store store({CounterFamily("a_total", {"x"}), HistogramFamily("b", {}, {1, 2})}, clock_);
  Shard& one = store.AddShard();
  Shard& two = store.AddShard();
  one.Increment(CellOf(one, 0, {"1"}));
  two.Add(CellOf(two, 0, {"1"}), 2);
  one.Observe(CellOf(one, 1, {}), 0.5);
  two.Observe(CellOf(two, 1, {}), 1);
  two.Observe(CellOf(two, 1, {}), 7);
  EXPECT_THAT(ValuesOf(store, 0), ElementsAre(Pair(R"(x="1")", 3)));
  EXPECT_THAT(SeriesOf(store, 1), ElementsAre(SeriesCopy{"", clock_.now_ms, 8.5, 3, {2, 0, 1}}));
}

TEST_F(StoreTest, HistogramBoundsBelongToTheirBucket) {
  Store store({HistogramFamily("h", {}, {-1, 0, 2.5})}, clock_);
  Shard& shard = store.AddShard();
  for (const double value : {-5.0, -1.0, -0.5, 0.0, 2.5, std::nextafter(2.5, 3.0), 1e300}) shard.Observe(CellOf(shard, 0, {}), value);
  EXPECT_THAT(SeriesOf(store, 0)[0].buckets, ElementsAre(2, 2, 1, 2));
  EXPECT_EQ(SeriesOf(store, 0)[0].count, 7u);
}

TEST_F(StoreTest, GaugeShowsWhatWasSetLastInAnyShard) {
  Store store({GaugeFamily("g", {})}, clock_);
  Shard& one = store.AddShard();
  Shard& two = store.AddShard();
  const auto value = [&store] { return SeriesOf(store, 0)[0].value; };
  EXPECT_EQ(value(), 0);
  two.Set(CellOf(two, 0, {}), 2);
  EXPECT_EQ(value(), 2);
  one.Set(CellOf(one, 0, {}), -1);
  EXPECT_EQ(value(), -1);
  two.Set(CellOf(two, 0, {}), std::numeric_limits<double>::infinity());
  EXPECT_EQ(value(), std::numeric_limits<double>::infinity());
  one.Set(CellOf(one, 0, {}), std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(value()));
}

TEST_F(StoreTest, FamilyWithoutLabelsHasItsSeriesFromTheStart) {
  Store store({CounterFamily("a_total", {}, 0), HistogramFamily("h", {}, {1})}, clock_);
  EXPECT_THAT(SeriesOf(store, 0), ElementsAre(SeriesCopy{"", clock_.now_ms, 0, 0, {}}));
  EXPECT_THAT(SeriesOf(store, 1), ElementsAre(SeriesCopy{"", clock_.now_ms, 0, 0, {0, 0}}));
  Shard& shard = store.AddShard();
  shard.Increment(CellOf(shard, 0, {}));
  EXPECT_THAT(ValuesOf(store, 0), ElementsAre(Pair("", 1)));
}

TEST_F(StoreTest, InitialSeriesExistAtZeroAndCountInTheBudget) {
  FamilySpec spec = CounterFamily("a_total", {"status"}, 3);
  spec.init = {{"success"}, {"error"}, {"error"}};
  Store store({spec}, clock_);
  EXPECT_THAT(ValuesOf(store, 0), ElementsAre(Pair(R"(status="error")", 0), Pair(R"(status="success")", 0)));
  Shard& shard = store.AddShard();
  for (const char* status : {"a", "b", "success"}) shard.Increment(CellOf(shard, 0, {status}));
  EXPECT_THAT(ValuesOf(store, 0), ElementsAre(Pair(R"(status="_overflow")", 1), Pair(R"(status="a")", 1), Pair(R"(status="error")", 0),
                                              Pair(R"(status="success")", 1)));
}

TEST_F(StoreTest, BudgetHoldsOverAllShards) {
  Store store({CounterFamily("a_total", {"x", "y"}, 2)}, clock_);
  Shard& one = store.AddShard();
  Shard& two = store.AddShard();
  one.Increment(CellOf(one, 0, {"1", ""}));
  two.Increment(CellOf(two, 0, {"2", ""}));
  one.Increment(CellOf(one, 0, {"3", ""}));
  two.Add(CellOf(two, 0, {"4", ""}), 10);
  one.Increment(CellOf(one, 0, {"2", ""}));
  two.Increment(CellOf(two, 0, {"1", ""}));
  EXPECT_THAT(ValuesOf(store, 0),
              ElementsAre(Pair(R"(x="1",y="")", 2), Pair(R"(x="2",y="")", 2), Pair(R"(x="_overflow",y="_overflow")", 11)));
  EXPECT_EQ(store.SeriesCount(0), 2u);
  EXPECT_EQ(store.OverflowCount(0), 2u);
}

TEST_F(StoreTest, OverflowCountsObservationsOfEveryType) {
  Store store({CounterFamily("c_total", {"x"}, 0), GaugeFamily("g", {"x"}, 0), HistogramFamily("h", {"x"}, {1}, 0)}, clock_);
  for (Shard* shard : {&store.AddShard(), &store.AddShard()}) {
    shard->Increment(CellOf(*shard, 0, {"a"}));
    shard->Add(CellOf(*shard, 0, {"b"}), 2.5);
    shard->Set(CellOf(*shard, 1, {"a"}), 7);
    shard->Observe(CellOf(*shard, 2, {"a"}), 7);
    shard->Observe(CellOf(*shard, 2, {"a"}), 0);
  }
  EXPECT_EQ(store.OverflowCount(0), 4u);
  EXPECT_EQ(store.OverflowCount(1), 2u);
  EXPECT_EQ(store.OverflowCount(2), 4u);
}

TEST_F(StoreTest, ALabelThatIsNamedLikeTheOverflowIsIt) {
  Store store({CounterFamily("a_total", {"x"}, 1)}, clock_);
  Shard& shard = store.AddShard();
  for (const char* x : {"_overflow", "1", "2"}) shard.Increment(CellOf(shard, 0, {x}));
  EXPECT_THAT(ValuesOf(store, 0), ElementsAre(Pair(R"(x="1")", 1), Pair(R"(x="_overflow")", 2)));
}

TEST_F(StoreTest, ThreeHundredThousandValuesCostNoMoreThanTheBudget) {
  Store store({CounterFamily("a_total", {"id"}, 1000), CounterFamily("other_total", {"id"}, 1000)}, clock_);
  Shard& shard = store.AddShard();
  for (int i = 0; i < 1000; ++i) CellOf(shard, 0, {std::to_string(i)});
  const size_t full = store.MemoryBytes();
  for (int i = 0; i < 300'000; ++i) shard.Increment(CellOf(shard, 0, {std::to_string(i)}));
  EXPECT_LT(store.MemoryBytes(), full + full / 2);
  EXPECT_LT(store.MemoryBytes(), 1'000'000u);
  EXPECT_EQ(store.SeriesCount(0), 1000u);
  EXPECT_EQ(store.OverflowCount(0), 299'000u);
  double total = 0;
  for (const auto& [labels, value] : ValuesOf(store, 0)) total += value;
  EXPECT_EQ(total, 300'000);
  shard.Increment(CellOf(shard, 1, {"fine"}));
  EXPECT_THAT(ValuesOf(store, 1), ElementsAre(Pair(R"(id="fine")", 1))) << "other metrics are not touched";
}

TEST_F(StoreTest, HostileLabelValuesAreRepaired) {
  Store store({CounterFamily("a_total", {"x"})}, clock_);
  Shard& shard = store.AddShard();
  const std::string million(1'000'000, 'm');
  for (const std::string& value : {"q\"b\\n\n"s, "half\xE6\x97"s, "nul\0"s, million, million + "different end"}) {
    shard.Increment(CellOf(shard, 0, {value}));
    shard.Increment(CellOf(shard, 0, {value}));
  }
  EXPECT_THAT(ValuesOf(store, 0),
              ElementsAre(Pair("x=\"half\xEF\xBF\xBD\"", 2), Pair("x=\"" + std::string(kMaxLabelValueBytes, 'm') + '"', 4),
                          Pair("x=\"nul\xEF\xBF\xBD\"", 2), Pair(R"(x="q\"b\\n\n")", 2)));
  EXPECT_EQ(store.SeriesCount(0), 4u);
  EXPECT_LT(store.MemoryBytes(), 20'000u);
}

TEST_F(StoreTest, SeriesRememberTheirBirth) {
  Store store({CounterFamily("a_total", {"x"})}, clock_);
  Shard& shard = store.AddShard();
  Shard& other = store.AddShard();
  CellOf(shard, 0, {"old"});
  const int64_t birth = std::exchange(clock_.now_ms, clock_.now_ms + 5);
  CellOf(other, 0, {"old"});
  CellOf(shard, 0, {"young"});
  EXPECT_EQ(SeriesOf(store, 0)[0].created_ms, birth);
  EXPECT_EQ(SeriesOf(store, 0)[1].created_ms, birth + 5);
}

TEST_F(StoreTest, OrderHoldsWhileSeriesComeIn) {
  Store store({CounterFamily("a_total", {"x"}, 10'000)}, clock_);
  Shard& shard = store.AddShard();
  for (int i = 0; i < 2000; ++i) {
    CellOf(shard, 0, {std::to_string(i * 7919 % 10'007)});
    if (i % 97 != 0) continue;
    const auto values = ValuesOf(store, 0);
    ASSERT_EQ(values.size(), static_cast<size_t>(i) + 1);
    ASSERT_TRUE(std::ranges::is_sorted(values));
  }
}

}  // namespace
}  // namespace logmill
