#include "daemon/self_collector.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "daemon/shipping_metrics.h"
#include "daemon/version.h"
#include "metrics/self_metrics.h"
#include "metrics/store_metrics.h"

namespace logmill {
namespace {

constexpr double kMillisPerSecond = 1000;

// Values added up by metric and labels: workers write theirs apart, the page shows the sum.
class FamilySet {
 public:
  void Add(SelfMetric metric, const std::vector<std::string_view>& labels, double value) {
    values_[{metric, {labels.begin(), labels.end()}}] += value;
  }
  void Add(SelfMetric metric, const std::vector<std::string_view>& labels, uint64_t value) {
    Add(metric, labels, static_cast<double>(value));
  }

  void MoveTo(std::vector<prometheus::MetricFamily>& out) const {
    std::optional<SelfMetric> current;
    for (const auto& [key, value] : values_) {
      const auto& [metric, labels] = key;
      if (current != metric) out.push_back(MakeFamily(metric));
      current = metric;
      AddSample(out.back(), metric, {labels.begin(), labels.end()}, value);
    }
  }

 private:
  std::map<std::pair<SelfMetric, std::vector<std::string>>, double> values_;
};

}  // namespace

std::vector<prometheus::MetricFamily> SelfCollector::Collect() const {
  Families families;
  families.push_back(MakeFamily(SelfMetric::kBuildInfo, {kVersion}, 1));
  families.push_back(MakeFamily(SelfMetric::kStartTimeSeconds, {}, static_cast<double>(started_ms_) / kMillisPerSecond));
  CollectSources(families);
  CollectReceivers(families);
  CollectRules(families);
  auto series = CollectStoreMetrics(parts_.store);
  std::move(series.begin(), series.end(), std::back_inserter(families));
  CollectCheckpoints(families);
  CollectCollectors(families);
  if (parts_.shipping != nullptr) {
    auto shipping = CollectShipping(*parts_.shipping, parts_.workers, parts_.spool_limit);
    std::move(shipping.begin(), shipping.end(), std::back_inserter(families));
  }
  CollectEndpoints(families);
  return families;
}

void SelfCollector::CollectSources(Families& families) const {
  FamilySet set;
  auto lag = MakeFamily(SelfMetric::kSourceLagSeconds);
  for (size_t i = 0; i < parts_.sources.size(); ++i) {
    const std::string& name = parts_.sources[i].name;
    std::array<uint64_t, LagHistogram::kBounds.size() + 1> lags{};
    uint64_t lag_sum_ms = 0;
    for (const auto& worker : parts_.workers) {
      const SourceState& source = worker->source(i);
      const Ledger ledger = source.published.Read();
      set.Add(SelfMetric::kBytesRead, {name}, ledger.bytes_read);
      set.Add(SelfMetric::kLines, {name}, ledger.lines_read);
      set.Add(SelfMetric::kLinesCut, {name}, ledger.lines_cut);
      set.Add(SelfMetric::kLinesJoined, {name}, ledger.lines_joined);
      set.Add(SelfMetric::kLinesSkipped, {name}, ledger.lines_skipped);
      set.Add(SelfMetric::kLinesPending, {name}, ledger.lines_pending);
      set.Add(SelfMetric::kRecords, {name, "json"}, ledger.records_json);
      set.Add(SelfMetric::kRecords, {name, "text"}, ledger.records_text);
      set.Add(SelfMetric::kRecords, {name, "console"}, ledger.records_console);
      for (size_t reject = 1; reject < ledger.rejected.size(); ++reject) {
        set.Add(SelfMetric::kRecordsRejected, {name, RejectName(static_cast<Reject>(reject))}, ledger.rejected[reject]);
      }
      set.Add(SelfMetric::kSourceLagBytes, {name}, ledger.lag_bytes);
      set.Add(SelfMetric::kSourceLostBytes, {name}, ledger.lost_bytes);
      set.Add(SelfMetric::kSourceLostFiles, {name}, ledger.lost_files);
      set.Add(SelfMetric::kSourceFiles, {name}, source.files);
      set.Add(SelfMetric::kSourceRotations, {name}, ledger.rotations);
      set.Add(SelfMetric::kSourceTruncations, {name}, ledger.truncations);
      set.Add(SelfMetric::kSourceErrors, {name}, ledger.read_errors);
      for (size_t bucket = 0; bucket < lags.size(); ++bucket) lags[bucket] += ledger.lag.buckets[bucket];
      lag_sum_ms += ledger.lag.sum_ms;
    }
    const bool is_file = std::holds_alternative<FileOptions>(parts_.sources[i].input);
    const bool replayable = is_file || (parts_.feeds[i] != nullptr && parts_.feeds[i]->replayable());
    set.Add(SelfMetric::kSourceReplayable, {name}, uint64_t{replayable});
    AddHistogram(lag, SelfMetric::kSourceLagSeconds, {name}, LagHistogram::kBounds, lags,
                 static_cast<double>(lag_sum_ms) / kMillisPerSecond);
  }
  set.MoveTo(families);
  if (!lag.metric.empty()) families.push_back(std::move(lag));
}

void SelfCollector::CollectReceivers(Families& families) const {
  FamilySet set;
  for (size_t i = 0; i < parts_.receivers.size(); ++i) {
    if (parts_.receivers[i] == nullptr) continue;
    const std::string& name = parts_.sources[i].name;
    if (const auto up = parts_.receivers[i]->up()) set.Add(SelfMetric::kSourceUp, {name}, uint64_t{*up});
    const ReceiverCounts& counts = parts_.receivers[i]->counts();
    set.Add(SelfMetric::kReceivedMessages, {name}, counts.messages);
    set.Add(SelfMetric::kReceivedMalformed, {name}, counts.malformed);
    set.Add(SelfMetric::kReceivedTooLong, {name}, counts.too_long);
    set.Add(SelfMetric::kReceivedDropped, {name}, counts.dropped);
    set.Add(SelfMetric::kReceivedRefused, {name}, counts.refused);
  }
  set.MoveTo(families);
}

void SelfCollector::CollectCheckpoints(Families& families) const {
  if (parts_.checkpointer == nullptr) return;
  const CheckpointStats& stats = parts_.checkpointer->stats();
  FamilySet set;
  set.Add(SelfMetric::kCheckpoints, {"ok"}, stats.written);
  set.Add(SelfMetric::kCheckpoints, {"error"}, stats.failed);
  set.Add(SelfMetric::kCheckpointSizeBytes, {}, stats.size_bytes);
  set.Add(SelfMetric::kCheckpointDurationSeconds, {}, stats.duration_seconds);
  set.Add(SelfMetric::kCheckpointTimestampSeconds, {}, static_cast<double>(stats.up_to_date_ms) / kMillisPerSecond);
  set.Add(SelfMetric::kCheckpointDamaged, {}, stats.damaged);
  set.Add(SelfMetric::kCheckpointSeriesDropped, {}, stats.dropped_series);
  set.MoveTo(families);
}

void SelfCollector::CollectCollectors(Families& families) const {
  FamilySet set;
  for (size_t i = 0; i < parts_.collectors.runners().size(); ++i) {
    const std::string& name = parts_.collectors.runners()[i]->name();
    const CollectorStats stats = parts_.collectors.runners()[i]->stats();
    set.Add(SelfMetric::kCollectorSuccess, {name}, uint64_t{stats.success});
    set.Add(SelfMetric::kCollectorDurationSeconds, {name}, stats.duration_seconds);
    set.Add(SelfMetric::kCollectorLastSuccessTimestampSeconds, {name}, static_cast<double>(stats.last_success_ms) / kMillisPerSecond);
    set.Add(SelfMetric::kCollectorRows, {name}, stats.rows);
    set.Add(SelfMetric::kCollectorAttempts, {name}, stats.attempts);
    set.Add(SelfMetric::kCollectorFailures, {name}, stats.failures);
    const ScrapeCollector* const scrape = parts_.collectors.scrape(i);
    if (scrape == nullptr) continue;
    const ScrapeNumbers numbers = scrape->numbers();
    set.Add(SelfMetric::kScrapeBytes, {name}, numbers.bytes);
    set.Add(SelfMetric::kScrapeSeries, {name}, numbers.series);
    for (const auto& [reason, count] : numbers.left_out) set.Add(SelfMetric::kScrapeLeftOut, {name, reason}, count);
    set.Add(SelfMetric::kScrapeFamiliesShadowed, {name}, uint64_t{parts_.collectors.shadowed(i)});
  }
  set.MoveTo(families);
}

void SelfCollector::CollectRules(Families& families) const {
  FamilySet set;
  for (const auto& worker : parts_.workers) {
    for (RuleId id = 0; id < parts_.rules.rules().size(); ++id) {
      set.Add(SelfMetric::kRuleMatches, {parts_.rules.rules()[id].name}, worker->matcher().stats(id).matches);
      set.Add(SelfMetric::kRuleValueErrors, {parts_.rules.rules()[id].name}, worker->matcher().stats(id).value_errors);
    }
    for (size_t kind = 1; kind < kPrivateKinds; ++kind) {
      const auto private_kind = static_cast<PrivateKind>(kind);
      set.Add(SelfMetric::kLabelValuesReplaced, {PrivateKindName(private_kind)}, worker->matcher().replaced(private_kind));
    }
  }
  set.MoveTo(families);
}

void SelfCollector::CollectEndpoints(Families& families) const {
  FamilySet set;
  double seconds = 0;
  for (const auto& endpoint : parts_.endpoints) {
    for (const auto& [code, count] : endpoint->RequestsByCode()) set.Add(SelfMetric::kHttpRequests, {std::to_string(code)}, count);
    seconds = std::max(seconds, std::chrono::duration<double>(endpoint->last_render_time()).count());
  }
  set.Add(SelfMetric::kScrapeDurationSeconds, {}, seconds);
  set.MoveTo(families);
}

}  // namespace logmill
