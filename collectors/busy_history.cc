#include "collectors/busy_history.h"

#include <utility>

namespace logmill {

std::optional<BusyTime> BusyHistory::Update(BusyTime seconds, std::chrono::nanoseconds at, double cpus) {
  const std::optional<Reading> before = std::exchange(before_, Reading{seconds, at});
  if (!before || at <= before->at || cpus <= 0) return std::nullopt;
  const double available = std::chrono::duration<double>(at - before->at).count() * cpus;
  const BusyTime share{(seconds.user - before->seconds.user) / available, (seconds.system - before->seconds.system) / available};
  if (share.user < 0 || share.system < 0) return std::nullopt;
  return share;
}

}  // namespace logmill
