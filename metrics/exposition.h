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

// What one collector gave; not copied.
struct PagePart {
  std::span<const prometheus::MetricFamily> families;  // may hold a name several times
  bool yields = false;  // what others of the page also have is left out here, the whole family, and that is no problem
  bool shares = false;  // but not for this one's sake, if the types are equal: a label tells its series from those of others
};

struct Exposition {
  std::string text;
  // What had to be left out, a sentence each: families whose name an earlier one has with another type or sample, series that exist
  // twice, names that no scraper would accept. Empty in a sound program.
  std::vector<std::string> problems;
  std::vector<size_t> shadowed;  // as the parts: families that one that yields has lost to others
};

// Renders the families of `store` (may be null) that belong to `endpoint`, or all, and those of `parts`. Families are ordered by name and
// series by labels, so equal values give equal bytes. Families of one name and type become one; of two that contradict each other the
// store's stays, then that of the first part. Parts that yield come after all others; to them a family of the store is there even before
// its first series, so that what a name means does not change with it. Families without series are left out. No timestamps; `_created` in
// OpenMetrics only. Any thread.
Exposition RenderExposition(const Store* store, std::optional<Endpoint> endpoint, std::span<const PagePart> parts, ExpositionFormat format);

}  // namespace logmill
