// The `tests` of a rule.
#pragma once

#include "rules/rule_spec.h"
#include "rules/yaml_reader.h"

namespace logmill {

// Reads `tests` into `rule`, whose metrics are there already. Expected samples are checked for syntax, and for metrics and labels that the
// rule does not have.
void ReadTests(const YamlValue& tests, RuleSpec& rule);

}  // namespace logmill
