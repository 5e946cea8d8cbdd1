// Our own numbers about shipping, as metric families.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/worker.h"
#include "shipping/shipping.h"

namespace logmill {

// Of one moment. `max_bytes`: the limit that the configuration sets.
std::vector<prometheus::MetricFamily> CollectShipping(const Shipping& shipping, const std::vector<std::unique_ptr<Worker>>& workers,
                                                      uint64_t max_bytes);

}  // namespace logmill
