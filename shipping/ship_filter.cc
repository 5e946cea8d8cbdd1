#include "shipping/ship_filter.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace logmill {
namespace {

bool Has(const std::vector<std::string>& list, std::string_view text) {
  return list.empty() || std::ranges::find(list, text) != list.end();
}

bool Fits(const ShipFilterRule& rule, const ShipRecord& record) {
  return Has(rule.levels, record.level) && Has(rule.contexts, record.context) && Has(rule.sources, record.source) &&
         (!rule.format || *rule.format == record.format);
}

// The last step of SplitMix64 (Steele, Lea, Flood 2014): each bit depends on all.
uint64_t Mix(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

bool IsInShare(const RecordId& id, double share) {
  if (share >= 1) return true;
  return share > 0 && static_cast<double>(Mix(id.low)) < std::ldexp(share, 64);
}

}  // namespace

ShipFilter::ShipFilter(std::vector<ShipFilterRule> rules) : rules_(std::move(rules)) {}

bool ShipFilter::Passes(const ShipRecord& record) const {
  const auto rule = std::ranges::find_if(rules_, [&](const ShipFilterRule& candidate) { return Fits(candidate, record); });
  return rule == rules_.end() || IsInShare(record.id, rule->share);
}

}  // namespace logmill
