// What a process or a container did between two readings.
#pragma once

#include <chrono>
#include <optional>

namespace logmill {

// CPU time, or a share of it.
struct BusyTime {
  double user = 0;    // in programs
  double system = 0;  // in the kernel for them
};

// One thread.
class BusyHistory {
 public:
  // Shares of the time that `cpus` CPUs had between the reading before, at another monotonic time, and this one, in seconds at `at`. 0 to
  // 1, a little more when the CPUs became fewer. Absent in the first reading, when time stood still, and when the times are less than
  // before: then another process or container is counted.
  std::optional<BusyTime> Update(BusyTime seconds, std::chrono::nanoseconds at, double cpus);

 private:
  struct Reading {
    BusyTime seconds;
    std::chrono::nanoseconds at;
  };
  std::optional<Reading> before_;
};

}  // namespace logmill
