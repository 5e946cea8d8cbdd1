#include "daemon/shipping_metrics.h"

#include <map>
#include <span>
#include <string>
#include <utility>

#include "metrics/self_metrics.h"

namespace logmill {
namespace {

using prometheus::MetricFamily;
using Families = std::vector<MetricFamily>;

double Plain(uint64_t number) { return static_cast<double>(number); }

// One family with a series a destination, or several.
template <typename AddSeries>
void AddFamily(Families& families, SelfMetric metric, const Shipping& shipping, const std::vector<ShipStats>& all, const AddSeries& add) {
  MetricFamily family = MakeFamily(metric);
  for (size_t i = 0; i < all.size(); ++i) add(family, metric, shipping.shippers()[i]->name(), all[i]);
  families.push_back(std::move(family));
}

void AddRecords(MetricFamily& family, SelfMetric metric, const std::string& name, const ShipStats& stats) {
  const std::pair<const char*, uint64_t> outcomes[] = {
      {"sent", stats.sent},         {"refused", stats.refused}, {"dropped_full", stats.dropped_full}, {"dropped_old", stats.dropped_old},
      {"filtered", stats.filtered}, {"damaged", stats.damaged}};
  for (const auto& [outcome, records] : outcomes) AddSample(family, metric, {name, outcome}, Plain(records));
}

void AddRequests(MetricFamily& family, SelfMetric metric, const std::string& name, const ShipStats& stats) {
  const std::pair<const char*, uint64_t> outcomes[] = {
      {"ok", stats.ok}, {"retry", stats.retried}, {"split", stats.split}, {"refused", stats.refused_requests}};
  for (const auto& [outcome, requests] : outcomes) AddSample(family, metric, {name, outcome}, Plain(requests));
}

void AddRetries(MetricFamily& family, SelfMetric metric, const std::string& name, const ShipStats& stats) {
  for (size_t reason = 0; reason < kRetryReasons; ++reason) {
    AddSample(family, metric, {name, RetryReasonName(static_cast<RetryReason>(reason))}, Plain(stats.retries[reason]));
  }
}

void AddHistograms(Families& families, const Shipping& shipping, const std::vector<ShipStats>& all) {
  AddFamily(families, SelfMetric::kShipBatchRecords, shipping, all,
            [](auto& family, SelfMetric metric, const auto& name, const auto& stats) {
              AddHistogram(family, metric, {name}, ShipStats::kBatchBounds, stats.batch_records, Plain(stats.batch_records_sum));
            });
  AddFamily(families, SelfMetric::kShipRequestDurationSeconds, shipping, all,
            [](auto& family, SelfMetric metric, const auto& name, const auto& stats) {
              AddHistogram(family, metric, {name}, ShipStats::kDurationBounds, stats.durations, stats.durations_sum);
            });
}

void AddGauge(Families& families, SelfMetric metric, const Shipping& shipping, const std::vector<ShipStats>& all,
              double (*value)(const ShipStats&)) {
  AddFamily(families, metric, shipping, all,
            [value](auto& family, SelfMetric id, const auto& name, const auto& stats) { AddSample(family, id, {name}, value(stats)); });
}

void AddIntake(Families& families, const std::vector<std::unique_ptr<Worker>>& workers) {
  uint64_t appended = 0;
  uint64_t filtered = 0;
  uint64_t known = 0;
  uint64_t failed = 0;
  std::map<std::string, uint64_t> redactions;
  for (const auto& worker : workers) {
    const IntakeCounts& counts = worker->intake()->counts();
    appended += counts.appended;
    filtered += counts.filtered;
    known += counts.known;
    failed += counts.failed;
    for (const auto& [kind, count] : worker->intake()->Redactions()) redactions[kind] += count;
  }
  MetricFamily redacted = MakeFamily(SelfMetric::kShipRedactions);
  for (const auto& [kind, count] : redactions) AddSample(redacted, SelfMetric::kShipRedactions, {kind}, Plain(count));
  if (!redactions.empty()) families.push_back(std::move(redacted));
  MetricFamily records = MakeFamily(SelfMetric::kSpoolRecords);
  const std::pair<const char*, uint64_t> outcomes[] = {
      {"appended", appended}, {"filtered", filtered}, {"known", known}, {"failed", failed}};
  for (const auto& [outcome, count] : outcomes) AddSample(records, SelfMetric::kSpoolRecords, {outcome}, Plain(count));
  families.push_back(std::move(records));
}

}  // namespace

Families CollectShipping(const Shipping& shipping, const std::vector<std::unique_ptr<Worker>>& workers, uint64_t max_bytes) {
  std::vector<ShipStats> all;
  for (const auto& shipper : shipping.shippers()) all.push_back(shipper->stats());
  Families families;
  AddFamily(families, SelfMetric::kShipRecords, shipping, all, AddRecords);
  AddFamily(families, SelfMetric::kShipRequests, shipping, all, AddRequests);
  AddFamily(families, SelfMetric::kShipRetries, shipping, all, AddRetries);
  AddGauge(families, SelfMetric::kShipBytes, shipping, all, [](const ShipStats& stats) { return Plain(stats.bytes); });
  AddHistograms(families, shipping, all);
  AddGauge(families, SelfMetric::kShipUp, shipping, all, [](const ShipStats& stats) { return stats.up ? 1.0 : 0.0; });
  AddGauge(families, SelfMetric::kShipBacklogRecords, shipping, all, [](const ShipStats& stats) { return Plain(stats.backlog_records); });
  AddGauge(families, SelfMetric::kShipBacklogBytes, shipping, all, [](const ShipStats& stats) { return Plain(stats.backlog_bytes); });
  AddGauge(families, SelfMetric::kShipBacklogOldestSeconds, shipping, all,
           [](const ShipStats& stats) { return stats.backlog_oldest_seconds; });
  AddIntake(families, workers);
  families.push_back(MakeFamily(SelfMetric::kSpoolBytes, {}, Plain(shipping.spool().bytes())));
  families.push_back(MakeFamily(SelfMetric::kSpoolLimitBytes, {}, Plain(max_bytes)));
  std::chrono::duration<double> blocked{0};
  for (const auto& worker : workers) blocked += worker->blocked_time();
  families.push_back(MakeFamily(SelfMetric::kSpoolBlockedSeconds, {}, blocked.count()));
  return families;
}

}  // namespace logmill
