// What a log-derived metric is: fixed when the rules are compiled, before the first line is read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/telemetry.h"

namespace logmill {

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

// Index into the vector that the Store was made with.
using FamilyId = uint32_t;

struct FamilySpec {
  std::string name{};  // valid Prometheus metric name, unique in a Store
  std::string help{};  // any UTF-8 text
  MetricType type = MetricType::kCounter;
  Endpoint endpoint = Endpoint::kApi;
  std::vector<std::string> label_names{};  // in the order in which label values are given; never "le"
  std::vector<double> buckets{};           // histograms: upper bounds, ascending, finite, without +Inf
  // Series that may exist besides the overflow series. What comes after goes to the series whose labels all have the
  // value kOverflowValue, so that sums stay right.
  uint32_t max_series = 1000;
  // Label value lists that exist at 0 from the start, each as long as label_names. They count in the budget, but are never refused.
  // A family without labels always has its series.
  std::vector<std::vector<std::string>> init{};
};

// Label value of the series that takes what exceeds `max_series`.
inline constexpr char kOverflowValue[] = "_overflow";

}  // namespace logmill
