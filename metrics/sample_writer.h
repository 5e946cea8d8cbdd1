// The sample lines of one series after another, all of one family.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/negotiation.h"
#include "metrics/store.h"

namespace logmill {

// A family's name as its samples begin: in OpenMetrics, counters are without `_total` here.
std::string FamilyName(std::string_view metric, prometheus::MetricType type, ExpositionFormat format);
// The names that samples of the family may have.
std::vector<std::string> SampleNames(const std::string& family, prometheus::MetricType type, ExpositionFormat format);

// Appends to a string that the caller owns. `labels` are always rendered and escaped.
class SampleWriter {
 public:
  // `bounds`: those of the store's histogram, empty for other families.
  SampleWriter(std::string& out, const std::string& family, prometheus::MetricType type, ExpositionFormat format,
               std::span<const double> bounds = {});

  // A series of the store: a counter, gauge or histogram.
  void Write(const SeriesView& series);
  // A series of a collector: any type. It has no creation time.
  void Write(std::string_view labels, const prometheus::ClientMetric& metric);

 private:
  void Name(std::string_view suffix, std::string_view labels);
  void Line(std::string_view suffix, std::string_view labels, double value);
  void CountLine(std::string_view suffix, std::string_view labels, uint64_t value);
  void BucketLine(std::string_view labels, std::string_view bound, uint64_t cumulative);
  void Created(std::string_view labels, int64_t unix_ms);
  void WriteHistogram(const SeriesView& series);
  void WriteHistogram(std::string_view labels, const prometheus::ClientMetric::Histogram& histogram);
  void WriteSummary(std::string_view labels, const prometheus::ClientMetric::Summary& summary);
  void SumAndCount(std::string_view labels, double sum, uint64_t count, bool negative_bounds);

  std::string& out_;
  const std::string family_;
  const prometheus::MetricType type_;
  const bool openmetrics_;
  const std::string_view counter_suffix_;
  std::vector<std::string> bounds_;  // of the store's histogram, with +Inf, as text
  bool negative_bounds_ = false;
};

}  // namespace logmill
