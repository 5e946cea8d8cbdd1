// What a collector gave, as tests like to look at it.
#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <string>
#include <thread>

#include "collectors/collector.h"
#include "collectors/families.h"

namespace logmill::testing {

// By name and label values: "redis_server_keys 0", "redis_server_uptime_seconds".
using Series = std::map<std::string, double>;

inline Series SeriesOf(const Families& families) {
  Series series;
  for (const prometheus::MetricFamily& family : families) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      std::string key = family.name;
      for (const auto& label : metric.label) key += ' ' + label.value;
      const double value = family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
      if (!series.emplace(key, value).second) series[key + " twice"] = value;
    }
  }
  return series;
}

// A refresh's series on the API port. Errors are a series of that name, so that the test shows them.
inline Series SeriesOf(const std::expected<Collected, std::string>& collected) {
  if (!collected) return {{"error: " + collected.error(), 1}};
  return SeriesOf(collected->families[IndexOf(Endpoint::kApi)]);
}

// Refreshes until `holds(series)`, or for very long; the last series.
template <typename Holds>
Series CollectUntil(Collector& collector, const Holds& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (;;) {
    Series series = SeriesOf(collector.Collect());
    if (holds(series) || std::chrono::steady_clock::now() > end) return series;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

inline bool HasMetric(const Series& series, const std::string& name) {
  const auto found = series.lower_bound(name);
  return found != series.end() && (found->first == name || found->first.starts_with(name + ' '));
}

}  // namespace logmill::testing
