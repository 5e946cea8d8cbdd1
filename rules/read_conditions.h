// The `when` of a rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_spec.h"
#include "rules/yaml_reader.h"

namespace logmill {

// A text that RE2 accepts as a regex; anything else becomes an error, and nothing.
std::optional<std::string> ReadRegexText(const YamlValue& value);

// Reads `when` into format and conditions of `rule`; mistakes become errors.
void ReadWhen(const YamlValue& when, RuleSpec& rule);

// The named captures of a rule's regexes.
std::vector<std::string_view> CapturesOf(const RuleSpec& rule);

}  // namespace logmill
