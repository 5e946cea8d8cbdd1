// Names of metrics and labels: what Prometheus allows, and which names a metric takes for itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metrics/family.h"

namespace logmill {

// What is wrong with a name, or "".
std::string MetricNameProblem(std::string_view name);
std::string LabelNameProblem(std::string_view name, MetricType type);
// Names of rules and of bucket sets: letters, digits, `_`, `-`, `.`, begun by a letter or `_`, at most 100 bytes.
std::string PlainNameProblem(std::string_view name);

// All names that the metric has in an exposition, text or OpenMetrics, its own first: x_total, x, x_created for a counter x_total;
// x, x_count, x_sum, x_bucket, x_created for a histogram x. No two metrics may share one.
std::vector<std::string> ExposedNames(std::string_view name, MetricType type);

// "counter", "gauge", "histogram"
std::string_view MetricTypeName(MetricType type);

}  // namespace logmill
