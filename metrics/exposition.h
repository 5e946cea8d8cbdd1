// The page that a scraper reads: the store's series and the collectors' together, in one of two formats.
#pragma once

#include <prometheus/metric_family.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/family.h"
#include "metrics/negotiation.h"
#include "metrics/store.h"

namespace logmill {

struct Exposition {
  std::string text;
  // What had to be left out, a sentence each: families whose name an earlier one has with another type or sample, series that exist
  // twice, names that no scraper would accept. Empty in a sound program.
  std::vector<std::string> problems;
};

// Renders the families of `store` (may be null) that belong to `endpoint`, or all, and those in `collected`, which may hold a family
// several times. Families are ordered by name and series by labels, so equal values give equal bytes. Families of one name
// and type become one; of two that contradict each other the store's stays, then the first collected. Families without series are left
// out. No timestamps; `_created` in OpenMetrics only. Any thread.
Exposition RenderExposition(const Store* store, std::optional<Endpoint> endpoint, std::span<const prometheus::MetricFamily> collected,
                            ExpositionFormat format);

}  // namespace logmill
