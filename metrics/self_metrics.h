// Our own metrics, logmill_*: one table of all that exist, so that their names, labels and documentation cannot drift apart.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace logmill {

// In the order of the table and of docs/self-metrics.md.
enum class SelfMetric : uint8_t {
  kBuildInfo,
  kStartTimeSeconds,
  kBytesRead,
  kLines,
  kLinesCut,
  kLinesJoined,
  kLinesSkipped,
  kLinesPending,
  kRecords,
  kRecordsRejected,
  kSourceLagBytes,
  kSourceLagSeconds,
  kSourceLostBytes,
  kSourceLostFiles,
  kSourceReplayable,
  kSourceFiles,
  kSourceRotations,
  kSourceTruncations,
  kSourceErrors,
  kSourceUp,
  kReceivedMessages,
  kReceivedMalformed,
  kReceivedTooLong,
  kReceivedDropped,
  kReceivedRefused,
  kRuleMatches,
  kRuleValueErrors,
  kLabelValuesReplaced,
  kSeries,
  kSeriesLimit,
  kSeriesOverflow,
  kSeriesMemoryBytes,
  kCheckpoints,
  kCheckpointSizeBytes,
  kCheckpointDurationSeconds,
  kCheckpointTimestampSeconds,
  kCheckpointDamaged,
  kCheckpointSeriesDropped,
  kCollectorSuccess,
  kCollectorDurationSeconds,
  kCollectorLastSuccessTimestampSeconds,
  kCollectorRows,
  kCollectorAttempts,
  kCollectorFailures,
  kScrapeBytes,
  kScrapeSeries,
  kScrapeLeftOut,
  kScrapeFamiliesShadowed,
  kShipRecords,
  kShipRequests,
  kShipRetries,
  kShipBytes,
  kShipBatchRecords,
  kShipRequestDurationSeconds,
  kShipUp,
  kShipBacklogRecords,
  kShipBacklogBytes,
  kShipBacklogOldestSeconds,
  kShipRedactions,
  kSpoolRecords,
  kSpoolBytes,
  kSpoolLimitBytes,
  kSpoolBlockedSeconds,
  kHttpRequests,
  kScrapeDurationSeconds,
  kExpositionProblems,
};

struct SelfMetricInfo {
  SelfMetric id;
  std::string_view name;
  prometheus::MetricType type;  // Counter, Gauge or Histogram
  std::string_view help;
  std::array<std::string_view, 2> label_slots;  // the names, then ""

  [[nodiscard]] constexpr std::span<const std::string_view> labels() const {
    return std::span(label_slots).first(label_slots[0].empty() ? 0 : label_slots[1].empty() ? 1 : 2);
  }
};

// The table; the i-th row describes the i-th SelfMetric.
std::span<const SelfMetricInfo> SelfMetrics();
const SelfMetricInfo& Describe(SelfMetric metric);

// The metric's family, without series yet.
prometheus::MetricFamily MakeFamily(SelfMetric metric);

// Adds a series to the family of `metric`; as many label values as the metric has labels, in the table's order.
void AddSample(prometheus::MetricFamily& family, SelfMetric metric, const std::vector<std::string_view>& label_values, double value);

// The same for a histogram: observations by bucket, not cumulative, one more than there are bounds.
void AddHistogram(prometheus::MetricFamily& family, SelfMetric metric, const std::vector<std::string_view>& label_values,
                  std::span<const double> bounds, std::span<const uint64_t> counts, double sum);

// A family with this one series.
prometheus::MetricFamily MakeFamily(SelfMetric metric, const std::vector<std::string_view>& label_values, double value);

}  // namespace logmill
