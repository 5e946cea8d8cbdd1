// CPU, memory and network of the machine or the container, and of this process: the group `host` (docs/host.md).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/telemetry.h"
#include "collectors/busy_history.h"
#include "collectors/cgroup.h"
#include "collectors/collector.h"
#include "collectors/cpu_history.h"
#include "collectors/families.h"
#include "collectors/proc_files.h"

namespace logmill {

// A file system whose space is shown. The name becomes a label value, the path does not: paths can name people.
struct HostFilesystem {
  std::string name;  // no two have the same
  std::string path;  // of any file on it
};

struct HostOptions {
  std::string proc = "/proc";
  std::vector<HostFilesystem> filesystems{{"root", "/"}};
  std::vector<std::string> network_devices;  // empty: those with a default route; without one, all but the loopback
  bool machine = false;                      // inside a container, too, system_* are those of the machine, as Gallery has them
};

// All families are on Endpoint::kApi. What cannot be read is absent and has a notice; an error only when nothing can be read. Nothing here
// waits for others: file systems of other machines are left out, since asking a dead server never ends.
class HostCollector final : public Collector {
 public:
  // Collects nothing unless `groups` has kHost. `clock` outlives it.
  HostCollector(HostOptions options, GroupSet groups, const Clock& clock = SystemClock());

  std::expected<Collected, std::string> Collect() override;
  void Interrupt() override {}  // nothing to interrupt

 private:
  struct Page;  // what one Collect() makes

  void CollectAll(Page& page);
  void FindGroup(Page& page) const;
  void AddCpus(Page& page);
  void AddContainerCpu(Page& page);
  void AddMemory(Page& page) const;
  void AddContainerMemory(Page& page, const std::optional<MemoryReading>& machine) const;
  void AddNetwork(Page& page) const;
  void AddProcess(Page& page);
  void AddPressure(Page& page) const;
  void AddFilesystems(Page& page) const;
  [[nodiscard]] std::vector<NetworkReading> ChosenDevices(std::vector<NetworkReading> devices) const;

  const HostOptions options_;
  const GroupSet groups_;
  const Clock& clock_;
  const double ticks_per_second_;
  CpuHistory cpus_;
  BusyHistory container_;
  BusyHistory process_;
};

}  // namespace logmill
