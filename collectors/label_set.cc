#include "collectors/label_set.h"

#include <algorithm>

namespace logmill {

bool LabelSet::Read(std::span<const prometheus::ClientMetric::Label> labels) {
  sorted_.clear();
  for (const auto& label : labels) sorted_.push_back(&label);
  std::ranges::sort(sorted_, {}, [](const auto* label) -> const std::string& { return label->name; });
  const auto same = [](const auto* a, const auto* b) { return a->name == b->name; };
  if (std::ranges::adjacent_find(sorted_, same) != sorted_.end()) return false;
  key_.clear();
  for (const auto* label : sorted_) {
    key_.append(label->name).push_back('\0');
    key_.append(label->value).push_back('\0');
  }
  return true;
}

}  // namespace logmill
