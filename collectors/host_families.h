// Names, labels and meanings of what the host collector shows (docs/host.md).
//
// system_* and process_* are called as in OpenTelemetry's host metrics for Node, which Gallery shows on its own page: names, types, units
// and labels as of @opentelemetry/host-metrics 0.36 through its Prometheus exporter. The label otel_scope_name is "logmill" here and
// "host-metrics" there, so that both can stand on one page. All else follows Prometheus' rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "collectors/busy_history.h"
#include "collectors/cgroup.h"
#include "collectors/cpu_history.h"
#include "collectors/families.h"
#include "collectors/filesystem_space.h"
#include "collectors/proc_files.h"

namespace logmill {

// Of the machine, a series for each CPU and state.
void AddCpuFamilies(Families& families, std::span<const CpuUsage> cpus, double ticks_per_second);
// Of the container: no series by CPU, since control groups do not count so.
void AddContainerCpuFamilies(Families& families, BusyTime seconds, std::optional<BusyTime> share);
void AddMemoryFamilies(Families& families, uint64_t used, uint64_t free);
void AddNetworkFamilies(Families& families, std::span<const NetworkReading> devices);
void AddProcessFamilies(Families& families, BusyTime seconds, std::optional<BusyTime> share, double resident_bytes);

// Which control groups, and whether system_* are of the container or the machine.
void AddHostInfo(Families& families, bool container, int cgroup_version);
// What is known of them.
void AddContainerFamilies(Families& families, const CgroupMemory& memory, const CgroupCpu& cpu);

struct NamedPressure {
  std::string_view resource;
  PressureReading pressure;
};
void AddPressureFamilies(Families& families, std::span<const NamedPressure> pressures);

struct NamedSpace {
  std::string_view filesystem;
  FilesystemSpace space;
};
void AddFilesystemFamilies(Families& families, std::span<const NamedSpace> filesystems);

}  // namespace logmill
