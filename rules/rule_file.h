// Rule files → checked rules. The language stands in docs/rules.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "rules/rule_spec.h"

namespace logmill {

// Reads all files and checks everything that can be checked before a record is seen, across files too: names, types, regexes, templates,
// buckets, tests, privacy of labels. Every mistake of all files is in `diagnostics`, sorted by place; the rules are good for use when it
// has no errors. Rules come in the order of files and lines. All specs of one metric then agree in type, help, label names and their order,
// buckets and endpoint; their max_series and init may differ. Throws nothing.
std::vector<RuleSpec> LoadRuleFiles(const std::vector<std::string>& paths, Diagnostics& diagnostics);

// The same for one text; `file` is the name that messages show.
std::vector<RuleSpec> LoadRules(std::string_view text, const std::string& file, Diagnostics& diagnostics);

}  // namespace logmill
