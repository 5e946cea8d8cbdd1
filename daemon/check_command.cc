#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

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

// "1 rule", "2 rules".
std::string Counted(size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// How many series there can be, and where most of them: overflow series included.
std::string SeriesText(const std::vector<RuleSpec>& rules) {
  const RuleSet compiled(rules, kAllGroups);
  size_t sum = 0;
  size_t most = 0;
  std::string_view largest;
  for (const FamilySpec& family : compiled.families()) {
    const size_t limit = family.label_names.empty() ? 1 : family.max_series + size_t{1};
    sum += limit;
    if (limit > most) largest = family.name;
    most = std::max(most, limit);
  }
  const std::string text = fmt::format("at most {} series", sum);
  return most > 1 && compiled.families().size() > 1 ? text + fmt::format(" (most in {}: {})", largest, most) : text;
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
      rule_files = LoadConfig(file, Environment(), diagnostics).rules;
    }
    const auto rules = LoadRuleFiles(rule_files, diagnostics);
    if (diagnostics.has_errors()) continue;
    summary += fmt::format("{}: fine: {}, {}, {}\n", file, Counted(rules.size(), "rule", "rules"),
                           Counted(MetricCount(rules), "metric", "metrics"), SeriesText(rules));
  }
  PrintDiagnostics(diagnostics, stdout);
  if (diagnostics.has_errors()) return kExitNo;
  fmt::print("{}", summary);
  return kExitFine;
}

}  // namespace logmill
