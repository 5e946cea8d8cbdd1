#include "rules/metric_init.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/filters.h"
#include "rules/wording.h"

namespace logmill {
namespace {

constexpr size_t kMaxInit = 10'000;

using Row = std::vector<std::string>;

// The values that a label can have because its last filter is enum; empty when anything is possible.
std::vector<std::string_view> PossibleValues(const LabelTemplate& label) {
  if (label.filters.empty() || FilterTable()[label.filters.back().filter].name != "enum") return {};
  const auto& arguments = label.filters.back().arguments;
  std::vector<std::string_view> values(arguments.begin(), arguments.end());
  values.push_back("other");
  return values;
}

std::vector<std::string> ReadValues(const YamlValue& value, const LabelTemplate& label) {
  const auto possible = PossibleValues(label);
  std::vector<std::string> values;
  for (const YamlValue& item : value.OneOrMore()) {
    const auto text = item.Text();
    if (!text) continue;
    const bool fits = possible.empty() || std::find(possible.begin(), possible.end(), *text) != possible.end();
    if (!fits) item.Error("the label's enum never gives " + Quote(*text) + DidYouMean(*text, possible));
    values.push_back(*text);
  }
  if (value.is_list() && value.node().items.empty()) value.Error("the list is empty");
  return values;
}

// One label map: the values of each label, in the order of label_names; empty after an error.
std::vector<std::vector<std::string>> ReadLabelMap(const YamlValue& value, const MetricSpec& metric) {
  const size_t errors = value.diagnostics().error_count();
  YamlMap map(value);
  std::vector<std::vector<std::string>> columns;
  for (size_t i = 0; i < metric.labels.size(); ++i) {
    const auto entry = map.Require(metric.family.label_names[i]);
    columns.push_back(entry ? ReadValues(*entry, metric.labels[i]) : std::vector<std::string>());
  }
  map.Done();
  if (value.diagnostics().error_count() != errors) columns.clear();
  return columns;
}

// Rows of the product; more than `most` need not be counted.
size_t ProductSize(const std::vector<std::vector<std::string>>& columns, size_t most) {
  size_t rows = columns.empty() ? 0 : 1;
  for (const auto& column : columns) rows = std::min(rows * column.size(), most + 1);
  return rows;
}

void AddProduct(const std::vector<std::vector<std::string>>& columns, std::set<Row>& seen, std::vector<Row>& rows) {
  std::vector<size_t> index(columns.size(), 0);
  const size_t count = ProductSize(columns, SIZE_MAX - 1);
  for (size_t n = 0; n < count; ++n) {
    Row row;
    for (size_t i = 0; i < columns.size(); ++i) row.push_back(columns[i][index[i]]);
    if (seen.insert(row).second) rows.push_back(std::move(row));
    for (size_t i = columns.size(); i-- > 0;) {
      if (++index[i] < columns[i].size()) break;
      index[i] = 0;
    }
  }
}

}  // namespace

void ReadInit(const YamlValue& init, MetricSpec& metric) {
  if (metric.labels.empty()) return init.Error("a metric without labels exists at 0 by itself; leave init out");
  const size_t most = std::min<size_t>(metric.family.max_series, kMaxInit);
  const std::string_view limit =
      most == kMaxInit ? "init makes too many series; the most is " : "init makes more series than max_series allows: ";
  std::set<Row> seen;
  for (const YamlValue& item : init.List()) {
    const auto columns = ReadLabelMap(item, metric);
    if (seen.size() + ProductSize(columns, most) > most) return item.Error(std::string(limit) + std::to_string(most));
    AddProduct(columns, seen, metric.family.init);
  }
}

}  // namespace logmill
