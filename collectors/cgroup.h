// What a control group uses and may use: cgroup-v2.rst, cgroup-v1/memory.rst, scheduler/sched-bwc.rst of the kernel's documentation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collectors/cgroup_place.h"
#include "collectors/proc_files.h"

namespace logmill {

// What cannot be read is absent. A limit is that of the tightest group from the process upwards; use is that of CgroupPlace::folder().
struct CgroupMemory {
  std::optional<uint64_t> current;      // bytes, page cache included
  std::optional<uint64_t> working_set;  // bytes; without file cache that has not been used lately and goes first (inactive_file)
  std::optional<uint64_t> limit;        // bytes; absent: none
  std::optional<uint64_t> headroom;     // bytes until the first of all limits is reached by the working set of its group
  std::optional<uint64_t> oom_kills;    // processes killed for want of memory, since the group was made
};

struct CgroupCpu {
  std::optional<double> limit;          // CPUs, 1.5: quota by period; absent: none
  std::optional<double> usage_seconds;  // since the group was made, as the two below
  std::optional<double> user_seconds;
  std::optional<double> system_seconds;
  // Summed over the groups of the path: each of them can hold the process back.
  std::optional<double> periods;
  std::optional<double> throttled_periods;
  std::optional<double> throttled_seconds;
};

struct Cgroup {
  CgroupPlace memory;
  CgroupPlace cpu;
  CgroupPlace cpu_usage;  // version 1 counts apart from limiting (cpuacct)

  [[nodiscard]] bool contained() const { return memory.contained || cpu.contained || cpu_usage.contained; }
  // 1 or 2; 0: none was found.
  [[nodiscard]] int version() const { return memory.version != 0 ? memory.version : cpu.version; }
};

// `cgroup` is /proc/PID/cgroup.
Cgroup FindCgroups(std::string_view cgroup, std::span<const Mount> mounts);

CgroupMemory ReadCgroupMemory(const Cgroup& group);
// `ticks_per_second` is the unit of cpuacct.stat: sysconf(_SC_CLK_TCK).
CgroupCpu ReadCgroupCpu(const Cgroup& group, double ticks_per_second);
// `resource`: "cpu", "memory" or "io". Version 2 alone has it.
std::optional<PressureReading> ReadCgroupPressure(const Cgroup& group, std::string_view resource);

}  // namespace logmill
