#include "collectors/proc_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>
#include <string>

#include "collectors/system_file.h"
#include "tests/collectors/fake_host.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using testing::FakeHost;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

TEST(SystemFile, IsReadToTheLimitInWholeLines) {
  FakeHost host;
  host.Write("f", "one\ntwo\nthree");
  const std::string path = host.Path("f");
  EXPECT_EQ(ReadSystemFile(path, 100), "one\ntwo\nthree");
  EXPECT_EQ(ReadSystemFile(path, 13), "one\ntwo\nthree") << "exactly";
  EXPECT_EQ(ReadSystemFile(path, 12), "one\ntwo\n");
  EXPECT_EQ(ReadSystemFile(path, 8), "one\ntwo\n");
  EXPECT_EQ(ReadSystemFile(path, 7), "one\n");
  EXPECT_EQ(ReadSystemFile(path, 2), "");
  host.Write("f", std::string(100'000, 'x') + "\n" + std::string(100'000, 'y'));
  EXPECT_EQ(ReadSystemFile(path, 150'000).value().size(), 100'001u);
  host.Write("f", "");
  EXPECT_EQ(ReadSystemFile(path, 100), "");
}

TEST(SystemFile, WhatIsNoFileIsAnErrorAndDoesNotBlock) {
  FakeHost host;
  EXPECT_THAT(ReadSystemFile(host.Path("none"), 10).error(), HasSubstr("none: No such file"));
  EXPECT_THAT(ReadSystemFile(host.Path(""), 10).error(), HasSubstr("not a regular file"));
  ASSERT_EQ(mkfifo(host.Path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(ReadSystemFile(host.Path("pipe"), 10).error(), HasSubstr("not a regular file"));
}

TEST(SystemFile, Counts) {
  EXPECT_THAT(ParseCount("0"), Optional(0u));
  EXPECT_THAT(ParseCount("9007199254740993"), Optional(9007199254740993u));
  EXPECT_THAT(ParseCount("18446744073709551615"), Optional(kMax));
  for (const char* wrong : {"", "18446744073709551616", "-1", "+1", "1.5", "1x", " 1", "max"})
    EXPECT_EQ(ParseCount(wrong), std::nullopt) << wrong;
  EXPECT_THAT(FindCount("ab 1\na 2\na 3\n", "a"), Optional(2u));
  EXPECT_EQ(FindCount("ab 1\n", "a"), std::nullopt);
  EXPECT_EQ(FindCount("a\n", "a"), std::nullopt);
}

TEST(ProcFiles, Cpus) {
  const auto cpus = ParseCpus(
      "cpu  9 9 9 9\n"
      "cpu0 1 2 3 4 5 6 7 8 9 10\n"
      "cpu7 18446744073709551615 0 0 1\n"  // the states of Linux 2.4
      "cpu7 1 1 1 1\n"                     // again
      "cpu8 1 2 3\n"
      "cpu9 1 2 x 4\n"
      "cpux 1 2 3 4\n"
      "cpu99999999999 1 2 3 4\n"
      "intr 5\n"
      "cpu1 1 1 1 1\n");
  ASSERT_EQ(cpus.size(), 2u);
  EXPECT_EQ(cpus[0].number, 0u);
  EXPECT_THAT(cpus[0].ticks, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(cpus[1].number, 7u);
  EXPECT_THAT(cpus[1].ticks, ElementsAre(kMax, 0, 0, 1, 0, 0, 0, 0));
}

TEST(ProcFiles, Memory) {
  const auto now = ParseMemory("MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:  600 kB\n");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->total, 1000u * 1024);
  EXPECT_EQ(now->available, 600u * 1024);
  const auto old = ParseMemory("MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 300 kB\n");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->available, 420u * 1024);
  EXPECT_EQ(ParseMemory("MemTotal: 10 kB\nMemAvailable: 11 kB\n").value().available, 10u * 1024) << "never more than all";
  EXPECT_EQ(ParseMemory("MemTotal: 10 kB\nMemFree: 9 kB\nCached: 9 kB\n").value().available, 10u * 1024);
  for (const char* wrong : {"", "MemTotal: 10 kB\n", "MemFree: 10 kB\n", "MemTotal: 0 kB\nMemFree: 0 kB\n",
                            "MemTotal: 18446744073709551615 kB\nMemFree: 1 kB\n", "MemTotal: x kB\nMemAvailable: 1 kB\n"}) {
    EXPECT_FALSE(ParseMemory(wrong)) << wrong;
  }
}

TEST(ProcFiles, Network) {
  const auto devices = ParseNetwork(
      "Inter-|   Receive\n face |bytes\n"
      "  eth0: 18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
      "veth1:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
      "eth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
      "eth0: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"
      "short: 1 2 3\n"
      "\xff: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
      " : 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
      "neg: -1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
  ASSERT_EQ(devices.size(), 3u);
  EXPECT_EQ(devices[0].device, "eth0");
  EXPECT_EQ(devices[0].receive.bytes, kMax);
  EXPECT_EQ(devices[0].receive.errors, 3u);
  EXPECT_EQ(devices[0].receive.dropped, 4u);
  EXPECT_EQ(devices[0].transmit.bytes, 9u);
  EXPECT_EQ(devices[0].transmit.errors, 11u);
  EXPECT_EQ(devices[0].transmit.dropped, 12u);
  EXPECT_EQ(devices[1].device, "veth1");
  EXPECT_EQ(devices[2].device, "eth0:1");
}

TEST(ProcFiles, DefaultRoutes) {
  const std::string route =
      "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
      "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\n"
      "half\t00000000\t00000000\t0001\t0\t0\t0\t00000080\n"  // 0.0.0.0/1, of a VPN
      "down\t00000000\t00000000\t0000\t0\t0\t0\t00000000\n"
      "none\t00000000\t00000000\t0201\t0\t0\t0\t00000000\n"
      "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\n"
      "wlan0\t00000000\t010200C0\t0003\t0\t0\t600\t00000000\n";
  const std::string zeros(32, '0');
  const std::string route6 = zeros + " 00 " + zeros +
                             " 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003     eth0\n" + zeros + " 00 " +
                             zeros + " 00 " + zeros + " ffffffff 00000001 00000000 00200200       lo\n" + zeros + " 00 " + zeros + " 00 " +
                             zeros + " 00000400 00000003 00000000 00000003     ppp0\n";
  EXPECT_THAT(ParseDefaultDevices(route, route6), ElementsAre("eth0", "wlan0", "ppp0"));
  EXPECT_THAT(ParseDefaultDevices("eth0 00000000", "0 0 0\n\n"), IsEmpty());
}

TEST(ProcFiles, Process) {
  const auto process = ParseProcess("42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 7 0 1000 12345678 321\n");
  ASSERT_TRUE(process);
  EXPECT_EQ(process->user_ticks, 150u);
  EXPECT_EQ(process->system_ticks, 50u);
  EXPECT_EQ(process->resident_pages, 321u);
  for (const char* wrong :
       {"", "42 (a", "42 (a) S 1 2 3\n", ")", "42 (a) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 7 0 1000 12345678 -1\n"}) {
    EXPECT_FALSE(ParseProcess(wrong)) << wrong;
  }
}

TEST(ProcFiles, AllowedCpus) {
  EXPECT_THAT(ParseAllowedCpus("Name:\tx\nCpus_allowed_list:\t0-3,8,10-11\nMems_allowed:\t1\n"), Optional(7u));
  EXPECT_THAT(ParseAllowedCpus("Cpus_allowed_list:\t5\n"), Optional(1u));
  for (const char* wrong : {"", "Cpus_allowed_list:\n", "Cpus_allowed_list:\t3-1\n", "Cpus_allowed_list:\t0-18446744073709551615\n",
                            "Cpus_allowed_list:\tx\n"}) {
    EXPECT_EQ(ParseAllowedCpus(wrong), std::nullopt) << wrong;
  }
}

TEST(ProcFiles, Pressure) {
  const auto both =
      ParsePressure("some avg10=0.48 avg60=0.18 avg300=0.19 total=103763026\nfull avg10=0.45 avg60=0.14 avg300=0.05 total=57945019\n");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->waiting_us, 103763026u);
  EXPECT_THAT(both->stalled_us, Optional(57945019u));
  EXPECT_EQ(ParsePressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n").value().stalled_us, std::nullopt);
  for (const char* wrong : {"", "full total=5\n", "some total=\n", "some total=x\n", "some\n"}) EXPECT_FALSE(ParsePressure(wrong)) << wrong;
}

TEST(ProcFiles, Mounts) {
  const auto mounts = ParseMounts(
      "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 master:3 - cgroup2 cgroup2 rw,nsdelegate\n"
      "32 31 8:1 /a\\040b /with\\040blank\\134\\012 rw - ext4 /dev/vda rw\n"
      "33 31 8:1 / /bad\\9 rw - ext4 /dev/vda rw\n"
      "34 31 8:1 / /no-dash rw ext4 /dev/vda rw\n"
      "35 31\n\n"
      "36 31 8:1 / /short rw - ext4\n");
  ASSERT_EQ(mounts.size(), 3u);
  EXPECT_EQ(mounts[0].root, "/");
  EXPECT_EQ(mounts[0].point, "/sys/fs/cgroup");
  EXPECT_EQ(mounts[0].type, "cgroup2");
  EXPECT_EQ(mounts[0].options, "rw,nsdelegate");
  EXPECT_EQ(mounts[1].root, "/a b");
  EXPECT_EQ(mounts[1].point, "/with blank\\\n");
  EXPECT_EQ(mounts[2].point, "/bad\\9");
}

}  // namespace
}  // namespace logmill
