#include "metrics/self_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "metrics/store_metrics.h"
#include "tests/metrics/store_fixture.h"

namespace logmill {
namespace {

using Type = prometheus::MetricType;
using testing::ElementsAre;

// A row of the page's tables: | `name` | type | labels | meaning |
std::string Row(const SelfMetricInfo& info) {
  const char* const type = info.type == Type::Counter ? "counter" : info.type == Type::Gauge ? "gauge" : "histogram";
  std::string row = "| `" + std::string(info.name) + "` | " + type + " |";
  for (const std::string_view label : info.labels()) row += " `" + std::string(label) + '`';
  return row + " | " + std::string(info.help) + " |";
}

std::vector<std::string> RowsOfThePage() {
  std::ifstream page(std::string(LOGMILL_SOURCE_DIR) + "/docs/self-metrics.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| `logmill_")) rows.push_back(line);
  }
  return rows;
}

TEST(SelfMetrics, TableAndPageAreTheSame) {
  std::vector<std::string> rows;
  for (const SelfMetricInfo& info : SelfMetrics()) rows.push_back(Row(info));
  EXPECT_EQ(RowsOfThePage(), rows);
}

TEST(SelfMetrics, NamesFollowTheRules) {
  std::set<std::string_view> names;
  for (const SelfMetricInfo& info : SelfMetrics()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_TRUE(info.name.starts_with("logmill_")) << info.name;
    EXPECT_EQ(info.name.ends_with("_total"), info.type == Type::Counter) << info.name;
    EXPECT_TRUE(info.help.ends_with(".")) << info.name;
  }
}

TEST(SelfMetrics, MakesFamilies) {
  prometheus::MetricFamily records = MakeFamily(SelfMetric::kRecords);
  EXPECT_EQ(records.name, "logmill_records_total");
  EXPECT_EQ(records.type, Type::Counter);
  AddSample(records, SelfMetric::kRecords, {"app", "json"}, 3);
  ASSERT_EQ(records.metric.size(), 1u);
  EXPECT_EQ(records.metric[0].counter.value, 3);
  EXPECT_THAT(records.metric[0].label,
              ElementsAre(prometheus::ClientMetric::Label{"source", "app"}, prometheus::ClientMetric::Label{"format", "json"}));
  EXPECT_EQ(MakeFamily(SelfMetric::kSourceLagBytes, {"app"}, 7).metric[0].gauge.value, 7);
}

TEST(StoreMetrics, TellTheBudgets) {
  TestClock clock;
  Store store({CounterFamily("c_total", {"x"}, 2)}, clock);
  Shard& shard = store.AddShard();
  for (const char* x : {"1", "2", "3", "4", "4"}) shard.Increment(CellOf(shard, 0, {x}));
  std::map<std::string, double> values;
  for (const prometheus::MetricFamily& family : CollectStoreMetrics(store)) {
    const prometheus::ClientMetric& metric = family.metric.at(0);
    values[family.name] = family.type == Type::Counter ? metric.counter.value : metric.gauge.value;
  }
  EXPECT_EQ(values["logmill_series"], 2);
  EXPECT_EQ(values["logmill_series_limit"], 2);
  EXPECT_EQ(values["logmill_series_overflow_total"], 3);
  EXPECT_EQ(values["logmill_series_memory_bytes"], static_cast<double>(store.MemoryBytes()));
}

TEST(SelfMetrics, HistogramsAreCumulative) {
  auto family = MakeFamily(SelfMetric::kSourceLagSeconds);
  const std::vector<double> bounds{1, 5};
  const std::vector<uint64_t> counts{2, 0, 3};
  AddHistogram(family, SelfMetric::kSourceLagSeconds, {"app"}, bounds, counts, 40);
  const auto& histogram = family.metric[0].histogram;
  EXPECT_EQ(histogram.sample_count, 5U);
  EXPECT_EQ(histogram.sample_sum, 40);
  ASSERT_EQ(histogram.bucket.size(), 3U);
  EXPECT_EQ(histogram.bucket[0].cumulative_count, 2U);
  EXPECT_EQ(histogram.bucket[1].cumulative_count, 2U);
  EXPECT_EQ(histogram.bucket[2].cumulative_count, 5U);
}

}  // namespace
}  // namespace logmill
