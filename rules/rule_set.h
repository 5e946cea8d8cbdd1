// Rules, compiled: immutable, shared by every worker. Specs are resolved to indexes here, so that matching a record looks nothing up by
// name but its context.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingest/record.h"
#include "metrics/family.h"
#include "rules/literal_scanner.h"
#include "rules/pattern.h"
#include "rules/rule_spec.h"

namespace logmill {

// Indexes into RuleSet::rules().
using RuleId = uint32_t;

struct CompiledCondition {
  ConditionSpec spec;
  std::optional<Pattern> pattern;  // kMatches
  uint32_t field = 0;              // kField: index into Record::fields
  uint32_t first_capture = 0;      // where its groups stand among the rule's captures
};

struct CompiledMetric {
  FamilyId family = 0;
  MetricType type = MetricType::kCounter;
  std::vector<LabelTemplate> labels;  // as the family's label_names, slots filled in
  std::vector<bool> guarded;          // by label: the privacy guard has to look at it
  std::vector<bool> is_user_id;       // by label
  bool guard_first = false;           // a guarded label's text does not tell which values it was made of
  std::optional<LabelTemplate> value;
};

struct CompiledRule {
  std::string name;
  std::optional<RecordFormat> format;
  std::vector<CompiledCondition> conditions;  // cheap ones first
  size_t captures = 0;                        // groups of all its regexes together
  std::vector<CompiledMetric> metrics;
  bool ship = true;  // false: what it matches goes to no log store
};

class RuleSet {
 public:
  // `specs` have passed LoadRuleFiles() without errors, so specs of one family agree in all but max_series and init. Metrics of groups that
  // are not in `groups` are left out, and the rules with nothing left.
  RuleSet(const std::vector<RuleSpec>& specs, GroupSet groups);

  [[nodiscard]] const std::vector<FamilySpec>& families() const { return families_; }
  // By FamilyId: what a checkpoint knows a family's meaning by (fingerprint.h).
  [[nodiscard]] std::span<const uint64_t> fingerprints() const { return fingerprints_; }
  // What a decoder has to put into Record::fields.
  [[nodiscard]] const FieldPaths& field_paths() const { return field_paths_; }
  // Which numbers some template shows, so that the decoder has to fill them in.
  [[nodiscard]] const WantedNumbers& numbers() const { return numbers_; }
  [[nodiscard]] const std::vector<CompiledRule>& rules() const { return rules_; }
  [[nodiscard]] size_t max_captures() const { return max_captures_; }
  [[nodiscard]] size_t max_labels() const { return max_labels_; }

  // The four ways in which a rule can become a candidate for a record; every rule stands in exactly one of them.
  // Rules that want this context and no other (`when.context` with plain values).
  [[nodiscard]] std::span<const RuleId> ByContext(std::string_view context) const;
  // Of the rest: rules whose message has to begin in a certain way (`^...`), by its first byte.
  struct Beginning {
    uint64_t head;  // the first bytes of the message, as Head() gives them,
    uint64_t mask;  // as far as they are certain
    RuleId rule;
  };
  [[nodiscard]] std::span<const Beginning> ByFirstByte(char first) const { return by_first_byte_[static_cast<uint8_t>(first)]; }
  // The first eight bytes of a text, zeros where it is shorter.
  static uint64_t Head(std::string_view text) {
    uint64_t head = 0;
    std::memcpy(&head, text.data(), std::min(text.size(), sizeof head));
    return head;
  }
  // Of the rest: rules whose message needs a literal, found by this scanner (ids are RuleIds).
  [[nodiscard]] const LiteralScanner& by_literal() const { return by_literal_; }
  // All others: looked at for every record.
  [[nodiscard]] std::span<const RuleId> always() const { return always_; }

 private:
  struct StringHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  void AddRule(const RuleSpec& spec);
  CompiledMetric CompileMetric(const MetricSpec& spec, const std::vector<std::string>& captures);
  FamilyId AddFamily(const FamilySpec& spec);
  uint32_t FieldSlot(const std::string& path);
  void ResolveSlots(LabelTemplate& labels, const std::vector<std::string>& captures);
  void Index();
  void IndexByStart(RuleId id, const RegexStart& start);

  std::vector<FamilySpec> families_;
  std::vector<uint64_t> fingerprints_;
  FieldPaths field_paths_;
  WantedNumbers numbers_;
  std::vector<CompiledRule> rules_;
  size_t max_captures_ = 0;
  size_t max_labels_ = 0;
  std::unordered_map<std::string, std::vector<RuleId>, StringHash, std::equal_to<>> by_context_;
  std::array<std::vector<Beginning>, 256> by_first_byte_;
  LiteralScanner by_literal_{std::vector<LiteralScanner::Entry>{}};
  std::vector<RuleId> always_;
};

}  // namespace logmill
