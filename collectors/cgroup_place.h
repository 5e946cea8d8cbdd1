// Where the control group of a process lies: cgroups(7).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/proc_files.h"

namespace logmill {

struct CgroupPlace {
  int version = 0;  // 1 or 2; 0: the controller is not there, or its file system is not mounted
  // The group of the process first, then upwards to the highest that can be seen, 64 at most: each may limit what all below it get.
  std::vector<std::string> folders;
  // In a container, the place of its group in `folders`: what the highest visible group is when it is not the machine's root group. When
  // all of the machine's groups can be seen, the path tells by the names that runtimes choose, and the group is that of the process.
  bool contained = false;
  size_t container = 0;

  // The group that the numbers are taken of: of the container, else of the process. Only when version is not 0.
  [[nodiscard]] const std::string& folder() const { return folders[contained ? container : 0]; }
};

// Of one controller: "memory", "cpu", "cpuacct"; in version 2 they all have one place. `cgroup` is /proc/PID/cgroup. Mount points are
// looked at as they stand in `mounts`.
CgroupPlace FindCgroup(std::string_view controller, std::string_view cgroup, std::span<const Mount> mounts);

}  // namespace logmill
