#include "collectors/host_families.h"

#include <algorithm>
#include <string>

namespace logmill {
namespace {

using prometheus::MetricFamily;
using Type = prometheus::MetricType;

constexpr std::pair<std::string_view, std::string_view> kScope{"otel_scope_name", "logmill"};
constexpr std::string_view kCpuTimeHelp = "CPU time in seconds, by what it was spent on.";
constexpr std::string_view kCpuShareHelp = "Share of CPU time since the reading before, 0 to 1.";

void AddCpuSample(MetricFamily& family, size_t state, unsigned number, double value) {
  AddSample(family, {{"system_cpu_state", kCpuStates[state]}, {"system_cpu_logical_number", std::to_string(number)}, kScope}, value);
}

void AddStateSample(MetricFamily& family, std::string_view label, std::string_view state, double value) {
  AddSample(family, {{label, state}, kScope}, value);
}

void AddBusy(MetricFamily& family, std::string_view label, BusyTime time) {
  AddStateSample(family, label, "user", time.user);
  AddStateSample(family, label, "system", time.system);
}

void AddTraffic(Families& families, std::string_view name, std::string_view help, std::span<const NetworkReading> devices,
                uint64_t TrafficReading::* count) {
  MetricFamily& family = AddFamily(families, name, help, Type::Counter);
  for (const NetworkReading& device : devices) {
    const auto add = [&](std::string_view direction, const TrafficReading& traffic) {
      AddSample(family, {{"system_device", device.device}, {"network_io_direction", direction}, kScope},
                static_cast<double>(traffic.*count));
    };
    add("receive", device.receive);
    add("transmit", device.transmit);
  }
}

template <typename Number>
void AddKnown(Families& families, std::string_view name, std::string_view help, std::optional<Number> value, Type type = Type::Gauge) {
  if (value) AddValue(families, name, help, static_cast<double>(*value), type);
}

void AddSpace(Families& families, std::string_view name, std::string_view help, std::span<const NamedSpace> filesystems,
              double FilesystemSpace::* value) {
  MetricFamily& family = AddFamily(families, name, help);
  for (const NamedSpace& named : filesystems) AddSample(family, {{"filesystem", named.filesystem}}, named.space.*value);
}

void AddFiles(Families& families, std::string_view name, std::string_view help, std::span<const NamedSpace> filesystems,
              double FilesystemSpace::* value) {
  MetricFamily& family = AddFamily(families, name, help);
  for (const NamedSpace& named : filesystems) {
    if (named.space.files > 0) AddSample(family, {{"filesystem", named.filesystem}}, named.space.*value);
  }
}

double Seconds(uint64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

}  // namespace

void AddCpuFamilies(Families& families, std::span<const CpuUsage> cpus, double ticks_per_second) {
  MetricFamily& time = AddFamily(families, "system_cpu_time_total", kCpuTimeHelp, Type::Counter);
  for (const CpuUsage& cpu : cpus) {
    for (size_t i = 0; i < kCpuStates.size(); ++i) AddCpuSample(time, i, cpu.number, static_cast<double>(cpu.ticks[i]) / ticks_per_second);
  }
  MetricFamily& share = AddFamily(families, "system_cpu_utilization", kCpuShareHelp);
  for (const CpuUsage& cpu : cpus) {
    if (!cpu.shares) continue;
    for (size_t i = 0; i < kCpuStates.size(); ++i) AddCpuSample(share, i, cpu.number, (*cpu.shares)[i]);
  }
}

void AddContainerCpuFamilies(Families& families, BusyTime seconds, std::optional<BusyTime> share) {
  AddBusy(AddFamily(families, "system_cpu_time_total", kCpuTimeHelp, Type::Counter), "system_cpu_state", seconds);
  if (!share) return;
  MetricFamily& family = AddFamily(families, "system_cpu_utilization", kCpuShareHelp);
  AddBusy(family, "system_cpu_state", *share);
  AddStateSample(family, "system_cpu_state", "idle", std::max(0.0, 1 - share->user - share->system));
}

void AddMemoryFamilies(Families& families, uint64_t used, uint64_t free) {
  const auto add = [&families](std::string_view name, std::string_view help, double used_value, double free_value) {
    MetricFamily& family = AddFamily(families, name, help);
    AddStateSample(family, "system_memory_state", "used", used_value);
    AddStateSample(family, "system_memory_state", "free", free_value);
  };
  const auto used_bytes = static_cast<double>(used);
  const auto free_bytes = static_cast<double>(free);
  add("system_memory_usage", "Memory in bytes that is in use, and that is still to be had.", used_bytes, free_bytes);
  const double all = used_bytes + free_bytes;
  if (all > 0) add("system_memory_utilization", "Share of memory, 0 to 1.", used_bytes / all, free_bytes / all);
}

void AddNetworkFamilies(Families& families, std::span<const NetworkReading> devices) {
  AddTraffic(families, "system_network_io_total", "Bytes received and transmitted.", devices, &TrafficReading::bytes);
  AddTraffic(families, "system_network_errors_total", "Network errors.", devices, &TrafficReading::errors);
  AddTraffic(families, "system_network_dropped_total", "Packets dropped.", devices, &TrafficReading::dropped);
}

void AddProcessFamilies(Families& families, BusyTime seconds, std::optional<BusyTime> share, double resident_bytes) {
  AddBusy(AddFamily(families, "process_cpu_time_total", "CPU time in seconds that the process used.", Type::Counter), "process_cpu_state",
          seconds);
  if (share) {
    AddBusy(AddFamily(families, "process_cpu_utilization", "Share of all CPUs that the process used since the reading before, 0 to 1."),
            "process_cpu_state", *share);
  }
  AddSample(AddFamily(families, "process_memory_usage", "Memory of the process that is resident, in bytes."), {kScope}, resident_bytes);
}

void AddHostInfo(Families& families, bool container, int cgroup_version) {
  MetricFamily& family =
      AddFamily(families, "logmill_host_info", "What system_* metrics are of, and the version of control groups; always 1.");
  const std::string version = cgroup_version == 0 ? "none" : std::to_string(cgroup_version);
  AddSample(family, {{"view", container ? "container" : "machine"}, {"cgroup", version}}, 1);
}

void AddContainerFamilies(Families& families, const CgroupMemory& memory, const CgroupCpu& cpu) {
  AddKnown(families, "logmill_container_memory_limit_bytes", "Memory that the container may use; the tightest limit.", memory.limit);
  AddKnown(families, "logmill_container_memory_headroom_bytes", "Memory that is left until the first limit is reached.", memory.headroom);
  AddKnown(families, "logmill_container_memory_usage_bytes", "Memory of the container, page cache included.", memory.current);
  AddKnown(families, "logmill_container_memory_working_set_bytes", "Memory of the container without file cache that goes first.",
           memory.working_set);
  AddKnown(families, "logmill_container_oom_kills_total", "Processes of the container that were killed for want of memory.",
           memory.oom_kills, Type::Counter);
  AddKnown(families, "logmill_container_cpu_limit_cores", "CPUs that the container may use at a time; the tightest quota.", cpu.limit);
  AddKnown(families, "logmill_container_cpu_usage_seconds_total", "CPU time that the container used.", cpu.usage_seconds, Type::Counter);
  AddKnown(families, "logmill_container_cpu_periods_total", "Periods of a CPU quota in which the container wanted to run.", cpu.periods,
           Type::Counter);
  AddKnown(families, "logmill_container_cpu_throttled_periods_total", "Periods in which a CPU quota was used up.", cpu.throttled_periods,
           Type::Counter);
  AddKnown(families, "logmill_container_cpu_throttled_seconds_total", "Time that the container's CPUs were held back by a quota.",
           cpu.throttled_seconds, Type::Counter);
}

void AddPressureFamilies(Families& families, std::span<const NamedPressure> pressures) {
  MetricFamily& waiting = AddFamily(families, "logmill_host_pressure_waiting_seconds_total",
                                    "Time in which at least one task waited for a resource (pressure stall information).", Type::Counter);
  for (const NamedPressure& named : pressures) {
    AddSample(waiting, {{"resource", named.resource}}, Seconds(named.pressure.waiting_us));
  }
  MetricFamily& stalled = AddFamily(families, "logmill_host_pressure_stalled_seconds_total",
                                    "Time in which all tasks waited for a resource (pressure stall information).", Type::Counter);
  for (const NamedPressure& named : pressures) {
    if (named.pressure.stalled_us) AddSample(stalled, {{"resource", named.resource}}, Seconds(*named.pressure.stalled_us));
  }
}

void AddFilesystemFamilies(Families& families, std::span<const NamedSpace> filesystems) {
  AddSpace(families, "logmill_host_filesystem_size_bytes", "Size of a file system.", filesystems, &FilesystemSpace::size);
  AddSpace(families, "logmill_host_filesystem_free_bytes", "Free space of a file system.", filesystems, &FilesystemSpace::free);
  AddSpace(families, "logmill_host_filesystem_available_bytes", "Free space that is not reserved for the administrator.", filesystems,
           &FilesystemSpace::available);
  AddFiles(families, "logmill_host_filesystem_files", "Files that a file system can hold.", filesystems, &FilesystemSpace::files);
  AddFiles(families, "logmill_host_filesystem_files_free", "Files that can still be made.", filesystems, &FilesystemSpace::files_free);
}

}  // namespace logmill
