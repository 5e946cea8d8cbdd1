// Why a rule matches a record, or why it does not: for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/record.h"
#include "rules/rule_set.h"

namespace logmill {

struct Explanation {
  bool matches = false;
  // The conditions in the order in which they are tried, each with its outcome, up to the first that does not hold; captures of those that
  // do.
  std::vector<std::string> steps;
};

// `rules` holds exactly one rule.
Explanation Explain(const RuleSet& rules, const Record& record);

// The text in double quotes, with control characters, quotes and backslashes escaped.
std::string QuoteEscaped(std::string_view text);

}  // namespace logmill
