#include "daemon/growth.h"

#include <utility>

namespace logmill {

double Growth::Take(Readings now) {
  double grown = 0;
  for (const auto& [name, value] : now) {
    if (const auto before = last_.find(name); before != last_.end()) grown += Of(before->second, value);
  }
  last_ = std::move(now);
  return grown;
}

double Growth::Of(double before, double now) const {
  if (now >= before) return now - before;
  return kind_ == Kind::kCounter ? now : 0;
}

}  // namespace logmill
