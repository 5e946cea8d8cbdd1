// Building metric families in few words.
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace logmill {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// A new family without series, at the end of `families`; valid until the next one is added.
prometheus::MetricFamily& AddFamily(Families& families, std::string_view name, std::string_view help,
                                    prometheus::MetricType type = prometheus::MetricType::Gauge);

// A series of a gauge or counter.
void AddSample(prometheus::MetricFamily& family, Labels labels, double value);

// A family of one series without labels.
void AddValue(Families& families, std::string_view name, std::string_view help, double value,
              prometheus::MetricType type = prometheus::MetricType::Gauge);

}  // namespace logmill
