#include "collectors/host_collector.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "collectors/filesystem_space.h"
#include "collectors/host_families.h"
#include "collectors/system_file.h"

namespace logmill {
namespace {

constexpr size_t kMaxDevices = 64;

bool Contains(const std::vector<std::string>& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

}  // namespace

struct HostCollector::Page {
  Families& families;
  std::vector<std::string>& notices;
  std::chrono::nanoseconds now;  // monotonic

  std::vector<Mount> mounts;
  Cgroup group;
  CgroupMemory group_memory;
  CgroupCpu group_cpu;
  bool container = false;  // system_* are of the container
  double cpus = 0;         // that could be used at a time, of the machine or the container; 0: not known

  // Without the file there are no numbers of `what`: people are told so.
  std::optional<std::string> Read(const std::string& path, std::string_view what, size_t limit = kSmallFileBytes) {
    auto text = ReadSystemFile(path, limit);
    if (text) return std::move(*text);
    notices.push_back("no metrics of " + std::string(what) + ": " + text.error());
    return std::nullopt;
  }
  void NoteUnreadable(const std::string& path, std::string_view what) {
    notices.push_back("no metrics of " + std::string(what) + ": " + path + " does not hold what it should");
  }
};

HostCollector::HostCollector(HostOptions options, GroupSet groups, const Clock& clock)
    : options_(std::move(options)),
      groups_(groups),
      clock_(clock),
      ticks_per_second_(static_cast<double>(sysconf(_SC_CLK_TCK))),
      cpus_(static_cast<uint64_t>(sysconf(_SC_CLK_TCK))) {}

std::expected<Collected, std::string> HostCollector::Collect() {
  Collected collected;
  if (!groups_[IndexOf(Group::kHost)]) return collected;
  Families& families = collected.families[IndexOf(Endpoint::kApi)];
  Page page{families, collected.notices, clock_.Monotonic(), {}, {}, {}, {}, false, 0};
  CollectAll(page);
  std::erase_if(families, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  if (families.empty()) return std::unexpected("nothing about the host can be read: " + collected.notices.front());
  AddHostInfo(families, page.container, page.group.version());
  return collected;
}

void HostCollector::CollectAll(Page& page) {
  FindGroup(page);
  AddCpus(page);
  AddMemory(page);
  AddNetwork(page);
  AddProcess(page);
  if (page.group.contained() || page.group_memory.limit || page.group_cpu.limit) {
    AddContainerFamilies(page.families, page.group_memory, page.group_cpu);
  }
  AddPressure(page);
  AddFilesystems(page);
}

void HostCollector::FindGroup(Page& page) const {
  const auto mounts = page.Read(options_.proc + "/self/mountinfo", "control groups", kLargeFileBytes);
  const auto cgroup = mounts ? page.Read(options_.proc + "/self/cgroup", "control groups") : std::nullopt;
  if (mounts) page.mounts = ParseMounts(*mounts);
  if (!cgroup) return;
  page.group = FindCgroups(*cgroup, page.mounts);
  page.group_memory = ReadCgroupMemory(page.group);
  page.group_cpu = ReadCgroupCpu(page.group, ticks_per_second_);
  page.container = page.group.contained() && !options_.machine;
  if (page.group.version() == 0) page.notices.emplace_back("control groups are not mounted: limits of a container are not known");
}

void HostCollector::AddCpus(Page& page) {
  const auto stat = page.Read(options_.proc + "/stat", "CPUs", kLargeFileBytes);
  const std::vector<CpuReading> cpus = stat ? ParseCpus(*stat) : std::vector<CpuReading>();
  if (stat && cpus.empty()) page.NoteUnreadable(options_.proc + "/stat", "CPUs");
  const std::vector<CpuUsage> usages = cpus_.Update(cpus);
  page.cpus = static_cast<double>(cpus.size());
  if (page.container) return AddContainerCpu(page);
  if (!cpus.empty()) AddCpuFamilies(page.families, usages, ticks_per_second_);
}

void HostCollector::AddContainerCpu(Page& page) {
  const CgroupCpu& cpu = page.group_cpu;
  const auto status = page.Read(options_.proc + "/self/status", "the CPUs that may be used");
  if (const auto allowed = status ? ParseAllowedCpus(*status) : std::nullopt) page.cpus = static_cast<double>(*allowed);
  if (cpu.limit) page.cpus = page.cpus > 0 ? std::min(page.cpus, *cpu.limit) : *cpu.limit;
  if (!cpu.user_seconds || !cpu.system_seconds) {
    page.notices.emplace_back("no metrics of CPUs: the container's control group does not count CPU time");
    return;
  }
  const BusyTime seconds{*cpu.user_seconds, *cpu.system_seconds};
  AddContainerCpuFamilies(page.families, seconds, container_.Update(seconds, page.now, page.cpus));
}

void HostCollector::AddMemory(Page& page) const {
  const std::string path = options_.proc + "/meminfo";
  const auto text = page.Read(path, "memory of the machine");
  const std::optional<MemoryReading> machine = ParseMemory(text.value_or(""));
  if (text && !machine) page.NoteUnreadable(path, "memory of the machine");
  if (page.container) return AddContainerMemory(page, machine);
  if (machine) AddMemoryFamilies(page.families, machine->total - machine->available, machine->available);
}

void HostCollector::AddContainerMemory(Page& page, const std::optional<MemoryReading>& machine) const {
  std::optional<uint64_t> free = page.group_memory.headroom;
  if (machine) free = std::min(free.value_or(machine->available), machine->available);
  if (!page.group_memory.working_set) {
    page.notices.emplace_back("no metrics of memory: the container's control group does not count it");
  } else if (free) {
    AddMemoryFamilies(page.families, *page.group_memory.working_set, *free);
  }
}

std::vector<NetworkReading> HostCollector::ChosenDevices(std::vector<NetworkReading> devices) const {
  std::vector<std::string> wanted = options_.network_devices;
  if (wanted.empty()) {
    const std::string net = options_.proc + "/self/net/";
    wanted = ParseDefaultDevices(ReadSystemFile(net + "route", kLargeFileBytes).value_or(""),
                                 ReadSystemFile(net + "ipv6_route", kLargeFileBytes).value_or(""));
  }
  std::erase_if(devices, [&wanted](const NetworkReading& reading) {
    return wanted.empty() ? reading.device == "lo" : !Contains(wanted, reading.device);
  });
  if (devices.size() > kMaxDevices) devices.resize(kMaxDevices);
  return devices;
}

void HostCollector::AddNetwork(Page& page) const {
  const auto dev = page.Read(options_.proc + "/self/net/dev", "the network", kLargeFileBytes);
  if (!dev) return;
  const std::vector<NetworkReading> devices = ChosenDevices(ParseNetwork(*dev));
  if (devices.empty()) {
    page.notices.emplace_back("no metrics of the network: none of the interfaces that are to be shown is there");
  } else {
    AddNetworkFamilies(page.families, devices);
  }
}

void HostCollector::AddProcess(Page& page) {
  const std::string path = options_.proc + "/self/stat";
  const auto stat = page.Read(path, "the process");
  if (!stat) return;
  const std::optional<ProcessReading> process = ParseProcess(*stat);
  if (!process) return page.NoteUnreadable(path, "the process");
  const BusyTime seconds{static_cast<double>(process->user_ticks) / ticks_per_second_,
                         static_cast<double>(process->system_ticks) / ticks_per_second_};
  const auto resident = static_cast<double>(process->resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
  AddProcessFamilies(page.families, seconds, process_.Update(seconds, page.now, page.cpus), resident);
}

void HostCollector::AddPressure(Page& page) const {
  std::vector<NamedPressure> pressures;
  for (const std::string_view resource : {"cpu", "memory", "io"}) {
    const auto machine = [&] {
      return ParsePressure(ReadSystemFile(options_.proc + "/pressure/" + std::string(resource), kSmallFileBytes).value_or(""));
    };
    const auto pressure = page.container ? ReadCgroupPressure(page.group, resource) : machine();
    if (pressure) pressures.push_back({resource, *pressure});
  }
  if (pressures.empty()) {
    page.notices.emplace_back("no metrics of pressure: the kernel does not measure it, or not for this container");
  } else {
    AddPressureFamilies(page.families, pressures);
  }
}

void HostCollector::AddFilesystems(Page& page) const {
  std::vector<NamedSpace> spaces;
  for (const HostFilesystem& filesystem : options_.filesystems) {
    const auto space = ReadFilesystemSpace(filesystem.path, page.mounts);
    if (space) {
      spaces.push_back({filesystem.name, *space});
    } else {
      page.notices.push_back("no metrics of the file system \"" + filesystem.name + "\": " + space.error());
    }
  }
  if (!spaces.empty()) AddFilesystemFamilies(page.families, spaces);
}

}  // namespace logmill
