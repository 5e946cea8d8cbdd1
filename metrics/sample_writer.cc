#include "metrics/sample_writer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/number_text.h"

namespace logmill {
namespace {

using prometheus::ClientMetric;
using Type = prometheus::MetricType;  // logmill has a MetricType of its own

constexpr std::string_view kTotal = "_total";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

std::string FamilyName(std::string_view metric, Type type, ExpositionFormat format) {
  if (format == ExpositionFormat::kOpenMetrics && type == Type::Counter && metric.ends_with(kTotal)) {
    metric.remove_suffix(kTotal.size());
  }
  return std::string(metric);
}

std::vector<std::string> SampleNames(const std::string& family, Type type, ExpositionFormat format) {
  const bool openmetrics = format == ExpositionFormat::kOpenMetrics;
  std::vector<std::string> names{family};
  if (type == Type::Counter && openmetrics) names.push_back(family + "_total");
  if (type == Type::Histogram) names.push_back(family + "_bucket");
  if (type == Type::Histogram || type == Type::Summary) {
    names.push_back(family + "_sum");
    names.push_back(family + "_count");
  }
  if ((type == Type::Counter || type == Type::Histogram) && openmetrics) names.push_back(family + "_created");
  return names;
}

SampleWriter::SampleWriter(std::string& out, const std::string& family, Type type, ExpositionFormat format, std::span<const double> bounds)
    : out_(out),
      family_(family),
      type_(type),
      openmetrics_(format == ExpositionFormat::kOpenMetrics),
      counter_suffix_(openmetrics_ ? kTotal : ""),
      negative_bounds_(!bounds.empty() && bounds[0] < 0) {
  for (const double bound : bounds) bounds_.push_back(BoundText(bound, openmetrics_));
  bounds_.push_back(BoundText(kInfinity, openmetrics_));
}

void SampleWriter::Write(const SeriesView& series) {
  if (type_ == Type::Gauge) return Line("", series.labels, series.value);
  if (type_ == Type::Counter) {
    Line(counter_suffix_, series.labels, series.value);
  } else {
    WriteHistogram(series);
  }
  Created(series.labels, series.created_ms);
}

void SampleWriter::Write(std::string_view labels, const ClientMetric& metric) {
  switch (type_) {
    case Type::Counter:
      return Line(counter_suffix_, labels, metric.counter.value);
    case Type::Gauge:
      return Line("", labels, metric.gauge.value);
    case Type::Untyped:
      return Line("", labels, metric.untyped.value);
    case Type::Summary:
      return WriteSummary(labels, metric.summary);
    case Type::Histogram:
      return WriteHistogram(labels, metric.histogram);
  }
}

void SampleWriter::Name(std::string_view suffix, std::string_view labels) {
  out_ += family_;
  out_ += suffix;
  if (!labels.empty()) {
    out_ += '{';
    out_ += labels;
    out_ += '}';
  }
  out_ += ' ';
}

void SampleWriter::Line(std::string_view suffix, std::string_view labels, double value) {
  Name(suffix, labels);
  AppendValue(out_, value);
  out_ += '\n';
}

void SampleWriter::CountLine(std::string_view suffix, std::string_view labels, uint64_t value) {
  Name(suffix, labels);
  AppendInteger(out_, value);
  out_ += '\n';
}

void SampleWriter::BucketLine(std::string_view labels, std::string_view bound, uint64_t cumulative) {
  out_ += family_;
  out_ += "_bucket{";
  out_ += labels;
  out_ += labels.empty() ? "le=\"" : ",le=\"";
  out_ += bound;
  out_ += "\"} ";
  AppendInteger(out_, cumulative);
  out_ += '\n';
}

void SampleWriter::Created(std::string_view labels, int64_t unix_ms) {
  if (!openmetrics_) return;
  Name("_created", labels);
  AppendSeconds(out_, unix_ms);
  out_ += '\n';
}

void SampleWriter::WriteHistogram(const SeriesView& series) {
  uint64_t cumulative = 0;
  for (size_t i = 0; i < bounds_.size(); ++i) {
    cumulative += series.buckets[i];
    BucketLine(series.labels, bounds_[i], cumulative);
  }
  SumAndCount(series.labels, series.value, series.count, negative_bounds_);
}

void SampleWriter::WriteHistogram(std::string_view labels, const ClientMetric::Histogram& histogram) {
  bool negative = false;
  for (const ClientMetric::Bucket& bucket : histogram.bucket) {
    if (bucket.upper_bound == kInfinity) continue;
    negative = negative || bucket.upper_bound < 0;
    BucketLine(labels, BoundText(bucket.upper_bound, openmetrics_), bucket.cumulative_count);
  }
  BucketLine(labels, "+Inf", histogram.sample_count);
  SumAndCount(labels, histogram.sample_sum, histogram.sample_count, negative);
}

// OpenMetrics forbids both where buckets may be negative, for such a sum can fall.
void SampleWriter::SumAndCount(std::string_view labels, double sum, uint64_t count, bool negative_bounds) {
  if (openmetrics_ && negative_bounds) return;
  Line("_sum", labels, sum);
  CountLine("_count", labels, count);
}

void SampleWriter::WriteSummary(std::string_view labels, const ClientMetric::Summary& summary) {
  for (const ClientMetric::Quantile& quantile : summary.quantile) {
    const std::string bound = "quantile=\"" + BoundText(quantile.quantile, openmetrics_) + '"';
    Line("", labels.empty() ? bound : std::string(labels) + ',' + bound, quantile.value);
  }
  Line("_sum", labels, summary.sample_sum);
  CountLine("_count", labels, summary.sample_count);
}

}  // namespace logmill
