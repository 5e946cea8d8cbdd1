// What each CPU did between two readings of /proc/stat.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "collectors/proc_files.h"

namespace logmill {

struct CpuUsage {
  unsigned number = 0;
  CpuTicks ticks{};  // never less than in the reading before, unless the CPU began anew
  // Shares of the time since the reading before, by kCpuStates: 0 to 1, 1 together. Absent in the first reading of a CPU, and when it
  // counted nothing.
  std::optional<std::array<double, kCpuStates.size()>> shares;
};

// One thread.
class CpuHistory {
 public:
  explicit CpuHistory(uint64_t ticks_per_second) : small_step_(3 * ticks_per_second) {}

  // In the order given. Idle and waiting times can step back a little (proc(5)): they are held until they go on. A larger step back is a
  // CPU that was taken away and begins anew. CPUs that are not given are forgotten.
  std::vector<CpuUsage> Update(const std::vector<CpuReading>& cpus);

 private:
  [[nodiscard]] CpuUsage Compare(const CpuReading& now, const CpuTicks& before) const;

  const uint64_t small_step_;  // ticks
  std::map<unsigned, CpuTicks> before_;
};

}  // namespace logmill
