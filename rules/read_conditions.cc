#include "rules/read_conditions.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/diagnostic.h"
#include "rules/wording.h"

namespace logmill {
namespace {

using Kind = ConditionSpec::Kind;
using Subject = ConditionSpec::Subject;

// RE2's words, and what to write instead of what other regex dialects know.
std::string ExplainRegexError(const re2::RE2& regex, std::string_view pattern) {
  std::string message = "bad regex: " + regex.error();
  const std::string& part = regex.error_arg();
  if (part.starts_with("(?<") && !part.starts_with("(?<=") && !part.starts_with("(?<!"))
    return message + "; name a group like this: (?P<name>...)";
  if (part.starts_with("(?=") || part.starts_with("(?!") || part.starts_with("(?<")) return message + "; RE2 has no look-around";
  if (part.size() == 2 && part[0] == '\\' && part[1] >= '1' && part[1] <= '9') return message + "; RE2 has no back-references";
  if (pattern.size() > 10'000) return message + "; the regex is very long";
  return message;
}

void ReportRegexError(const re2::RE2& regex, const YamlValue& value) {
  const std::string& pattern = value.node().text;
  const size_t at = pattern.find(regex.error_arg());
  const bool once = at != std::string::npos && pattern.find(regex.error_arg(), at + 1) == std::string::npos;
  value.ErrorAt(!regex.error_arg().empty() && once ? at : 0, ExplainRegexError(regex, pattern));
}

bool MatchesEverything(const re2::RE2& regex) {
  auto matches = [&](const char* text) { return re2::RE2::PartialMatch(text, regex); };
  return matches("") && matches("a") && matches("7 ~\n");
}

re2::RE2::Options Quietly() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

void ReadRegex(const YamlValue& value, ConditionSpec& condition) {
  const auto pattern = ReadRegexText(value);
  if (!pattern) return;
  const re2::RE2 regex(*pattern, Quietly());
  if (MatchesEverything(regex)) value.Warning("this regex matches every text; say {exists: true} if that is meant");
  condition.values = {*pattern};
  condition.captures.resize(static_cast<size_t>(regex.NumberOfCapturingGroups()));
  for (const auto& [index, name] : regex.CapturingGroupNames()) condition.captures[static_cast<size_t>(index) - 1] = name;
}

void ReadTexts(const YamlValue& value, ConditionSpec& condition) {
  for (const YamlValue& item : value.OneOrMore()) {
    if (item.is_null()) {
      item.Error("expected text, found nothing; for what is absent or null write {exists: false}");
    } else if (auto text = item.Text()) {
      condition.values.push_back(std::move(*text));
    }
  }
  if (value.is_list() && value.node().items.empty()) value.Error("the list is empty, so this can never hold");
}

void ReadContains(const YamlValue& value, ConditionSpec& condition) {
  if (auto text = value.NonEmptyText()) condition.values = {std::move(*text)};
}

void ReadExists(const YamlValue& value, ConditionSpec& condition) { condition.exists = value.Bool().value_or(true); }

struct ConditionKey {
  std::string_view key;
  Kind kind;
  void (*read)(const YamlValue& value, ConditionSpec& condition);
};
constexpr ConditionKey kConditionKeys[] = {{"is", Kind::kIs, ReadTexts},
                                           {"not", Kind::kNot, ReadTexts},
                                           {"matches", Kind::kMatches, ReadRegex},
                                           {"contains", Kind::kContains, ReadContains},
                                           {"exists", Kind::kExists, ReadExists}};

// {matches: ...} and its like: exactly one key.
void ReadConditionMap(const YamlValue& value, ConditionSpec& condition) {
  YamlMap map(value);
  int found = 0;
  for (const ConditionKey& known : kConditionKeys) {
    const auto operand = map.Find(known.key);
    if (!operand) continue;
    ++found;
    condition.kind = known.kind;
    condition.place = operand->place();
    known.read(*operand, condition);
  }
  map.Done();
  if (found != 1 && static_cast<size_t>(found) == map.size()) {
    value.Error("a condition is exactly one of is, not, matches, contains, exists; found " + std::to_string(found));
  }
}

// The level of ours that is nearest to a word, names that others have for it included; "" when none is near.
std::string_view LevelMeant(std::string_view word, std::vector<std::string_view> names) {
  static constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
      {"info", "log"}, {"notice", "log"}, {"warning", "warn"}, {"trace", "verbose"}, {"err", "error"}, {"critical", "fatal"}};
  for (const auto& [other, ours] : kOthers) names.push_back(other);
  std::string_view nearest = NearestName(word, names);
  for (const std::string_view name : names) {
    const bool letters_swapped = std::is_permutation(name.begin(), name.end(), word.begin(), word.end());
    if (letters_swapped) nearest = name;
  }
  for (const auto& [other, ours] : kOthers) {
    if (nearest == other) return ours;
  }
  return nearest;
}

void WarnOfUnknownLevels(const YamlValue& value, const ConditionSpec& condition) {
  if (condition.kind != Kind::kIs && condition.kind != Kind::kNot) return;
  static const std::vector<std::string_view> kLevels = {"verbose", "debug", "log", "warn", "error", "fatal"};
  for (const std::string& level : condition.values) {
    if (std::find(kLevels.begin(), kLevels.end(), level) != kLevels.end()) continue;
    const std::string_view meant = LevelMeant(level, kLevels);
    const std::string hint = meant.empty() ? std::string() : "; did you mean " + Quote(meant) + "?";
    value.Warning(Quote(level) + " is none of the levels " + JoinNames(kLevels) + hint);
  }
}

void ReadCondition(const YamlValue& value, Subject subject, std::string field, RuleSpec& rule) {
  const size_t errors = value.diagnostics().error_count();
  ConditionSpec condition;
  condition.subject = subject;
  condition.field = std::move(field);
  condition.place = value.place();
  if (value.is_map()) {
    ReadConditionMap(value, condition);
  } else if (subject == Subject::kMessage) {
    condition.kind = Kind::kMatches;
    ReadRegex(value, condition);
  } else {
    condition.kind = Kind::kIs;
    ReadTexts(value, condition);
  }
  if (subject == Subject::kLevel) WarnOfUnknownLevels(value, condition);
  if (value.diagnostics().error_count() == errors) rule.conditions.push_back(std::move(condition));
}

void ReadFields(const YamlValue& fields, RuleSpec& rule) {
  YamlMap map(fields);
  if (map.ok() && map.size() == 0) fields.Error("no field is named here; for example {req.method: GET}");
  for (const auto& [key, value] : map.Entries()) {
    if (IsFieldPath(key.node().text)) {
      ReadCondition(value, Subject::kField, key.node().text, rule);
    } else {
      key.Error("a field path is keys joined by dots, for example req.method");
    }
  }
}

void ReadFormat(const YamlValue& value, RuleSpec& rule) {
  const auto text = value.Text();
  if (!text) return;
  if (*text == "json") {
    rule.format = RecordFormat::kJson;
  } else if (*text == "text") {
    rule.format = RecordFormat::kText;
  } else {
    value.Error("expected json or text, found " + Quote(*text));
  }
}

// A text record has no level, no context and no fields.
bool CanHoldForText(const ConditionSpec& condition) {
  if (condition.subject == Subject::kMessage) return true;
  if (condition.kind == Kind::kExists) return !condition.exists;
  const bool no_context = std::find(condition.values.begin(), condition.values.end(), "") != condition.values.end();
  return condition.subject == Subject::kContext && condition.kind == Kind::kIs && no_context;
}

void CheckTextRule(const RuleSpec& rule, Diagnostics& diagnostics) {
  if (rule.format != RecordFormat::kText) return;
  for (const ConditionSpec& condition : rule.conditions) {
    if (!CanHoldForText(condition))
      diagnostics.Error(condition.place, "when: a text record has only a message, so this never holds for format: text");
  }
}

void CheckCaptureNames(const RuleSpec& rule, Diagnostics& diagnostics) {
  std::map<std::string_view, const ConditionSpec*> owners;
  for (const ConditionSpec& condition : rule.conditions) {
    for (const std::string& name : condition.captures) {
      if (name.empty()) continue;
      const auto [owner, added] = owners.try_emplace(name, &condition);
      if (added) continue;
      const bool same_regex = owner->second == &condition;
      const std::string other =
          same_regex ? "in this regex twice" : "in another regex of this rule too (line " + std::to_string(owner->second->place.line) + ")";
      diagnostics.Error(condition.place, "when: the capture " + Quote(name) + " is " + other + "; give one of them another name");
    }
  }
}

}  // namespace

std::optional<std::string> ReadRegexText(const YamlValue& value) {
  auto pattern = value.Text();
  if (!pattern) return std::nullopt;
  const re2::RE2 regex(*pattern, Quietly());
  if (regex.ok()) return pattern;
  ReportRegexError(regex, value);
  return std::nullopt;
}

void ReadWhen(const YamlValue& when, RuleSpec& rule) {
  const size_t errors = when.diagnostics().error_count();
  YamlMap map(when);
  if (const auto format = map.Find("format")) ReadFormat(*format, rule);
  if (const auto level = map.Find("level")) ReadCondition(*level, Subject::kLevel, {}, rule);
  if (const auto context = map.Find("context")) ReadCondition(*context, Subject::kContext, {}, rule);
  if (const auto message = map.Find("message")) ReadCondition(*message, Subject::kMessage, {}, rule);
  if (const auto fields = map.Find("fields")) ReadFields(*fields, rule);
  map.Done();
  rule.captures_known = when.diagnostics().error_count() == errors;
  CheckTextRule(rule, when.diagnostics());
  CheckCaptureNames(rule, when.diagnostics());
}

std::vector<std::string_view> CapturesOf(const RuleSpec& rule) {
  std::vector<std::string_view> names;
  for (const ConditionSpec& condition : rule.conditions) {
    for (const std::string& name : condition.captures) {
      if (!name.empty()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace logmill
