// What a store says about itself: logmill_series and its kin.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "metrics/store.h"

namespace logmill {

// logmill_series, _limit and _overflow_total of each family, and logmill_series_memory_bytes. Any thread.
std::vector<prometheus::MetricFamily> CollectStoreMetrics(const Store& store);

}  // namespace logmill
