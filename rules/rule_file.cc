#include "rules/rule_file.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <unordered_map>

#include "rules/bucket_sets.h"
#include "rules/metric_agreement.h"
#include "rules/metric_names.h"
#include "rules/read_conditions.h"
#include "rules/read_metrics.h"
#include "rules/read_tests.h"
#include "rules/wording.h"
#include "rules/yaml_reader.h"

namespace logmill {
namespace {

constexpr std::string_view kGroupNames[kGroupCount] = {"api", "host", "app", "io", "repo", "job"};  // by Group

void ReadName(YamlMap& map, RuleSpec& rule) {
  const auto name = map.Require("name");
  if (!name) return;
  rule.place = name->place();
  const auto text = name->NonEmptyText();
  if (!text) return;
  rule.name = *text;
  if (const std::string problem = PlainNameProblem(*text); !problem.empty()) name->Error(problem);
}

void ReadGroup(YamlMap& map, RuleSpec& rule) {
  const auto group = map.Find("group");
  const auto text = group ? group->Text() : std::nullopt;
  if (!text) return;
  const auto* found = std::find(std::begin(kGroupNames), std::end(kGroupNames), *text);
  if (found != std::end(kGroupNames)) {
    rule.group = static_cast<Group>(found - std::begin(kGroupNames));
    return;
  }
  const std::string near = DidYouMean(*text, {std::begin(kGroupNames), std::end(kGroupNames)});
  group->Error("no telemetry group named " + Quote(*text) + (near.empty() ? "; there are: " + JoinNames(kGroupNames) : near));
}

// One of them may be meant as `when`.
bool HasUnknownKey(const YamlMap& map) {
  static constexpr std::string_view kKeys[] = {"name", "group", "when", "max_series", "metrics", "ship", "tests"};
  const auto entries = map.Entries();
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
    return std::find(std::begin(kKeys), std::end(kKeys), entry.first.node().text) == std::end(kKeys);
  });
}

RuleSpec ReadRule(const YamlValue& value, const BucketSets& bucket_sets) {
  YamlMap map(YamlValue(value, value.node(), ""));
  RuleSpec rule;
  rule.place = value.place();
  ReadName(map, rule);
  ReadGroup(map, rule);
  if (const auto when = map.Find("when")) {
    ReadWhen(*when, rule);
  } else {
    rule.captures_known = !HasUnknownKey(map);
  }
  const auto max_series = ReadMaxSeries(map);
  rule.ship = map.Bool("ship", true);
  // A rule that only keeps records from being shipped counts nothing.
  const auto metrics = rule.ship ? map.Require("metrics") : map.Find("metrics");
  if (metrics) ReadMetrics(*metrics, bucket_sets, max_series, rule);
  if (const auto tests = map.Find("tests")) ReadTests(*tests, rule);
  map.Done();
  return rule;
}

void ReadFile(const YamlTree& tree, std::vector<RuleSpec>& rules, Diagnostics& diagnostics) {
  const YamlValue root(tree, diagnostics);
  if (root.is_null()) return root.Error("the file is empty; expected rules: [...]");
  YamlMap map(root);
  BucketSets bucket_sets;
  if (const auto sets = map.Find("bucket_sets")) bucket_sets.Read(*sets);
  if (const auto list = map.Require("rules")) {
    for (const YamlValue& item : list->List()) rules.push_back(ReadRule(item, bucket_sets));
    if (list->is_list() && list->node().items.empty()) list->Warning("there is no rule in this file");
  }
  map.Done();
}

void CheckRuleNames(const std::vector<RuleSpec>& rules, Diagnostics& diagnostics) {
  std::unordered_map<std::string_view, const RuleSpec*> first;
  for (const RuleSpec& rule : rules) {
    if (rule.name.empty()) continue;
    const auto [other, added] = first.try_emplace(rule.name, &rule);
    if (added) continue;
    const Place& place = other->second->place;
    diagnostics.Error(rule.place, "another rule is named " + Quote(rule.name) + ", in " + place.file + ":" + std::to_string(place.line) +
                                      ":" + std::to_string(place.column));
  }
}

void Finish(std::vector<RuleSpec>& rules, Diagnostics& diagnostics) {
  CheckRuleNames(rules, diagnostics);
  AgreeOnMetrics(rules, diagnostics);
  diagnostics.Sort();
}

}  // namespace

std::vector<RuleSpec> LoadRuleFiles(const std::vector<std::string>& paths, Diagnostics& diagnostics) {
  std::vector<RuleSpec> rules;
  std::set<std::string_view> seen;
  for (const std::string& path : paths) {
    if (!seen.insert(path).second) continue;
    const auto text = ReadTextFile(path, diagnostics);
    const auto tree = text ? ParseYaml(*text, path, diagnostics) : std::nullopt;
    if (tree) ReadFile(*tree, rules, diagnostics);
  }
  Finish(rules, diagnostics);
  return rules;
}

std::vector<RuleSpec> LoadRules(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  std::vector<RuleSpec> rules;
  if (const auto tree = ParseYaml(text, file, diagnostics)) ReadFile(*tree, rules, diagnostics);
  Finish(rules, diagnostics);
  return rules;
}

}  // namespace logmill
