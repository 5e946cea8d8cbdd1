// Metrics of all rules together: one name, one meaning.
#pragma once

#include <vector>

#include "base/diagnostic.h"
#include "rules/rule_spec.h"

namespace logmill {

// Reports metrics that differ in type, help, labels, buckets or port from another of the same name, and names that two metrics would share
// in an exposition. Brings the labels of metrics of the same name into the order of the first.
void AgreeOnMetrics(std::vector<RuleSpec>& rules, Diagnostics& diagnostics);

}  // namespace logmill
