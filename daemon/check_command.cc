#include <fmt/format.h>

#include <set>

#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/diagnostic_output.h"
#include "rules/rule_file.h"

namespace logmill {
namespace {

size_t MetricCount(const std::vector<RuleSpec>& rules) {
  std::set<std::string> names;
  for (const RuleSpec& rule : rules) {
    for (const MetricSpec& metric : rule.metrics) names.insert(metric.family.name);
  }
  return names.size();
}

size_t SeriesLimit(const std::vector<RuleSpec>& rules) {
  const RuleSet compiled(rules, kAllGroups);
  size_t limit = 0;
  for (const FamilySpec& family : compiled.families()) limit += family.label_names.empty() ? 1 : family.max_series + size_t{1};
  return limit;
}

}  // namespace

int RunCheck(const std::vector<std::string>& files) {
  Diagnostics diagnostics;
  std::string summary;
  for (const std::string& file : files) {
    // Rule files that a configuration names are used together; one that is given here stands for itself.
    std::vector<std::string> rule_files{file};
    if (LooksLikeConfig(file)) {
      // What the environment says here is not what it will say there.
      rule_files = LoadConfig(file, [](const char*) { return std::nullopt; }, diagnostics).rules;
    }
    const auto rules = LoadRuleFiles(rule_files, diagnostics);
    if (diagnostics.has_errors()) continue;
    summary += fmt::format("{}: fine: {} rules, {} metrics, at most {} series\n", file, rules.size(), MetricCount(rules), SeriesLimit(rules));
  }
  PrintDiagnostics(diagnostics, stdout);
  if (diagnostics.has_errors()) return kExitNo;
  fmt::print("{}", summary);
  return kExitFine;
}

}  // namespace logmill
