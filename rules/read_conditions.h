// The `when` of a rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_spec.h"
#include "rules/yaml_reader.h"

namespace logmill {

// Reads `when` into format and conditions of `rule`; mistakes become errors.
void ReadWhen(const YamlValue& when, RuleSpec& rule);

// The named captures of a rule's regexes.
std::vector<std::string_view> CapturesOf(const RuleSpec& rule);

}  // namespace logmill
