#include "collectors/family_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "collectors/postgres_activity_metrics.h"
#include "collectors/redis_activity_metrics.h"
#include "tests/collectors/collected_series.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Type = prometheus::MetricType;

constexpr MetricInfo kTable[] = {
    {"one", Type::Gauge, "", "One."}, {"two_total", Type::Counter, "first second", "Two."}, {"three", Type::Gauge, "x", "Three."}};

TEST(FamilyTable, FillsRowsInAnyOrder) {
  FamilyTable table(kTable);
  table.Add(2, {"c"}, 3);
  table.Add(1, {"a", "b"}, 2);
  table.Add(1, {"a", ""}, 4);
  const Families families = table.Take();
  ASSERT_EQ(families.size(), 2u);
  EXPECT_EQ(families[0].name, "two_total");
  EXPECT_EQ(families[0].help, "Two.");
  EXPECT_EQ(families[0].type, Type::Counter);
  using Label = prometheus::ClientMetric::Label;
  EXPECT_THAT(families[0].metric[0].label, ElementsAre(Label{"first", "a"}, Label{"second", "b"}));
  EXPECT_THAT(testing::SeriesOf(families), ElementsAre(Pair("three c", 3), Pair("two_total a ", 4), Pair("two_total a b", 2)));
}

// A row of the page's tables: | `name` | type | labels | meaning |
std::string Row(const MetricInfo& metric) {
  std::string row = "| `" + std::string(metric.name) + "` | " + (metric.type == Type::Counter ? "counter" : "gauge") + " |";
  std::string names(metric.labels);
  for (size_t space = 0; !names.empty(); names.erase(0, space == std::string::npos ? space : space + 1)) {
    space = names.find(' ');
    row += " `" + names.substr(0, space) + '`';
  }
  return row + " | " + std::string(metric.help) + " |";
}

std::vector<MetricInfo> AllMetrics() {
  std::vector<MetricInfo> metrics(PostgresMetrics().begin(), PostgresMetrics().end());
  metrics.insert(metrics.end(), RedisMetrics().begin(), RedisMetrics().end());
  return metrics;
}

TEST(IoMetrics, TablesAndPageAreTheSame) {
  std::ifstream page(std::string(LOGMILL_SOURCE_DIR) + "/docs/io.md");
  std::vector<std::string> documented;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| `")) documented.push_back(line);
  }
  std::vector<std::string> rows;
  for (const MetricInfo& metric : AllMetrics()) rows.push_back(Row(metric));
  EXPECT_EQ(documented, rows);
}

TEST(IoMetrics, NamesFollowTheRules) {
  std::set<std::string_view> names;
  for (const MetricInfo& metric : AllMetrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_TRUE(metric.name.starts_with("postgres_server_") || metric.name.starts_with("redis_server_")) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == Type::Counter) << metric.name;
    EXPECT_TRUE(metric.help.ends_with(".")) << metric.name;
  }
}

}  // namespace
}  // namespace logmill
