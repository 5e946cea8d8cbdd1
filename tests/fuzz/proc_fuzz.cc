// Any bytes as the files of /proc: nothing breaks, and what comes out keeps to what the header says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "base/utf8.h"
#include "collectors/cgroup.h"
#include "collectors/cpu_history.h"
#include "collectors/proc_files.h"
#include "collectors/system_file.h"

namespace {

using namespace logmill;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckCpus(std::string_view before, std::string_view after) {
  CpuHistory history(100);
  history.Update(ParseCpus(before));
  std::set<unsigned> numbers;
  for (const CpuUsage& usage : history.Update(ParseCpus(after))) {
    Require(numbers.insert(usage.number).second);
    if (!usage.shares) continue;
    for (const double share : *usage.shares) Require(share >= 0 && share <= 1);
  }
}

void CheckMachine(std::string_view text) {
  if (const auto memory = ParseMemory(text)) Require(memory->available <= memory->total);
  for (const NetworkReading& reading : ParseNetwork(text)) {
    Require(!reading.device.empty() && FindInvalidUtf8(reading.device) == std::string_view::npos);
  }
  ParseProcess(text);
  ParsePressure(text);
  if (const auto cpus = ParseAllowedCpus(text)) Require(*cpus > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view rest = text;
  const std::string_view head = TakeUntil(rest, '\0');
  CheckCpus(head, rest);
  CheckMachine(text);
  ParseDefaultDevices(head, rest);
  const std::vector<Mount> mounts = ParseMounts(head);
  for (const Mount& mount : mounts) Require(!mount.point.empty() && !mount.type.empty());
  for (const CgroupPlace& place : {FindCgroup("memory", rest, mounts), FindCgroup("cpu", rest, mounts)}) {
    Require((place.version == 0) == place.folders.empty() && place.folders.size() <= 65);
    Require(place.version == 0 || place.container < place.folders.size());
  }
  return 0;
}
