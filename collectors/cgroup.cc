#include "collectors/cgroup.h"

#include <algorithm>

#include "collectors/system_file.h"

namespace logmill {
namespace {

// Version 1 says "no limit" by the largest whole number of pages, near 2^63.
constexpr uint64_t kNoLimit = uint64_t{1} << 60;

std::string ReadText(const std::string& folder, std::string_view name) {
  return ReadSystemFile(folder + "/" + std::string(name), kSmallFileBytes).value_or("");
}

std::optional<uint64_t> ReadCount(const std::string& folder, std::string_view name) { return FirstCount(ReadText(folder, name)); }

void Lower(std::optional<uint64_t>& least, uint64_t value) { least = std::min(least.value_or(value), value); }

constexpr double kMicro = 1e6;
constexpr double kNano = 1e9;

std::optional<double> Scaled(std::optional<uint64_t> value, double per_unit) {
  return value ? std::optional(static_cast<double>(*value) / per_unit) : std::nullopt;
}

void Raise(std::optional<double>& sum, std::optional<double> value) {
  if (value) sum = sum.value_or(0) + *value;
}

struct MemoryFiles {
  std::string_view limit;
  std::string_view current;
  std::string_view inactive;  // key in memory.stat
  std::string_view events;
};

MemoryFiles FilesOf(int version) {
  if (version == 2) return {"memory.max", "memory.current", "inactive_file", "memory.events"};
  return {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", "memory.oom_control"};
}

struct MemoryLevel {
  std::optional<uint64_t> current;
  std::optional<uint64_t> working_set;
  std::optional<uint64_t> limit;
};

MemoryLevel ReadMemoryLevel(int version, const std::string& folder) {
  const MemoryFiles files = FilesOf(version);
  const std::string stat = ReadText(folder, "memory.stat");
  MemoryLevel level{ReadCount(folder, files.current), std::nullopt, ReadCount(folder, files.limit)};
  // Limits of groups above, which may be out of sight. Version 1 alone tells.
  if (const auto above = FindCount(stat, "hierarchical_memory_limit"); above && version == 1) Lower(level.limit, *above);
  if (level.limit && *level.limit >= kNoLimit) level.limit.reset();
  if (level.current) level.working_set = *level.current - std::min(*level.current, FindCount(stat, files.inactive).value_or(0));
  return level;
}

// "max 100000" and "150000 100000".
std::optional<double> LimitOf(std::optional<uint64_t> quota, std::optional<uint64_t> period) {
  if (!quota || !period || *quota == 0 || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<double> ReadCpuLimit(int version, const std::string& folder) {
  if (version == 1) return LimitOf(ReadCount(folder, "cpu.cfs_quota_us"), ReadCount(folder, "cpu.cfs_period_us"));
  const std::string text = ReadText(folder, "cpu.max");
  std::string_view rest = text;
  std::string_view line = TakeUntil(rest, '\n');
  const auto quota = ParseCount(TakeWord(line));
  return LimitOf(quota, ParseCount(TakeWord(line)));
}

void AddThrottling(int version, const std::string& folder, CgroupCpu& cpu) {
  const std::string stat = ReadText(folder, "cpu.stat");
  Raise(cpu.periods, Scaled(FindCount(stat, "nr_periods"), 1));
  Raise(cpu.throttled_periods, Scaled(FindCount(stat, "nr_throttled"), 1));
  Raise(cpu.throttled_seconds,
        version == 1 ? Scaled(FindCount(stat, "throttled_time"), kNano) : Scaled(FindCount(stat, "throttled_usec"), kMicro));
}

void ReadUsage(const CgroupPlace& place, double ticks_per_second, CgroupCpu& cpu) {
  if (place.version == 0) return;
  if (place.version == 1) {
    const std::string stat = ReadText(place.folder(), "cpuacct.stat");
    cpu.usage_seconds = Scaled(ReadCount(place.folder(), "cpuacct.usage"), kNano);
    cpu.user_seconds = Scaled(FindCount(stat, "user"), ticks_per_second);
    cpu.system_seconds = Scaled(FindCount(stat, "system"), ticks_per_second);
    return;
  }
  const std::string stat = ReadText(place.folder(), "cpu.stat");
  cpu.usage_seconds = Scaled(FindCount(stat, "usage_usec"), kMicro);
  cpu.user_seconds = Scaled(FindCount(stat, "user_usec"), kMicro);
  cpu.system_seconds = Scaled(FindCount(stat, "system_usec"), kMicro);
}

}  // namespace

Cgroup FindCgroups(std::string_view cgroup, std::span<const Mount> mounts) {
  return {FindCgroup("memory", cgroup, mounts), FindCgroup("cpu", cgroup, mounts), FindCgroup("cpuacct", cgroup, mounts)};
}

CgroupMemory ReadCgroupMemory(const Cgroup& group) {
  const CgroupPlace& place = group.memory;
  CgroupMemory memory;
  if (place.version == 0) return memory;
  for (const std::string& folder : place.folders) {
    const MemoryLevel level = ReadMemoryLevel(place.version, folder);
    if (level.limit) Lower(memory.limit, *level.limit);
    if (level.limit && level.working_set) Lower(memory.headroom, *level.limit - std::min(*level.limit, *level.working_set));
    if (&folder != &place.folder()) continue;
    memory.current = level.current;
    memory.working_set = level.working_set;
  }
  memory.oom_kills = FindCount(ReadText(place.folder(), FilesOf(place.version).events), "oom_kill");
  return memory;
}

CgroupCpu ReadCgroupCpu(const Cgroup& group, double ticks_per_second) {
  CgroupCpu cpu;
  if (group.cpu.version != 0) {
    for (const std::string& folder : group.cpu.folders) {
      const std::optional<double> limit = ReadCpuLimit(group.cpu.version, folder);
      if (limit) cpu.limit = std::min(cpu.limit.value_or(*limit), *limit);
      AddThrottling(group.cpu.version, folder, cpu);
    }
  }
  ReadUsage(group.cpu_usage, ticks_per_second, cpu);
  return cpu;
}

std::optional<PressureReading> ReadCgroupPressure(const Cgroup& group, std::string_view resource) {
  const CgroupPlace& place = resource == "cpu" ? group.cpu : group.memory;
  if (place.version != 2) return std::nullopt;
  return ParsePressure(ReadText(place.folder(), std::string(resource) + ".pressure"));
}

}  // namespace logmill
