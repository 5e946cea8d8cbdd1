#include "daemon/worker_counts.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

namespace logmill {
namespace {

std::string SourceKey(const std::string& source, std::string_view counter) { return "source/" + source + "/" + std::string(counter); }
std::string RuleKey(const std::string& rule, std::string_view counter) { return "rule/" + rule + "/" + std::string(counter); }
std::string GuardKey(size_t kind) { return "guard/" + std::string(PrivateKindName(static_cast<PrivateKind>(kind))); }
constexpr std::array kSpoolKeys{"spool/appended", "spool/filtered", "spool/known", "spool/failed"};

}  // namespace

NamedCounts GatherCounts(const WorkerCounters& counters) {
  NamedCounts counts;
  for (size_t i = 0; i < counters.sources.size(); ++i) {
    Ledger::ForEachCounter(std::as_const(counters.states[i].ledger), [&](const std::string& counter, uint64_t value) {
      counts.emplace_back(SourceKey(counters.sources[i].name, counter), value);
    });
  }
  const auto& rules = counters.matcher.rules().rules();
  for (RuleId id = 0; id < rules.size(); ++id) {
    counts.emplace_back(RuleKey(rules[id].name, "matches"), counters.matcher.stats(id).matches);
    counts.emplace_back(RuleKey(rules[id].name, "value_errors"), counters.matcher.stats(id).value_errors);
  }
  for (size_t kind = 1; kind < kPrivateKinds; ++kind) {
    counts.emplace_back(GuardKey(kind), counters.matcher.replaced(static_cast<PrivateKind>(kind)));
  }
  if (counters.intake == nullptr) return counts;
  const IntakeCounts& spool = counters.intake->counts();
  const std::array values{&spool.appended, &spool.filtered, &spool.known, &spool.failed};
  for (size_t i = 0; i < values.size(); ++i) counts.emplace_back(kSpoolKeys[i], values[i]->load());
  return counts;
}

void RestoreCounts(const NamedCounts& counts, const WorkerCounters& counters) {
  std::unordered_map<std::string_view, uint64_t> by_key(counts.begin(), counts.end());
  const auto restored = [&](const std::string& key) {
    const auto found = by_key.find(key);
    return found == by_key.end() ? 0 : found->second;
  };
  for (size_t i = 0; i < counters.sources.size(); ++i) {
    SourceState& state = counters.states[i];
    Ledger::ForEachCounter(
        state.ledger, [&](const std::string& name, uint64_t& counter) { counter += restored(SourceKey(counters.sources[i].name, name)); });
    state.published.Publish(state.ledger);
  }
  const auto& rules = counters.matcher.rules().rules();
  for (RuleId id = 0; id < rules.size(); ++id) {
    counters.matcher.AddStats(id, restored(RuleKey(rules[id].name, "matches")), restored(RuleKey(rules[id].name, "value_errors")));
  }
  for (size_t kind = 1; kind < kPrivateKinds; ++kind) {
    counters.matcher.AddReplaced(static_cast<PrivateKind>(kind), restored(GuardKey(kind)));
  }
  if (counters.intake == nullptr) return;
  counters.intake->Restore(restored(kSpoolKeys[0]), restored(kSpoolKeys[1]), restored(kSpoolKeys[2]), restored(kSpoolKeys[3]));
}

}  // namespace logmill
