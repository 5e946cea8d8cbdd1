#include "daemon/self_collector.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

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

SelfCollector::SelfCollector(const std::vector<SourceConfig>& sources, const RuleSet& rules, const Store& store,
                             const std::vector<std::unique_ptr<Worker>>& workers,
                             const std::vector<std::unique_ptr<MetricsEndpoint>>& endpoints, int64_t started_ms)
    : sources_(sources), rules_(rules), store_(store), workers_(workers), endpoints_(endpoints), started_ms_(started_ms) {}

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
  for (size_t i = 0; i < sources_.size(); ++i) {
    const std::string& name = sources_[i].name;
    for (const auto& worker : workers_) {
      const SourceState& source = worker->source(i);
      const Ledger& ledger = source.ledger;
      set.Add(SelfMetric::kBytesRead, {name}, ledger.bytes_read);
      set.Add(SelfMetric::kLines, {name}, ledger.lines_read);
      set.Add(SelfMetric::kLinesCut, {name}, ledger.lines_cut);
      set.Add(SelfMetric::kRecords, {name, "json"}, ledger.records_json);
      set.Add(SelfMetric::kRecords, {name, "text"}, ledger.records_text);
      for (size_t reject = 1; reject < ledger.rejected.size(); ++reject) {
        set.Add(SelfMetric::kRecordsRejected, {name, RejectName(static_cast<Reject>(reject))}, ledger.rejected[reject]);
      }
      set.Add(SelfMetric::kSourceLagBytes, {name}, ledger.lag_bytes);
      set.Add(SelfMetric::kSourceFiles, {name}, source.files);
      set.Add(SelfMetric::kSourceRotations, {name}, ledger.rotations);
      set.Add(SelfMetric::kSourceTruncations, {name}, ledger.truncations);
      set.Add(SelfMetric::kSourceErrors, {name}, source.errors);
    }
  }
  set.MoveTo(families);
}

void SelfCollector::CollectRules(Families& families) const {
  FamilySet set;
  for (const auto& worker : workers_) {
    for (RuleId id = 0; id < rules_.rules().size(); ++id) {
      set.Add(SelfMetric::kRuleMatches, {rules_.rules()[id].name}, worker->matcher().stats(id).matches);
      set.Add(SelfMetric::kRuleValueErrors, {rules_.rules()[id].name}, worker->matcher().stats(id).value_errors);
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
  for (const auto& endpoint : endpoints_) {
    for (const auto& [code, count] : endpoint->RequestsByCode()) set.Add(SelfMetric::kHttpRequests, {std::to_string(code)}, count);
    seconds = std::max(seconds, std::chrono::duration<double>(endpoint->last_render_time()).count());
  }
  set.Add(SelfMetric::kScrapeDurationSeconds, {}, seconds);
  set.MoveTo(families);
}

}  // namespace logmill
