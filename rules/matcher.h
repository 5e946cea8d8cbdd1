// Records → series: applies a rule set to one record after the other. One per worker.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/record.h"
#include "metrics/store.h"
#include "rules/privacy_guard.h"
#include "rules/record_view.h"
#include "rules/rule_set.h"

namespace logmill {

inline constexpr size_t kPrivateKinds = static_cast<size_t>(PrivateKind::kNotAUserId) + 1;

// Written by the matcher's thread, read by anyone.
struct RuleStats {
  std::atomic<uint64_t> matches{0};
  std::atomic<uint64_t> value_errors{0};  // metrics skipped because their value was no finite number, or a counter's was negative
};

class Matcher {
 public:
  // Both outlive the matcher; the shard is this matcher's alone, made by a Store with the rule set's families.
  Matcher(const RuleSet& rules, Shard& shard);

  // Counts the record into the shard. Allocates nothing once its buffers have grown. False: a rule says that it is not to be shipped.
  bool Apply(const Record& record);

  [[nodiscard]] const RuleSet& rules() const { return rules_; }
  [[nodiscard]] const RuleStats& stats(RuleId rule) const { return stats_[rule]; }
  // Adds what an earlier life counted; the matcher's thread.
  void AddStats(RuleId rule, uint64_t matches, uint64_t value_errors);
  void AddReplaced(PrivateKind kind, uint64_t values);
  // Label values that the privacy guard replaced, by kind.
  [[nodiscard]] uint64_t replaced(PrivateKind kind) const { return replaced_[static_cast<size_t>(kind)].load(std::memory_order_relaxed); }

 private:
  void TryByMessage(const RecordView& view);
  void Try(RuleId id, const RecordView& view);
  void Count(const CompiledMetric& metric, const RecordView& view, RuleStats& stats);
  bool RenderValue(const CompiledMetric& metric, const RecordView& view, double* value);
  void Guard(const CompiledMetric& metric, const RecordView& view);
  PrivateKind ClassifyLabel(const LabelTemplate& label, const RecordView& view, std::string_view text);
  PrivateKind ClassifyPiece(const LabelTemplate& label, std::string_view text);

  const RuleSet& rules_;
  Shard& shard_;
  std::vector<std::string_view> captures_;
  std::vector<std::string_view> values_;  // label values of the metric at work
  std::vector<RenderBuffer> buffers_;     // what they are built in; the last one is the metric value's, then the guard's
  std::vector<uint64_t> tried_at_;        // by rule: the record that it was last tried on
  uint64_t record_number_ = 0;
  bool ship_ = true;  // the record at hand
  std::unique_ptr<RuleStats[]> stats_;
  std::array<std::atomic<uint64_t>, kPrivateKinds> replaced_{};
};

}  // namespace logmill
