// A machine of files: what /proc and /sys/fs/cgroup would hold.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace logmill::testing {

class FakeHost {
 public:
  FakeHost() {
    std::string name = (std::filesystem::temp_directory_path() / "logmill_host_XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~FakeHost() { std::filesystem::remove_all(root_); }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  // `path` is relative; folders are made.
  void Write(const std::string& path, std::string_view text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  void Remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }
  [[nodiscard]] std::string Path(const std::string& path) const { return (root_ / path).string(); }
  [[nodiscard]] std::string proc() const { return Path("proc"); }

  // A line of mountinfo; `point` is relative.
  [[nodiscard]] std::string Mount(std::string_view root, const std::string& point, std::string_view type,
                                  std::string_view options = "rw") const {
    return "31 23 0:28 " + std::string(root) + " " + Path(point) + " rw,nosuid - " + std::string(type) + " none " + std::string(options) +
           "\n";
  }

  // Two CPUs, 16 GiB of which 4 are in use, one interface with a default route, a process that used 3 s.
  void MakeMachine() const {
    Write("proc/stat",
          "cpu  300 0 300 3000 0 0 0 0 0 0\ncpu0 100 20 200 1000 5 1 2 3 0 0\ncpu1 200 0 100 2000 0 0 0 0 0 0\nintr 7 0\nctxt 9\n");
    Write("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:         1000000 kB\nMemAvailable:   12582912 kB\nBuffers: 5 kB\n");
    Write("proc/self/net/dev",
          "Inter-|   Receive                            |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes "
          "...\n"
          "    lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n"
          "  eth0: 287486748 8011 1 2 0 0 0 0 824309 5288 3 4 0 0 0 0\n"
          "docker0: 7 7 7 7 0 0 0 0 7 7 7 7 0 0 0 0\n");
    Write("proc/self/net/route",
          "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
          "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
          "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n");
    Write("proc/self/stat",
          "42 (log) mill) S 1 42 42 0 -1 4194560 100 0 0 0 200 100 0 0 20 0 7 0 1000 12345678 1000 18446744073709551615 1\n");
    Write("proc/self/status", "Name:\tlogmill\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n");
    for (const char* resource : {"cpu", "memory", "io"}) {
      Write(std::string("proc/pressure/") + resource,
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n");
    }
    MountVersion2("/", "/");
    Write("cgroup/cpu.stat", "usage_usec 5\nuser_usec 3\nsystem_usec 2\n");
  }

  // Control groups of version 2 whose visible top is `cgroup`.
  void MountVersion2(std::string_view root, std::string_view path) const {
    Write("proc/self/mountinfo", "22 1 0:21 / / rw - ext4 /dev/vda rw\n" + Mount(root, "cgroup", "cgroup2", "rw,nsdelegate"));
    Write("proc/self/cgroup", "0::" + std::string(path) + "\n");
  }
  // A group of version 2 with 1 GiB in use, of which 256 MiB is idle cache, and 30 s of CPU time. Limits are as in the files.
  void MakeGroup2(const std::string& folder, std::string_view memory_max, std::string_view cpu_max) const {
    Write(folder + "/cgroup.events", "populated 1\nfrozen 0\n");
    Write(folder + "/memory.max", std::string(memory_max) + "\n");
    Write(folder + "/memory.current", "1073741824\n");
    Write(folder + "/memory.stat", "anon 5\nfile 6\ninactive_anon 7\ninactive_file 268435456\n");
    Write(folder + "/memory.events", "low 0\nhigh 0\nmax 4\noom 3\noom_kill 2\noom_group_kill 0\n");
    Write(folder + "/cpu.max", std::string(cpu_max) + "\n");
    Write(folder + "/cpu.stat",
          "usage_usec 30000000\nuser_usec 20000000\nsystem_usec 10000000\nnr_periods 50\nnr_throttled 5\nthrottled_usec 1500000\n");
    for (const char* resource : {"cpu", "memory", "io"}) {
      Write(folder + "/" + resource + ".pressure",
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=7000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n");
    }
  }

  // Control groups of version 1, three hierarchies below `cgroup`, as Docker mounts them.
  void MountVersion1(std::string_view root, std::string_view path, const std::string& further_mounts = "") const {
    Write("proc/self/mountinfo", further_mounts + Mount(root, "cgroup/memory", "cgroup", "rw,memory") +
                                     Mount(root, "cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct") +
                                     Mount(root, "cgroup/systemd", "cgroup", "rw,name=systemd"));
    const std::string at(path);
    Write("proc/self/cgroup", "9:name=systemd:" + at + "\n4:memory:" + at + "\n2:cpu,cpuacct:" + at + "\n0::/\n");
  }
  // A group of version 1: 1 GiB in use, 256 MiB idle cache, 30 s of CPU time. `folder` is that of each hierarchy.
  void MakeGroup1(const std::string& folder, std::string_view memory_limit, std::string_view quota) const {
    const std::string memory = "cgroup/memory" + folder;
    const std::string cpu = "cgroup/cpu,cpuacct" + folder;
    Write(memory + "/memory.limit_in_bytes", std::string(memory_limit) + "\n");
    Write(memory + "/memory.usage_in_bytes", "1073741824\n");
    Write(memory + "/memory.stat",
          "cache 1\ninactive_file 3\nhierarchical_memory_limit 9223372036854771712\ntotal_inactive_file 268435456\n");
    Write(memory + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    Write(cpu + "/cpu.cfs_quota_us", std::string(quota) + "\n");
    Write(cpu + "/cpu.cfs_period_us", "100000\n");
    Write(cpu + "/cpu.stat", "nr_periods 50\nnr_throttled 5\nthrottled_time 1500000000\n");
    Write(cpu + "/cpuacct.usage", "30000000000\n");
    Write(cpu + "/cpuacct.stat", "user 2000\nsystem 1000\n");
  }
  // The machine's own root groups of version 1.
  void MakeRootGroups1() const {
    Write("cgroup/memory/release_agent", "\n");
    Write("cgroup/cpu,cpuacct/release_agent", "\n");
    MakeGroup1("", "9223372036854771712", "-1");
  }

 private:
  std::filesystem::path root_;
};

}  // namespace logmill::testing
