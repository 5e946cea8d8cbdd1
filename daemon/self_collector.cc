#include "daemon/self_collector.h"

#include <map>

#include "daemon/version.h"
#include "metrics/self_metrics.h"
#include "metrics/store_metrics.h"

namespace logmill {
namespace {

constexpr double kMillisPerSecond = 1000;

// Families of one piece of code, filled a sample at a time, in the order in which they were first named.
class FamilySet {
 public:
  void Add(SelfMetric metric, std::initializer_list<std::string_view> labels, double value) {
    auto [at, added] = index_.try_emplace(metric, families_.size());
    if (added) families_.push_back(MakeFamily(metric));
    AddSample(families_[at->second], metric, labels, value);
  }
  void Add(SelfMetric metric, std::initializer_list<std::string_view> labels, uint64_t value) { Add(metric, labels, static_cast<double>(value)); }

  void MoveTo(std::vector<prometheus::MetricFamily>& out) { std::move(families_.begin(), families_.end(), std::back_inserter(out)); }

 private:
  std::map<SelfMetric, size_t> index_;
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace

SelfCollector::SelfCollector(const RuleSet& rules, const Store& store, const std::vector<std::unique_ptr<Worker>>& workers,
                             const std::vector<std::unique_ptr<MetricsEndpoint>>& endpoints, int64_t started_ms)
    : rules_(rules), store_(store), workers_(workers), endpoints_(endpoints), started_ms_(started_ms) {}

std::vector<prometheus::MetricFamily> SelfCollector::Collect() const {
  Families families;
  families.push_back(MakeFamily(SelfMetric::kBuildInfo, {kVersion}, 1));
  families.push_back(MakeFamily(SelfMetric::kStartTimeSeconds, {}, static_cast<double>(started_ms_) / kMillisPerSecond));
  CollectSources(families);
  CollectRules(families);
  auto series = CollectStoreMetrics(store_);
  std::move(series.begin(), series.end(), std::back_inserter(families));
  CollectEndpoints(families);
  return families;
}

void SelfCollector::CollectSources(Families& families) const {
  FamilySet set;
  for (const auto& worker : workers_) {
    for (const SourceState* source : worker->sources()) {
      const Ledger& ledger = source->ledger;
      set.Add(SelfMetric::kBytesRead, {source->name}, ledger.bytes_read.load());
      set.Add(SelfMetric::kLines, {source->name}, ledger.lines_read.load());
      set.Add(SelfMetric::kLinesCut, {source->name}, ledger.lines_cut.load());
      set.Add(SelfMetric::kRecords, {source->name, "json"}, ledger.records_json.load());
      set.Add(SelfMetric::kRecords, {source->name, "text"}, ledger.records_text.load());
      for (size_t reject = 1; reject < ledger.rejected.size(); ++reject) {
        set.Add(SelfMetric::kRecordsRejected, {source->name, RejectName(static_cast<Reject>(reject))}, ledger.rejected[reject].load());
      }
      set.Add(SelfMetric::kSourceLagBytes, {source->name}, ledger.lag_bytes.load());
      set.Add(SelfMetric::kSourceRotations, {source->name}, ledger.rotations.load());
      set.Add(SelfMetric::kSourceTruncations, {source->name}, ledger.truncations.load());
      set.Add(SelfMetric::kSourceErrors, {source->name}, source->errors.load());
    }
  }
  set.MoveTo(families);
}

void SelfCollector::CollectRules(Families& families) const {
  FamilySet set;
  for (RuleId id = 0; id < rules_.rules().size(); ++id) {
    uint64_t matches = 0;
    uint64_t value_errors = 0;
    for (const auto& worker : workers_) {
      matches += worker->matcher().stats(id).matches;
      value_errors += worker->matcher().stats(id).value_errors;
    }
    set.Add(SelfMetric::kRuleMatches, {rules_.rules()[id].name}, matches);
    set.Add(SelfMetric::kRuleValueErrors, {rules_.rules()[id].name}, value_errors);
  }
  for (size_t kind = 1; kind < kPrivateKinds; ++kind) {
    uint64_t replaced = 0;
    for (const auto& worker : workers_) replaced += worker->matcher().replaced(static_cast<PrivateKind>(kind));
    set.Add(SelfMetric::kLabelValuesReplaced, {PrivateKindName(static_cast<PrivateKind>(kind))}, replaced);
  }
  set.MoveTo(families);
}

void SelfCollector::CollectEndpoints(Families& families) const {
  FamilySet set;
  std::map<unsigned, uint64_t> requests;
  double seconds = 0;
  for (const auto& endpoint : endpoints_) {
    for (const auto& [code, count] : endpoint->RequestsByCode()) requests[code] += count;
    seconds = std::max(seconds, std::chrono::duration<double>(endpoint->last_render_time()).count());
  }
  for (const auto& [code, count] : requests) set.Add(SelfMetric::kHttpRequests, {std::to_string(code)}, count);
  set.Add(SelfMetric::kScrapeDurationSeconds, {}, seconds);
  set.MoveTo(families);
}

}  // namespace logmill
