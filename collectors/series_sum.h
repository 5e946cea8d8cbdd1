// Two series of one family made one.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

namespace logmill {

// Adds `part` to `sum`, both sound (page_parser.h) and of a family of this type; the labels of `sum` stay.
//   counter, gauge, untyped  the values
//   histogram                counts and sums, at the bounds that both have
//   summary                  counts and sums; quantiles cannot be added up and are left out
void AddSeries(prometheus::MetricType type, const prometheus::ClientMetric& part, prometheus::ClientMetric& sum);

}  // namespace logmill
