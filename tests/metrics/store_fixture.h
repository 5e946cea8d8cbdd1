// A store on a clock that the test sets, and the words its tests are told in.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "metrics/store.h"

namespace logmill {

class TestClock : public Clock {
 public:
  [[nodiscard]] int64_t UnixMillis() const override { return now_ms; }
  [[nodiscard]] std::chrono::nanoseconds Monotonic() const override { return std::chrono::milliseconds(now_ms); }

  int64_t now_ms = 1'766'533'331'507;
};

inline FamilySpec CounterFamily(std::string name, std::vector<std::string> labels, uint32_t max_series = 1000) {
  return {.name = std::move(name), .help = "A counter.", .label_names = std::move(labels), .max_series = max_series};
}

inline FamilySpec GaugeFamily(std::string name, std::vector<std::string> labels, uint32_t max_series = 1000) {
  FamilySpec spec = CounterFamily(std::move(name), std::move(labels), max_series);
  spec.type = MetricType::kGauge;
  return spec;
}

inline FamilySpec HistogramFamily(std::string name, std::vector<std::string> labels, std::vector<double> buckets,
                                  uint32_t max_series = 1000) {
  FamilySpec spec = CounterFamily(std::move(name), std::move(labels), max_series);
  spec.type = MetricType::kHistogram;
  spec.buckets = std::move(buckets);
  return spec;
}

inline Shard::Cell* CellOf(Shard& shard, FamilyId family, std::initializer_list<std::string_view> values) {
  const LabelValues list(values.begin(), values.size());
  Shard::Cell* cell = shard.Find(family, list);
  return cell != nullptr ? cell : shard.FindOrAdd(family, list);
}

// A series, copied out of a visit.
struct SeriesCopy {
  std::string labels;
  int64_t created_ms;
  double value;
  uint64_t count;
  std::vector<uint64_t> buckets;

  friend bool operator==(const SeriesCopy&, const SeriesCopy&) = default;
};

inline std::vector<SeriesCopy> SeriesOf(const Store& store, FamilyId family) {
  std::vector<SeriesCopy> list;
  store.Visit(family, [&list](const SeriesView& view) {
    list.push_back({std::string(view.labels), view.created_ms, view.value, view.count, {view.buckets.begin(), view.buckets.end()}});
  });
  return list;
}

// Labels and values only.
inline std::vector<std::pair<std::string, double>> ValuesOf(const Store& store, FamilyId family) {
  std::vector<std::pair<std::string, double>> list;
  for (const SeriesCopy& series : SeriesOf(store, family)) list.emplace_back(series.labels, series.value);
  return list;
}

}  // namespace logmill
