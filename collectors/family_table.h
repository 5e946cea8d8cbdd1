// Metrics that are named in one table, which also is what the documentation says about them.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>

#include "collectors/families.h"

namespace logmill {

// A row of a table of metrics.
struct MetricInfo {
  std::string_view name;
  prometheus::MetricType type;  // Gauge or Counter
  std::string_view labels;      // names, separated by single spaces; "": none
  std::string_view help;        // a sentence with its period
};

// The families of a table, filled in any order.
class FamilyTable {
 public:
  // `metrics` outlives it.
  explicit FamilyTable(std::span<const MetricInfo> metrics);

  // A series of the metric in row `metric`; as many label values as the row has names, and no series twice.
  void Add(size_t metric, std::initializer_list<std::string_view> label_values, double value);

  // In the table's order; metrics that got no series are left out. To be called once.
  Families Take();

 private:
  const std::span<const MetricInfo> metrics_;
  Families families_;  // by row
};

}  // namespace logmill
