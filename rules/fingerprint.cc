#include "rules/fingerprint.h"

#include <algorithm>
#include <bit>
#include <string>
#include <unordered_map>

#include "rules/filters.h"

namespace logmill {
namespace {

constexpr char kMeaning[] = "1";  // of everything below

// Each text says how long it is, so that no two lists of texts make the same bytes.
void Append(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

void AppendAll(std::string& out, const std::vector<std::string>& texts) {
  out += std::to_string(texts.size());
  out += '[';
  for (const std::string& text : texts) Append(out, text);
}

std::vector<std::string> Sorted(std::vector<std::string> texts) {
  std::ranges::sort(texts);
  return texts;
}

std::string_view Word(ConditionSpec::Kind kind) {
  switch (kind) {
    case ConditionSpec::Kind::kIs:
      return "is";
    case ConditionSpec::Kind::kNot:
      return "not";
    case ConditionSpec::Kind::kMatches:
      return "matches";
    case ConditionSpec::Kind::kContains:
      return "contains";
    case ConditionSpec::Kind::kExists:
      break;
  }
  return "exists";
}

std::string_view Word(ConditionSpec::Subject subject) {
  switch (subject) {
    case ConditionSpec::Subject::kLevel:
      return "level";
    case ConditionSpec::Subject::kContext:
      return "context";
    case ConditionSpec::Subject::kMessage:
      return "message";
    case ConditionSpec::Subject::kField:
      break;
  }
  return "field";
}

std::string_view Word(TemplatePiece::Kind kind) {
  switch (kind) {
    case TemplatePiece::Kind::kLiteral:
      return "text";
    case TemplatePiece::Kind::kCapture:
      return "capture";
    case TemplatePiece::Kind::kLevel:
      return "level";
    case TemplatePiece::Kind::kContext:
      return "context";
    case TemplatePiece::Kind::kMessage:
      return "message";
    case TemplatePiece::Kind::kPid:
      return "pid";
    case TemplatePiece::Kind::kTimestamp:
      return "timestamp";
    case TemplatePiece::Kind::kFormat:
      return "format";
    case TemplatePiece::Kind::kField:
      break;
  }
  return "field";
}

std::string_view Word(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      break;
  }
  return "histogram";
}

std::string_view Word(std::optional<RecordFormat> format) {
  if (!format) return "any";
  return *format == RecordFormat::kJson ? "json" : "text";
}

std::string TextOf(const ConditionSpec& condition) {
  std::string text;
  Append(text, Word(condition.subject));
  Append(text, condition.field);
  Append(text, Word(condition.kind));
  AppendAll(text, Sorted(condition.values));
  Append(text, condition.kind == ConditionSpec::Kind::kExists && condition.exists ? "yes" : "no");
  return text;
}

std::string TextOf(const LabelTemplate& label) {
  std::string text;
  for (const TemplatePiece& piece : label.pieces) {
    Append(text, Word(piece.kind));
    Append(text, piece.text);
  }
  for (const FilterCall& call : label.filters) {
    Append(text, "|");
    Append(text, FilterTable()[call.filter].name);
    AppendAll(text, call.arguments);
  }
  return text;
}

std::string ConditionsOf(const RuleSpec& rule) {
  std::vector<std::string> conditions;
  for (const ConditionSpec& condition : rule.conditions) conditions.push_back(TextOf(condition));
  std::string text;
  Append(text, Word(rule.format));
  AppendAll(text, Sorted(std::move(conditions)));  // all have to hold, and no two have captures of one name
  return text;
}

std::string TextOf(const FamilySpec& family) {
  std::string text = kMeaning;
  Append(text, Word(family.type));
  AppendAll(text, family.label_names);
  for (const double bound : family.buckets) Append(text, std::to_string(std::bit_cast<uint64_t>(bound)));
  return text;
}

std::string TextOf(const MetricSpec& metric) {
  std::string text;
  for (const LabelTemplate& label : metric.labels) Append(text, TextOf(label));
  Append(text, metric.value ? "value" : "no value");
  if (metric.value) Append(text, TextOf(*metric.value));
  return text;
}

}  // namespace

std::vector<uint64_t> Fingerprints(const std::vector<RuleSpec>& rules, const std::vector<FamilySpec>& families) {
  std::unordered_map<std::string_view, std::string> texts;
  for (const FamilySpec& family : families) texts[family.name] = TextOf(family);
  for (const RuleSpec& rule : rules) {
    const std::string conditions = ConditionsOf(rule);
    for (const MetricSpec& metric : rule.metrics) {
      std::string& text = texts[metric.family.name];
      Append(text, conditions);
      Append(text, TextOf(metric));
    }
  }
  std::vector<uint64_t> fingerprints;
  for (const FamilySpec& family : families) fingerprints.push_back(StableHash(texts[family.name]));
  return fingerprints;
}

uint64_t StableHash(std::string_view bytes) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001B3;
  hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
  hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
  return hash ^ (hash >> 32);
}

}  // namespace logmill
