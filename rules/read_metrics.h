// The `metrics` of a rule.
#pragma once

#include <cstdint>
#include <optional>

#include "rules/bucket_sets.h"
#include "rules/rule_spec.h"
#include "rules/yaml_reader.h"

namespace logmill {

// `max_series` of a rule or of a metric.
std::optional<uint32_t> ReadMaxSeries(YamlMap& map);

// Reads `metrics` into `rule`, whose group and conditions are there already; mistakes become errors. `max_series` is the rule's.
void ReadMetrics(const YamlValue& metrics, const BucketSets& bucket_sets, std::optional<uint32_t> max_series, RuleSpec& rule);

}  // namespace logmill
