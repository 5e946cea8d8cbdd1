#include "rules/rule_set.h"

#include <algorithm>

#include "rules/fingerprint.h"

namespace logmill {
namespace {

using Kind = ConditionSpec::Kind;
using Subject = ConditionSpec::Subject;

// Comparisons before substrings before regexes; the order within each stays.
int Cost(const ConditionSpec& spec) { return spec.kind == Kind::kMatches ? 2 : spec.kind == Kind::kContains ? 1 : 0; }

const CompiledCondition* ContextCondition(const CompiledRule& rule) {
  for (const CompiledCondition& condition : rule.conditions) {
    if (condition.spec.subject == Subject::kContext && condition.spec.kind == Kind::kIs) return &condition;
  }
  return nullptr;
}

// How the message of every record that the rule matches begins; null: unknown.
const RegexStart* MessageStart(const CompiledRule& rule) {
  for (const CompiledCondition& condition : rule.conditions) {
    if (condition.spec.subject == Subject::kMessage && condition.pattern && condition.pattern->start()) return &*condition.pattern->start();
  }
  return nullptr;
}

// Texts of which one must stand in the message of every record that the rule matches; empty: unknown.
std::vector<std::string> MessageLiterals(const CompiledRule& rule) {
  std::vector<std::string> best;
  for (const CompiledCondition& condition : rule.conditions) {
    if (condition.spec.subject != Subject::kMessage) continue;
    if (condition.spec.kind == Kind::kContains) return condition.spec.values;
    if (condition.pattern && best.empty()) best = condition.pattern->literals();
  }
  std::erase(best, "");
  return best;
}

}  // namespace

RuleSet::RuleSet(const std::vector<RuleSpec>& specs, GroupSet groups) {
  std::vector<RuleSpec> included;
  for (const RuleSpec& spec : specs) {
    const bool counts = groups.test(IndexOf(spec.group));
    if (!counts && spec.ship) continue;
    included.push_back(spec);
    if (!counts) included.back().metrics.clear();
  }
  for (const RuleSpec& spec : included) AddRule(spec);
  fingerprints_ = Fingerprints(included, families_);
  Index();
}

void RuleSet::AddRule(const RuleSpec& spec) {
  CompiledRule rule;
  rule.name = spec.name;
  rule.format = spec.format;
  rule.ship = spec.ship;
  std::vector<ConditionSpec> conditions = spec.conditions;
  std::stable_sort(conditions.begin(), conditions.end(), [](const ConditionSpec& a, const ConditionSpec& b) { return Cost(a) < Cost(b); });
  std::vector<std::string> captures;
  for (ConditionSpec& condition : conditions) {
    CompiledCondition compiled;
    compiled.first_capture = static_cast<uint32_t>(captures.size());
    if (condition.kind == Kind::kMatches) {
      compiled.pattern.emplace(condition.values.at(0));
      captures.insert(captures.end(), condition.captures.begin(), condition.captures.end());
      captures.resize(compiled.first_capture + compiled.pattern->groups());
    }
    if (condition.subject == Subject::kField) compiled.field = FieldSlot(condition.field);
    compiled.spec = std::move(condition);
    rule.conditions.push_back(std::move(compiled));
  }
  rule.captures = captures.size();
  max_captures_ = std::max(max_captures_, rule.captures);
  for (const MetricSpec& metric : spec.metrics) rule.metrics.push_back(CompileMetric(metric, captures));
  rules_.push_back(std::move(rule));
}

CompiledMetric RuleSet::CompileMetric(const MetricSpec& spec, const std::vector<std::string>& captures) {
  CompiledMetric metric;
  metric.family = AddFamily(spec.family);
  metric.type = spec.family.type;
  for (size_t i = 0; i < spec.labels.size(); ++i) {
    LabelTemplate label = spec.labels[i];
    ResolveSlots(label, captures);
    metric.is_user_id.push_back(spec.family.label_names[i] == "user_id");
    metric.guarded.push_back(!label.constant() && (!label.safe() || metric.is_user_id.back()));
    metric.guard_first = metric.guard_first || (metric.guarded.back() && !metric.is_user_id.back() && label.ambiguous());
    metric.labels.push_back(std::move(label));
  }
  max_labels_ = std::max(max_labels_, metric.labels.size());
  if (spec.value) {
    metric.value = spec.value;
    ResolveSlots(*metric.value, captures);
  }
  return metric;
}

FamilyId RuleSet::AddFamily(const FamilySpec& spec) {
  const auto known = std::find_if(families_.begin(), families_.end(), [&](const FamilySpec& f) { return f.name == spec.name; });
  if (known == families_.end()) {
    families_.push_back(spec);
    return static_cast<FamilyId>(families_.size() - 1);
  }
  known->max_series = std::max(known->max_series, spec.max_series);
  for (const auto& values : spec.init) {
    if (std::find(known->init.begin(), known->init.end(), values) == known->init.end()) known->init.push_back(values);
  }
  return static_cast<FamilyId>(known - families_.begin());
}

uint32_t RuleSet::FieldSlot(const std::string& path) {
  const auto known = std::find(field_paths_.begin(), field_paths_.end(), path);
  if (known != field_paths_.end()) return static_cast<uint32_t>(known - field_paths_.begin());
  field_paths_.push_back(path);
  return static_cast<uint32_t>(field_paths_.size() - 1);
}

void RuleSet::ResolveSlots(LabelTemplate& labels, const std::vector<std::string>& captures) {
  for (TemplatePiece& piece : labels.pieces) {
    if (piece.kind == TemplatePiece::Kind::kField) piece.slot = FieldSlot(piece.text);
    numbers_.pid |= piece.kind == TemplatePiece::Kind::kPid;
    numbers_.timestamp |= piece.kind == TemplatePiece::Kind::kTimestamp;
    if (piece.kind != TemplatePiece::Kind::kCapture) continue;
    piece.slot = static_cast<uint32_t>(std::find(captures.begin(), captures.end(), piece.text) - captures.begin());
  }
}

void RuleSet::Index() {
  std::vector<LiteralScanner::Entry> literals;
  for (RuleId id = 0; id < rules_.size(); ++id) {
    const CompiledRule& rule = rules_[id];
    if (const CompiledCondition* context = ContextCondition(rule)) {
      for (const std::string& value : context->spec.values) {
        auto& ids = by_context_[value];
        if (ids.empty() || ids.back() != id) ids.push_back(id);
      }
      continue;
    }
    if (const RegexStart* start = MessageStart(rule)) {
      IndexByStart(id, *start);
      continue;
    }
    const auto texts = MessageLiterals(rule);
    if (texts.empty()) always_.push_back(id);
    for (const std::string& text : texts) literals.push_back({text, id});
  }
  by_literal_ = LiteralScanner(literals);
}

void RuleSet::IndexByStart(RuleId id, const RegexStart& start) {
  const std::string ones(std::min(start.prefix.size(), sizeof(uint64_t)), static_cast<char>(0xFF));
  for (size_t byte = 0; byte < by_first_byte_.size(); ++byte) {
    if (start.first.test(byte)) by_first_byte_[byte].push_back({Head(start.prefix), Head(ones), id});
  }
}

std::span<const RuleId> RuleSet::ByContext(std::string_view context) const {
  if (by_context_.empty()) return {};
  const auto found = by_context_.find(context);
  if (found == by_context_.end()) return {};
  return found->second;
}

}  // namespace logmill
