// The files of /proc that tell about a machine and a process, read into numbers. Formats: proc(5), proc_pid_stat(5).
// Whatever a text holds, what cannot be understood is left out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// How a CPU spends its time, in the order of /proc/stat. Of these, Gallery shows user, system, idle, interrupt and nice, in the same words.
inline constexpr std::array<std::string_view, 8> kCpuStates{"user", "nice", "system", "idle", "iowait", "interrupt", "softirq", "steal"};
using CpuTicks = std::array<uint64_t, kCpuStates.size()>;  // clock ticks since boot, by kCpuStates

struct CpuReading {
  unsigned number = 0;  // as in "cpu3"; numbers may be missing, and come and go
  CpuTicks ticks{};
};

// The lines "cpuN" of /proc/stat, each number once; older kernels write fewer states, at least four: the others are 0.
std::vector<CpuReading> ParseCpus(std::string_view stat);

struct MemoryReading {
  uint64_t total = 0;      // bytes
  uint64_t available = 0;  // bytes that programs could get without swapping, at most `total`
};

// /proc/meminfo. Before Linux 3.14, which estimates what is available, that is what is free, buffers and cache.
std::optional<MemoryReading> ParseMemory(std::string_view meminfo);

// Bytes and packets since the interface appeared.
struct TrafficReading {
  uint64_t bytes = 0;
  uint64_t errors = 0;
  uint64_t dropped = 0;
};

struct NetworkReading {
  std::string device;  // valid UTF-8
  TrafficReading receive;
  TrafficReading transmit;
};

// /proc/net/dev, each name once; names that are no UTF-8 are left out.
std::vector<NetworkReading> ParseNetwork(std::string_view dev);

// Interfaces with a default route, each once: /proc/net/route and /proc/net/ipv6_route.
std::vector<std::string> ParseDefaultDevices(std::string_view route, std::string_view ipv6_route);

struct ProcessReading {
  uint64_t user_ticks = 0;
  uint64_t system_ticks = 0;
  uint64_t resident_pages = 0;
};

// /proc/PID/stat.
std::optional<ProcessReading> ParseProcess(std::string_view stat);

// How many CPUs a process may run on: Cpus_allowed_list of /proc/PID/status ("0-3,8").
std::optional<uint64_t> ParseAllowedCpus(std::string_view status);

// Pressure stall information, microseconds since boot: https://docs.kernel.org/accounting/psi.html.
struct PressureReading {
  uint64_t waiting_us = 0;             // "some": at least one task waited
  std::optional<uint64_t> stalled_us;  // "full": all did; older kernels do not say so of the CPU
};

// /proc/pressure/RESOURCE, or RESOURCE.pressure of a control group.
std::optional<PressureReading> ParsePressure(std::string_view text);

struct Mount {
  std::string root;     // the folder of the file system that is mounted
  std::string point;    // where
  std::string type;     // "ext4", "cgroup2", "nfs4"
  std::string options;  // of the file system, separated by commas
};

// /proc/PID/mountinfo, in its order.
std::vector<Mount> ParseMounts(std::string_view mountinfo);

}  // namespace logmill
