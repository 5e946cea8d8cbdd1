#include "metrics/self_metrics.h"

#include <array>
#include <cassert>
#include <limits>
#include <string>

namespace logmill {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using Type = prometheus::MetricType;
using enum SelfMetric;

constexpr size_t kCount = static_cast<size_t>(kExpositionProblems) + 1;

constexpr std::array<SelfMetricInfo, kCount> kTable{{
    {kBuildInfo, "logmill_build_info", Type::Gauge, "The version of the program; always 1.", {"version"}},
    {kStartTimeSeconds, "logmill_start_time_seconds", Type::Gauge, "Unix time at which the program started.", {}},
    {kBytesRead, "logmill_bytes_read_total", Type::Counter, "Bytes read from a source.", {"source"}},
    {kLines, "logmill_lines_total", Type::Counter, "Lines read from a source, empty ones included.", {"source"}},
    {kLinesCut,
     "logmill_lines_cut_total",
     Type::Counter,
     "Lines that were longer than the limit, of which only the beginning was used.",
     {"source"}},
    {kLinesJoined,
     "logmill_lines_joined_total",
     Type::Counter,
     "Lines that became part of the record of a line before: continuation lines, and parts of one long line.",
     {"source"}},
    {kLinesSkipped,
     "logmill_lines_skipped_total",
     Type::Counter,
     "Rests of lines that had been counted because their newline did not come for a long time.",
     {"source"}},
    {kLinesPending,
     "logmill_lines_pending",
     Type::Gauge,
     "Lines that were read and may go on; they count once that is decided.",
     {"source"}},
    {kRecords,
     "logmill_records_total",
     Type::Counter,
     "Records decoded from a source, by format: json, text or console.",
     {"source", "format"}},
    {kRecordsRejected, "logmill_records_rejected_total", Type::Counter, "Lines that gave no record, by reason.", {"source", "reason"}},
    {kSourceLagBytes, "logmill_source_lag_bytes", Type::Gauge, "Bytes of a source that exist and are not read yet.", {"source"}},
    {kSourceLagSeconds,
     "logmill_source_lag_seconds",
     Type::Histogram,
     "Time from a record's timestamp to when it was counted; records without a timestamp are left out, one of more than a year counts as a "
     "year.",
     {"source"}},
    {kSourceLostBytes,
     "logmill_source_lost_bytes_total",
     Type::Counter,
     "Bytes that were known to be in a file and were gone before they were read: unlinked or truncated.",
     {"source"}},
    {kSourceLostFiles, "logmill_source_lost_files_total", Type::Counter, "Files that bytes were lost of.", {"source"}},
    {kSourceReplayable,
     "logmill_source_replayable",
     Type::Gauge,
     "1 when what is read after a checkpoint is read again after a crash; 0 for what cannot be read twice: standard input, syslog, HTTP.",
     {"source"}},
    {kSourceFiles, "logmill_source_files", Type::Gauge, "Files of a source that are open.", {"source"}},
    {kSourceRotations,
     "logmill_source_rotations_total",
     Type::Counter,
     "Times that a new file took the name of one that was being read.",
     {"source"}},
    {kSourceTruncations,
     "logmill_source_truncations_total",
     Type::Counter,
     "Times that a file became shorter than what had been read of it.",
     {"source"}},
    {kSourceErrors, "logmill_source_errors_total", Type::Counter, "Failed attempts to open or read a source.", {"source"}},
    {kSourceUp,
     "logmill_source_up",
     Type::Gauge,
     "1 while what a source reads from (a Docker engine, a journal) can be reached, 0 while it cannot; other sources have none.",
     {"source"}},
    {kReceivedMessages,
     "logmill_received_messages_total",
     Type::Counter,
     "Messages that the receiver of a source (Docker, journald, syslog, HTTP) took in since the start.",
     {"source"}},
    {kReceivedMalformed,
     "logmill_received_malformed_total",
     Type::Counter,
     "Received messages that were not in the form that they should have; they count as text.",
     {"source"}},
    {kReceivedTooLong, "logmill_received_too_long_total", Type::Counter, "Received messages that were cut at the limit.", {"source"}},
    {kReceivedDropped,
     "logmill_received_dropped_total",
     Type::Counter,
     "Messages that came and were lost, because there was no room for them (syslog over UDP).",
     {"source"}},
    {kReceivedRefused,
     "logmill_received_refused_total",
     Type::Counter,
     "Connections and requests that were turned away; nothing of them was taken, and their senders know.",
     {"source"}},
    {kRuleMatches, "logmill_rule_matches_total", Type::Counter, "Records that a rule matched.", {"rule"}},
    {kRuleValueErrors,
     "logmill_rule_value_errors_total",
     Type::Counter,
     "Metrics of a rule that were skipped for a record because their value was no finite number, or a counter's was below 0.",
     {"rule"}},
    {kLabelValuesReplaced,
     "logmill_label_values_replaced_total",
     Type::Counter,
     "Label values that the privacy guard replaced, by what they looked like.",
     {"kind"}},
    {kSeries, "logmill_series", Type::Gauge, "Series that a log-derived metric has, without its overflow series.", {"metric"}},
    {kSeriesLimit, "logmill_series_limit", Type::Gauge, "Series that a log-derived metric may have.", {"metric"}},
    {kSeriesOverflow,
     "logmill_series_overflow_total",
     Type::Counter,
     "Values that went to a metric's overflow series because its limit was reached.",
     {"metric"}},
    {kSeriesMemoryBytes, "logmill_series_memory_bytes", Type::Gauge, "Memory held by all series of log-derived metrics, about.", {}},
    {kCheckpoints, "logmill_checkpoints_total", Type::Counter, "Checkpoints written, or not, by result: ok or error.", {"result"}},
    {kCheckpointSizeBytes, "logmill_checkpoint_size_bytes", Type::Gauge, "Size of the last checkpoint.", {}},
    {kCheckpointDurationSeconds,
     "logmill_checkpoint_duration_seconds",
     Type::Gauge,
     "How long the last checkpoint took, from the capture to the disk; reading goes on meanwhile.",
     {}},
    {kCheckpointTimestampSeconds,
     "logmill_checkpoint_timestamp_seconds",
     Type::Gauge,
     "Unix time at which the checkpoint on disk was last known to hold everything; 0: never.",
     {}},
    {kCheckpointDamaged, "logmill_checkpoint_damaged_total", Type::Counter, "Checkpoints found damaged at the start and set aside.", {}},
    {kCheckpointSeriesDropped,
     "logmill_checkpoint_series_dropped",
     Type::Gauge,
     "Series of the checkpoint that the start left out, since their rules changed or are gone.",
     {}},
    {kCollectorSuccess,
     "logmill_collector_success",
     Type::Gauge,
     "1 when the last refresh of a collector succeeded; 0 when it failed, and before the first.",
     {"collector"}},
    {kCollectorDurationSeconds,
     "logmill_collector_duration_seconds",
     Type::Gauge,
     "How long the last refresh of a collector took, well or not.",
     {"collector"}},
    {kCollectorLastSuccessTimestampSeconds,
     "logmill_collector_last_success_timestamp_seconds",
     Type::Gauge,
     "Unix time at which a collector last succeeded; 0: never.",
     {"collector"}},
    {kCollectorRows,
     "logmill_collector_rows",
     Type::Gauge,
     "Rows, answers or samples that the other side gave at a collector's last success.",
     {"collector"}},
    {kCollectorAttempts,
     "logmill_collector_attempts_total",
     Type::Counter,
     "Refreshes of a collector that ended, well or not.",
     {"collector"}},
    {kCollectorFailures, "logmill_collector_failures_total", Type::Counter, "Refreshes of a collector that failed.", {"collector"}},
    {kScrapeBytes, "logmill_scrape_bytes", Type::Gauge, "Size of the last good page of a scrape, unpacked.", {"collector"}},
    {kScrapeSeries, "logmill_scrape_series", Type::Gauge, "Series of the last good page of a scrape that are shown.", {"collector"}},
    {kScrapeLeftOut,
     "logmill_scrape_left_out",
     Type::Gauge,
     "What was left out of the last good page of a scrape, or changed in it, by reason.",
     {"collector", "reason"}},
    {kScrapeFamiliesShadowed,
     "logmill_scrape_families_shadowed",
     Type::Gauge,
     "Metrics of a scrape left out of the last page that was shown, because Logmill has metrics of the same names itself.",
     {"collector"}},
    {kShipRecords,
     "logmill_ship_records_total",
     Type::Counter,
     "Records by what became of them: sent, refused, dropped_full, dropped_old, filtered or damaged.",
     {"destination", "outcome"}},
    {kShipRequests,
     "logmill_ship_requests_total",
     Type::Counter,
     "Attempts to hand a batch to a log store by outcome: ok, retry, split or refused. One may be several requests.",
     {"destination", "outcome"}},
    {kShipRetries, "logmill_ship_retries_total", Type::Counter, "Requests that are made again, by reason.", {"destination", "reason"}},
    {kShipBytes, "logmill_ship_bytes_total", Type::Counter, "Bytes of bodies that a log store took, as they were sent.", {"destination"}},
    {kShipBatchRecords, "logmill_ship_batch_records", Type::Histogram, "Records in a batch.", {"destination"}},
    {kShipRequestDurationSeconds,
     "logmill_ship_request_duration_seconds",
     Type::Histogram,
     "How long it took to hand over a batch, well or not.",
     {"destination"}},
    {kShipUp,
     "logmill_ship_up",
     Type::Gauge,
     "1 when a log store was well when last heard of: at the start, or when it took records; 0 when the last attempt failed, and before "
     "the first. A refusal says neither.",
     {"destination"}},
    {kShipBacklogRecords,
     "logmill_ship_backlog_records",
     Type::Gauge,
     "Records in the spool that a destination does not have yet.",
     {"destination"}},
    {kShipBacklogBytes,
     "logmill_ship_backlog_bytes",
     Type::Gauge,
     "Bytes of the spool that a destination does not have yet.",
     {"destination"}},
    {kShipBacklogOldestSeconds,
     "logmill_ship_backlog_oldest_seconds",
     Type::Gauge,
     "Age of the oldest record that a destination does not have yet; 0 when it has everything.",
     {"destination"}},
    {kShipRedactions,
     "logmill_ship_redactions_total",
     Type::Counter,
     "Words and values taken out of records before they were shipped, by kind.",
     {"kind"}},
    {kSpoolRecords,
     "logmill_spool_records_total",
     Type::Counter,
     "Records on their way into the spool, by outcome: appended, filtered, known (read again after a crash, and there already) or failed.",
     {"outcome"}},
    {kSpoolBytes, "logmill_spool_bytes", Type::Gauge, "Size of the spool on disk.", {}},
    {kSpoolLimitBytes, "logmill_spool_limit_bytes", Type::Gauge, "Bytes of the spool that a destination may be behind by default.", {}},
    {kSpoolBlockedSeconds,
     "logmill_spool_blocked_seconds_total",
     Type::Counter,
     "Time that reading waited for log stores (when_full: block), all workers together.",
     {}},
    {kHttpRequests, "logmill_http_requests_total", Type::Counter, "Answers of the program's own HTTP endpoints, by status code.", {"code"}},
    {kScrapeDurationSeconds,
     "logmill_scrape_duration_seconds",
     Type::Gauge,
     "How long the page of metrics before this one took to render.",
     {}},
    {kExpositionProblems,
     "logmill_exposition_problems",
     Type::Gauge,
     "Metrics and series left out of the page of metrics before this one because they contradict others.",
     {}},
}};

constexpr bool InOrder() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].id) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "the table has the order of SelfMetric");

ClientMetric& Labelled(MetricFamily& family, const SelfMetricInfo& info, const std::vector<std::string_view>& label_values) {
  assert(label_values.size() == info.labels().size());
  ClientMetric& sample = family.metric.emplace_back();
  for (size_t i = 0; i < info.labels().size(); ++i) {
    sample.label.push_back({std::string(info.labels()[i]), std::string(label_values[i])});
  }
  return sample;
}

}  // namespace

std::span<const SelfMetricInfo> SelfMetrics() { return kTable; }

const SelfMetricInfo& Describe(SelfMetric metric) { return kTable[static_cast<size_t>(metric)]; }

MetricFamily MakeFamily(SelfMetric metric) {
  const SelfMetricInfo& info = Describe(metric);
  return {std::string(info.name), std::string(info.help), info.type, {}};
}

void AddSample(MetricFamily& family, SelfMetric metric, const std::vector<std::string_view>& label_values, double value) {
  const SelfMetricInfo& info = Describe(metric);
  ClientMetric& sample = Labelled(family, info, label_values);
  if (info.type == Type::Counter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
}

void AddHistogram(MetricFamily& family, SelfMetric metric, const std::vector<std::string_view>& label_values,
                  std::span<const double> bounds, std::span<const uint64_t> counts, double sum) {
  ClientMetric& sample = Labelled(family, Describe(metric), label_values);
  sample.histogram.sample_sum = sum;
  for (size_t i = 0; i < counts.size(); ++i) {
    sample.histogram.sample_count += counts[i];
    sample.histogram.bucket.push_back(
        {sample.histogram.sample_count, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
  }
}

MetricFamily MakeFamily(SelfMetric metric, const std::vector<std::string_view>& label_values, double value) {
  MetricFamily family = MakeFamily(metric);
  AddSample(family, metric, label_values, value);
  return family;
}

}  // namespace logmill
