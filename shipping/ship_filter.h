// Which records are shipped: by level, context, source and format, or one in so many. For all destinations (before the spool), and for
// each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shipping/ship_record.h"

namespace logmill {

// One line of `filters`. A list that is empty fits everything; otherwise any of it has to be the record's. "" in a list: records without
// one.
struct ShipFilterRule {
  std::vector<std::string> levels = {};
  std::vector<std::string> contexts = {};
  std::vector<std::string> sources = {};
  std::optional<RecordFormat> format = {};
  double share = 0;  // of the records that fit, from 0 (none) to 1 (all): always the same ones, by their id
};

// The first rule that fits a record decides; with none, it is shipped. Immutable, any thread; no allocation.
class ShipFilter {
 public:
  ShipFilter() = default;  // ships everything
  explicit ShipFilter(std::vector<ShipFilterRule> rules);

  [[nodiscard]] bool Passes(const ShipRecord& record) const;
  [[nodiscard]] bool passes_everything() const { return rules_.empty(); }

 private:
  std::vector<ShipFilterRule> rules_;
};

}  // namespace logmill
