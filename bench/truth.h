// What a generated log holds, counted while it is written: the numbers that every program has to find in it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace logmill::bench {

// The rule sets of bench/rules. kW3 has the metrics of kW2 and its own; kW1, the records by level and context, is part of both.
enum class Workload : uint8_t { kW2, kW3 };

// Values are whole numbers of hundredths (12.34 is 1234), so that sums are exact.
class Truth {
 public:
  void AddLine(size_t bytes);
  // A JSON record; `context` is the label value that it counts under.
  void AddRecord(std::string_view level, std::string_view context);

  // `labels` is rendered as in the exposition, names in alphabetical order: `method="GET",status="2xx"`. Metric names, levels and
  // contexts are kept as views: they are string literals.
  void Add(Workload workload, std::string_view counter, std::string_view labels, int64_t hundredths = 100);
  void Set(Workload workload, std::string_view gauge, std::string_view labels, int64_t hundredths);
  // `buckets`: upper bounds, ascending; kept as a view.
  void Observe(Workload workload, std::string_view histogram, std::string_view labels, std::span<const int> buckets, int64_t hundredths);

  [[nodiscard]] uint64_t lines() const { return lines_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

  // {"seed","lines","bytes","json_records","records":[{level,context,count}...],"W2":{sample:value},"W3":{sample:value}}, where a
  // sample is written as in the Prometheus text format, histograms as _bucket, _sum and _count, and a value is a decimal in a string.
  // "W3" holds only what W2 does not have.
  [[nodiscard]] std::string ToJson(uint64_t seed) const;

 private:
  using Key = std::pair<std::string_view, std::string>;  // metric, labels

  struct Histogram {
    std::span<const int> buckets;
    std::vector<int64_t> counts;  // by bucket, not cumulative, the last one is +Inf
    int64_t sum = 0;
  };

  struct Metrics {
    std::map<Key, int64_t> values;  // counters and gauges
    std::map<Key, Histogram> histograms;
  };

  [[nodiscard]] std::string RecordsJson() const;
  [[nodiscard]] static std::string MetricsJson(const Metrics& metrics);

  uint64_t lines_ = 0;
  uint64_t bytes_ = 0;
  uint64_t json_records_ = 0;
  std::map<std::pair<std::string_view, std::string_view>, uint64_t> records_;  // by level and context
  Metrics metrics_[2];                                                         // by Workload
};

}  // namespace logmill::bench
