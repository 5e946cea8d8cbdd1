// The `init` of a metric: series that exist at 0 from the start.
#pragma once

#include "rules/rule_spec.h"
#include "rules/yaml_reader.h"

namespace logmill {

// Reads `init` into metric.family.init, products written out, without doubles, at most 10,000 rows. Labels and max_series are there
// already.
void ReadInit(const YamlValue& init, MetricSpec& metric);

}  // namespace logmill
