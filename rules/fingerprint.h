// What a metric counts, as one number: by it a checkpoint knows whether the series that it holds still mean the same.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "metrics/family.h"
#include "rules/rule_spec.h"

namespace logmill {

// For each of `families`, the fingerprint of all that decides what it counts: its type, label names and buckets; and of each rule that
// feeds it, in order, the conditions, the templates and the value. Not part of it: help, budget, `init`, tests, names and places of rules,
// rules that feed other metrics only, the order of conditions and of values that are alternatives. The same for every run, machine and
// version; should the meaning of a template or condition ever change, kMeaning has to.
std::vector<uint64_t> Fingerprints(const std::vector<RuleSpec>& rules, const std::vector<FamilySpec>& families);

// 64-bit FNV-1a with a final mix.
uint64_t StableHash(std::string_view bytes);

}  // namespace logmill
