#include "collectors/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "collectors/system_file.h"
#include "tests/collectors/fake_host.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using testing::FakeHost;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr uint64_t kMiB = 1 << 20;
constexpr const char* kNoLimit1 = "9223372036854771712";  // what version 1 says of no limit, with pages of 4 KiB

Cgroup Find(const FakeHost& host) {
  const auto mounts = ReadSystemFile(host.Path("proc/self/mountinfo"), kLargeFileBytes);
  const auto cgroup = ReadSystemFile(host.Path("proc/self/cgroup"), kSmallFileBytes);
  return FindCgroups(cgroup.value(), ParseMounts(mounts.value()));
}

CgroupMemory MemoryOf(const FakeHost& host) { return ReadCgroupMemory(Find(host)); }
CgroupCpu CpuOf(const FakeHost& host) { return ReadCgroupCpu(Find(host), 100); }

// What both versions give of the fixture's groups.
void ExpectUse(const CgroupMemory& memory, const CgroupCpu& cpu) {
  EXPECT_THAT(memory.current, Optional(1024 * kMiB));
  EXPECT_THAT(memory.working_set, Optional(768 * kMiB));
  EXPECT_THAT(memory.oom_kills, Optional(2u));
  EXPECT_THAT(cpu.usage_seconds, Optional(30.0));
  EXPECT_THAT(cpu.user_seconds, Optional(20.0));
  EXPECT_THAT(cpu.system_seconds, Optional(10.0));
}

TEST(CgroupVersion2, ADockerContainerSeesItselfAsTheTop) {
  FakeHost host;
  host.MountVersion2("/", "/");
  host.MakeGroup2("cgroup", "2147483648", "150000 100000");
  const Cgroup group = Find(host);
  EXPECT_TRUE(group.contained());
  EXPECT_EQ(group.version(), 2);
  EXPECT_THAT(group.memory.folders, ElementsAre(host.Path("cgroup")));
  ExpectUse(MemoryOf(host), CpuOf(host));
  EXPECT_THAT(MemoryOf(host).limit, Optional(2048 * kMiB));
  EXPECT_THAT(MemoryOf(host).headroom, Optional(1280 * kMiB));
  EXPECT_THAT(CpuOf(host).limit, Optional(1.5));
  EXPECT_THAT(CpuOf(host).periods, Optional(50.0));
  EXPECT_THAT(CpuOf(host).throttled_periods, Optional(5.0));
  EXPECT_THAT(CpuOf(host).throttled_seconds, Optional(1.5));
}

TEST(CgroupVersion2, MaxIsNoLimit) {
  FakeHost host;
  host.MountVersion2("/", "/");
  host.MakeGroup2("cgroup", "max", "max 100000");
  EXPECT_TRUE(Find(host).contained());
  ExpectUse(MemoryOf(host), CpuOf(host));
  EXPECT_EQ(MemoryOf(host).limit, std::nullopt);
  EXPECT_EQ(MemoryOf(host).headroom, std::nullopt);
  EXPECT_EQ(CpuOf(host).limit, std::nullopt);
}

TEST(CgroupVersion2, TheContainerIsTheTopAndNotAServiceInIt) {
  FakeHost host;
  host.MountVersion2("/", "/system.slice/logmill.service");
  host.MakeGroup2("cgroup", "max", "max 100000");
  host.MakeGroup2("cgroup/system.slice", "max", "max 100000");
  host.MakeGroup2("cgroup/system.slice/logmill.service", "max", "50000 100000");
  host.Write("cgroup/system.slice/logmill.service/memory.current", "5\n");
  ExpectUse(MemoryOf(host), CpuOf(host));
  EXPECT_THAT(CpuOf(host).limit, Optional(0.5)) << "it holds us back all the same";
  EXPECT_THAT(CpuOf(host).throttled_periods, Optional(15.0)) << "of all three groups";
}

TEST(CgroupVersion2, TheTightestLimitOfThePathCounts) {
  FakeHost host;
  host.MountVersion2("/", "/kubepods/pod1/app");
  host.MakeGroup2("cgroup/kubepods/pod1/app", "8589934592", "400000 100000");
  host.MakeGroup2("cgroup/kubepods/pod1", "2147483648", "max 100000");
  host.Write("cgroup/kubepods/pod1/memory.current", "2000000000\n");
  host.MakeGroup2("cgroup/kubepods", "max", "300000 200000");
  EXPECT_THAT(MemoryOf(host).limit, Optional(2048 * kMiB));
  EXPECT_THAT(MemoryOf(host).headroom, Optional(2048 * kMiB - (2000000000 - 256 * kMiB))) << "what the pod's other containers use is gone";
  EXPECT_THAT(CpuOf(host).limit, Optional(1.5));
}

TEST(CgroupVersion2, KubernetesOnAMachineWhoseGroupsAreAllVisible) {
  FakeHost host;
  host.MountVersion2("/", "/kubepods.slice/kubepods-pod1.slice/cri-containerd-abc.scope");
  host.MakeGroup2("cgroup/kubepods.slice/kubepods-pod1.slice/cri-containerd-abc.scope", "max", "max 100000");
  host.Write("cgroup/cgroup.procs", "1\n");
  const Cgroup group = Find(host);
  EXPECT_TRUE(group.contained());
  EXPECT_EQ(group.memory.folder(), host.Path("cgroup/kubepods.slice/kubepods-pod1.slice/cri-containerd-abc.scope"));
  ExpectUse(MemoryOf(host), CpuOf(host));
}

TEST(CgroupVersion2, AServiceOfAMachineIsNoContainer) {
  FakeHost host;
  host.MountVersion2("/", "/system.slice/docker.service");
  host.Write("cgroup/cgroup.procs", "1\n");
  host.Write("cgroup/cpu.stat", "usage_usec 1\nuser_usec 1\nsystem_usec 0\n");
  host.MakeGroup2("cgroup/system.slice", "max", "max 100000");
  host.MakeGroup2("cgroup/system.slice/docker.service", "1073741824", "max 100000");
  EXPECT_FALSE(Find(host).contained());
  EXPECT_THAT(MemoryOf(host).limit, Optional(1024 * kMiB));
  ExpectUse(MemoryOf(host), CpuOf(host));
}

TEST(CgroupVersion2, AGroupThatIsMountedAloneWithoutANamespace) {
  FakeHost host;
  host.MountVersion2("/docker/abc", "/docker/abc");
  host.MakeGroup2("cgroup", "2147483648", "max 100000");
  EXPECT_TRUE(Find(host).contained());
  EXPECT_THAT(Find(host).memory.folders, ElementsAre(host.Path("cgroup")));
  EXPECT_THAT(MemoryOf(host).limit, Optional(2048 * kMiB));
}

TEST(CgroupVersion2, PathsThatLeadOutOfSightEndAtTheTop) {
  FakeHost host;
  for (const char* path : {"/../other", "/..", "/elsewhere"}) {
    host.MountVersion2("/docker/abc", path);
    host.MakeGroup2("cgroup", "2147483648", "max 100000");
    EXPECT_THAT(Find(host).memory.folders, ElementsAre(host.Path("cgroup"))) << path;
  }
}

TEST(CgroupVersion2, TheHostsTreeInAContainerIsNotOurs) {
  FakeHost host;
  host.MountVersion2("/../..", "/");
  EXPECT_EQ(Find(host).version(), 0);
  EXPECT_EQ(MemoryOf(host).current, std::nullopt);
  EXPECT_EQ(CpuOf(host).usage_seconds, std::nullopt);
}

TEST(CgroupVersion2, WithoutControllersThereIsTheTimeAlone) {
  FakeHost host;
  host.MountVersion2("/", "/");
  host.Write("cgroup/cgroup.events", "populated 1\n");
  host.Write("cgroup/cpu.stat", "usage_usec 9007199254740993000\nuser_usec 5\nsystem_usec 6\n");
  EXPECT_TRUE(Find(host).contained());
  EXPECT_EQ(MemoryOf(host).working_set, std::nullopt);
  EXPECT_EQ(MemoryOf(host).oom_kills, std::nullopt);
  EXPECT_THAT(CpuOf(host).usage_seconds, Optional(9007199254740.993));
  EXPECT_EQ(CpuOf(host).periods, std::nullopt);
}

TEST(CgroupVersion2, PressureIsThatOfTheContainer) {
  FakeHost host;
  host.MountVersion2("/", "/");
  host.MakeGroup2("cgroup", "max", "max 100000");
  const auto pressure = ReadCgroupPressure(Find(host), "io");
  ASSERT_TRUE(pressure);
  EXPECT_EQ(pressure->waiting_us, 7'000'000u);
  EXPECT_THAT(pressure->stalled_us, Optional(1'000'000u));
}

TEST(CgroupVersion1, ADockerContainer) {
  FakeHost host;
  host.MountVersion1("/docker/abc", "/docker/abc");
  host.MakeGroup1("", "2147483648", "150000");
  EXPECT_TRUE(Find(host).contained());
  EXPECT_EQ(Find(host).version(), 1);
  ExpectUse(MemoryOf(host), CpuOf(host));
  EXPECT_THAT(MemoryOf(host).limit, Optional(2048 * kMiB));
  EXPECT_THAT(MemoryOf(host).headroom, Optional(1280 * kMiB));
  EXPECT_THAT(CpuOf(host).limit, Optional(1.5));
  EXPECT_THAT(CpuOf(host).throttled_seconds, Optional(1.5));
  EXPECT_EQ(ReadCgroupPressure(Find(host), "cpu"), std::nullopt);
}

TEST(CgroupVersion1, TheHugeNumberAndMinusOneAreNoLimits) {
  FakeHost host;
  host.MountVersion1("/", "/");
  for (const char* none : {kNoLimit1, "9223372036854710272", "9223372036854775807", "18446744073709551615"}) {
    host.MakeGroup1("", none, "-1");
    ExpectUse(MemoryOf(host), CpuOf(host));
    EXPECT_EQ(MemoryOf(host).limit, std::nullopt) << none;
    EXPECT_EQ(CpuOf(host).limit, std::nullopt);
  }
}

TEST(CgroupVersion1, ALimitAboveWhatCanBeSeenCounts) {
  FakeHost host;
  host.MountVersion1("/", "/");
  host.MakeGroup1("", "4294967296", "-1");
  host.Write("cgroup/memory/memory.stat", "hierarchical_memory_limit 2147483648\ntotal_inactive_file 268435456\n");
  EXPECT_THAT(MemoryOf(host).limit, Optional(2048 * kMiB));
}

TEST(CgroupVersion1, NestedGroupsOnAMachine) {
  FakeHost host;
  host.MountVersion1("/", "/outer/inner");
  host.MakeRootGroups1();
  host.MakeGroup1("/outer", "2147483648", "100000");
  host.MakeGroup1("/outer/inner", kNoLimit1, "400000");
  EXPECT_FALSE(Find(host).contained());
  EXPECT_THAT(Find(host).memory.folders,
              ElementsAre(host.Path("cgroup/memory/outer/inner"), host.Path("cgroup/memory/outer"), host.Path("cgroup/memory")));
  EXPECT_THAT(MemoryOf(host).limit, Optional(2048 * kMiB));
  EXPECT_THAT(CpuOf(host).limit, Optional(1.0));
}

TEST(CgroupVersion1, KubernetesIsKnownByItsName) {
  FakeHost host;
  host.MountVersion1("/", "/kubepods/burstable/pod1/abc");
  host.MakeRootGroups1();
  host.MakeGroup1("/kubepods/burstable/pod1/abc", "2147483648", "-1");
  EXPECT_TRUE(Find(host).contained());
  ExpectUse(MemoryOf(host), CpuOf(host));
}

TEST(CgroupHybrid, EachControllerIsLookedForWhereItIs) {
  FakeHost host;
  host.MountVersion1("/", "/", host.Mount("/", "cgroup/unified", "cgroup2"));
  host.MakeGroup1("", "2147483648", "-1");
  host.Write("cgroup/unified/cgroup.events", "populated 1\n");
  host.Write("cgroup/unified/cpu.stat", "usage_usec 1\nuser_usec 1\nsystem_usec 0\n");
  EXPECT_EQ(Find(host).version(), 1);
  ExpectUse(MemoryOf(host), CpuOf(host));
  host.Write("proc/self/cgroup", "4:memory:/\n0::/\n");  // CPU in version 2
  EXPECT_THAT(CpuOf(host).usage_seconds, Optional(1e-6));
  EXPECT_THAT(MemoryOf(host).current, Optional(1024 * kMiB));
}

TEST(Cgroup, WhatIsNotMountedIsNotThere) {
  FakeHost host;
  host.Write("proc/self/mountinfo", "22 1 0:21 / / rw - ext4 /dev/vda rw\n");
  for (const char* cgroup : {"0::/\n", "4:memory:/a\n", "", "nonsense", ":::", "0::"}) {
    host.Write("proc/self/cgroup", cgroup);
    EXPECT_EQ(Find(host).version(), 0) << cgroup;
    EXPECT_FALSE(Find(host).contained());
    EXPECT_THAT(Find(host).memory.folders, IsEmpty());
  }
}

TEST(Cgroup, DeepPathsAreBounded) {
  FakeHost host;
  std::string path;
  for (int i = 0; i < 500; ++i) path += "/d";
  host.MountVersion2("/", path);
  EXPECT_EQ(Find(host).memory.folders.size(), 65u);
  EXPECT_EQ(Find(host).memory.folders.front(), host.Path("cgroup") + path);
  EXPECT_EQ(Find(host).memory.folders.back(), host.Path("cgroup"));
}

TEST(Cgroup, NonsenseInFilesIsAbsent) {
  FakeHost host;
  host.MountVersion2("/", "/");
  for (const char* nonsense : {"", "-5", "99999999999999999999999", "0x10", "max max max", "\n\n", "12 34 56x"}) {
    host.MakeGroup2("cgroup", nonsense, nonsense);
    host.Write("cgroup/memory.current", "x");
    host.Write("cgroup/cpu.stat", "user_usec\nsystem_usec -1\n");
    const CgroupMemory memory = MemoryOf(host);
    EXPECT_EQ(memory.current, std::nullopt);
    EXPECT_EQ(memory.headroom, std::nullopt);
    EXPECT_EQ(CpuOf(host).user_seconds, std::nullopt);
    EXPECT_EQ(CpuOf(host).system_seconds, std::nullopt);
  }
  host.MakeGroup2("cgroup", "0", "0 100000");
  EXPECT_THAT(MemoryOf(host).headroom, Optional(0u));
  EXPECT_EQ(CpuOf(host).limit, std::nullopt) << "no such quota exists";
}

TEST(Cgroup, MoreCacheThanUseIsNoUse) {
  FakeHost host;
  host.MountVersion2("/", "/");
  host.MakeGroup2("cgroup", "max", "max 100000");
  host.Write("cgroup/memory.current", "4096\n");
  EXPECT_THAT(MemoryOf(host).working_set, Optional(0u));
}

}  // namespace
}  // namespace logmill
