#include "rules/explain.h"

#include <cstdio>

#include "rules/record_view.h"

namespace logmill {
namespace {

using Kind = ConditionSpec::Kind;
using Subject = ConditionSpec::Subject;

std::string_view FormatName(RecordFormat format) { return format == RecordFormat::kJson ? "json" : "text"; }

std::string List(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : " or ") + QuoteEscaped(value);
  return list;
}

std::string SubjectName(const CompiledCondition& condition) {
  switch (condition.spec.subject) {
    case Subject::kLevel:
      return "level";
    case Subject::kContext:
      return "context";
    case Subject::kMessage:
      return "message";
    case Subject::kField:
      break;
  }
  return "field " + condition.spec.field;
}

std::string Wanted(const ConditionSpec& spec) {
  switch (spec.kind) {
    case Kind::kIs:
      return "is " + List(spec.values);
    case Kind::kNot:
      return "is there and not " + List(spec.values);
    case Kind::kContains:
      return "contains " + QuoteEscaped(spec.values[0]);
    case Kind::kExists:
      return spec.exists ? "exists" : "does not exist";
    case Kind::kMatches:
      break;
  }
  return "matches '" + spec.values[0] + "'";
}

std::string Found(const CompiledCondition& condition, const Record& record) {
  switch (condition.spec.subject) {
    case Subject::kLevel:
      return record.level.empty() ? "absent" : QuoteEscaped(record.level);
    case Subject::kContext:
      return record.context.empty() ? "absent" : QuoteEscaped(record.context);
    case Subject::kMessage:
      return record.message.absent() ? "absent" : QuoteEscaped(record.message.text);
    case Subject::kField:
      break;
  }
  const Value& value = record.fields[condition.field];
  return value.absent() ? "absent" : QuoteEscaped(value.text);
}

void AddCaptures(const CompiledCondition& condition, const RecordView& view, std::vector<std::string>& steps) {
  for (size_t i = 0; i < condition.spec.captures.size(); ++i) {
    if (condition.spec.captures[i].empty()) continue;
    steps.push_back("  " + condition.spec.captures[i] + " = " + QuoteEscaped(view.captures[condition.first_capture + i]));
  }
}

}  // namespace

Explanation Explain(const RuleSet& rules, const Record& record) {
  const CompiledRule& rule = rules.rules().at(0);
  std::vector<std::string_view> captures(rules.max_captures());
  const RecordView view = ViewOf(record, captures);
  Explanation explanation;
  if (rule.format && *rule.format != record.format) {
    explanation.steps.push_back("format is " + std::string(FormatName(record.format)) + ", wanted " +
                                std::string(FormatName(*rule.format)));
    return explanation;
  }
  for (const CompiledCondition& condition : rule.conditions) {
    const std::string wanted = SubjectName(condition) + " " + Wanted(condition.spec);
    if (!Holds(condition, view)) {
      explanation.steps.push_back(wanted + ": no, it is " + Found(condition, record));
      return explanation;
    }
    explanation.steps.push_back(wanted + ": yes");
    AddCaptures(condition, view, explanation.steps);
  }
  explanation.matches = true;
  return explanation;
}

std::string QuoteEscaped(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<uint8_t>(c)));
      quoted += escaped;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace logmill
