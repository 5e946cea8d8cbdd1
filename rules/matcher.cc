#include "rules/matcher.h"

#include "rules/filters.h"

namespace logmill {
namespace {

void Bump(std::atomic<uint64_t>& counter, uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

Matcher::Matcher(const RuleSet& rules, Shard& shard)
    : rules_(rules),
      shard_(shard),
      captures_(rules.max_captures()),
      values_(rules.max_labels()),
      buffers_(rules.max_labels() + 1),
      tried_at_(rules.rules().size()),
      stats_(std::make_unique<RuleStats[]>(rules.rules().size())) {}

void Matcher::AddStats(RuleId rule, uint64_t matches, uint64_t value_errors) {
  Bump(stats_[rule].matches, matches);
  Bump(stats_[rule].value_errors, value_errors);
}

void Matcher::AddReplaced(PrivateKind kind, uint64_t values) { Bump(replaced_[static_cast<size_t>(kind)], values); }

bool Matcher::Apply(const Record& record) {
  ++record_number_;
  ship_ = true;
  const RecordView view = ViewOf(record, captures_);
  for (const RuleId id : rules_.always()) Try(id, view);
  for (const RuleId id : rules_.ByContext(record.context)) Try(id, view);
  if (!record.message.text.empty()) TryByMessage(view);
  return ship_;
}

void Matcher::TryByMessage(const RecordView& view) {
  const std::string_view message = view.record.message.text;
  const uint64_t head = RuleSet::Head(message);
  for (const RuleSet::Beginning& beginning : rules_.ByFirstByte(message[0])) {
    if ((head & beginning.mask) == beginning.head) Try(beginning.rule, view);
  }
  if (rules_.by_literal().empty()) return;
  rules_.by_literal().Scan(message, [&](RuleId id) {
    if (tried_at_[id] == record_number_) return;
    tried_at_[id] = record_number_;
    Try(id, view);
  });
}

void Matcher::Try(RuleId id, const RecordView& view) {
  const CompiledRule& rule = rules_.rules()[id];
  if (rule.format && *rule.format != view.record.format) return;
  for (const CompiledCondition& condition : rule.conditions) {
    if (!Holds(condition, view)) return;
  }
  Bump(stats_[id].matches);
  ship_ = ship_ && rule.ship;
  for (const CompiledMetric& metric : rule.metrics) Count(metric, view, stats_[id]);
}

void Matcher::Count(const CompiledMetric& metric, const RecordView& view, RuleStats& stats) {
  double value = 1;
  if (metric.value && !RenderValue(metric, view, &value)) {
    Bump(stats.value_errors);
    return;
  }
  for (size_t i = 0; i < metric.labels.size(); ++i) values_[i] = Render(metric.labels[i], view, buffers_[i]);
  const std::span<const std::string_view> values(values_.data(), metric.labels.size());
  // Values that a series has are harmless: the guard looks at new ones only, where the text tells what it was made of.
  if (metric.guard_first) Guard(metric, view);
  Shard::Cell* cell = shard_.Find(metric.family, values);
  if (cell == nullptr) {
    if (!metric.guard_first) Guard(metric, view);
    cell = shard_.FindOrAdd(metric.family, values);
  }
  switch (metric.type) {
    case MetricType::kCounter:
      if (metric.value) {
        shard_.Add(cell, value);
      } else {
        shard_.Increment(cell);
      }
      break;
    case MetricType::kGauge:
      shard_.Set(cell, value);
      break;
    case MetricType::kHistogram:
      shard_.Observe(cell, value);
      break;
  }
}

bool Matcher::RenderValue(const CompiledMetric& metric, const RecordView& view, double* value) {
  const auto number = RenderNumber(*metric.value, view, buffers_.back());
  if (!number || (metric.type == MetricType::kCounter && *number < 0)) return false;
  *value = *number;
  return true;
}

void Matcher::Guard(const CompiledMetric& metric, const RecordView& view) {
  for (size_t i = 0; i < metric.labels.size(); ++i) {
    if (!metric.guarded[i]) continue;
    const PrivateKind kind = metric.is_user_id[i] ? ClassifyUserId(values_[i]) : ClassifyLabel(metric.labels[i], view, values_[i]);
    if (kind == PrivateKind::kNone) continue;
    values_[i] = kReplacedValue;
    Bump(replaced_[static_cast<size_t>(kind)]);
  }
}

// Text around a value, and filters, can hide what it is: 'peer_$address', '$address | number'.
PrivateKind Matcher::ClassifyLabel(const LabelTemplate& label, const RecordView& view, std::string_view text) {
  if (!label.bare()) {
    for (const TemplatePiece& piece : label.pieces) {
      if (piece.kind == TemplatePiece::Kind::kLiteral) continue;
      if (const PrivateKind kind = ClassifyPiece(label, PieceText(piece, view)); kind != PrivateKind::kNone) return kind;
    }
  }
  return Classify(text);
}

PrivateKind Matcher::ClassifyPiece(const LabelTemplate& label, std::string_view text) {
  const PrivateKind kind = Classify(text);
  if (kind != PrivateKind::kUuid || !label.masks_uuids()) return kind;
  RenderBuffer& masked = buffers_.back();
  static const std::vector<FilterCall> kUuid{{*FindFilter("uuid"), {}}};
  masked.text.assign(text);
  RunFilters(kUuid, &masked.text, &masked.scratch);
  return Classify(masked.text);
}

}  // namespace logmill
