#include "collectors/host_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include "metrics/exposition.h"
#include "metrics/process_metrics.h"
#include "tests/collectors/fake_host.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;
using testing::FakeHost;

constexpr double kGiB = 1 << 30;

// "name label=value ...", without the label that is the same in all.
std::map<std::string, double> SeriesOf(const Collected& collected) {
  std::map<std::string, double> series;
  for (const prometheus::MetricFamily& family : collected.families[IndexOf(Endpoint::kApi)]) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      std::string key = family.name;
      for (const auto& label : metric.label) {
        if (label.name != "otel_scope_name") key += " " + label.name + "=" + label.value;
      }
      const double value = family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
      EXPECT_TRUE(series.emplace(key, value).second) << key << " twice";
    }
  }
  return series;
}

std::set<std::string> NamesOf(const Collected& collected) {
  std::set<std::string> names;
  for (const auto& family : collected.families[IndexOf(Endpoint::kApi)]) names.insert(family.name);
  return names;
}

class HostCollectorTest : public ::testing::Test {
 protected:
  HostCollectorTest() {
    host_.MakeMachine();
    options_.proc = host_.proc();
    options_.filesystems = {{"state", host_.Path("")}};
  }

  Collected Collect() {
    if (!collector_) collector_ = std::make_unique<HostCollector>(options_, kAllGroups, clock_);
    auto collected = collector_->Collect();
    EXPECT_TRUE(collected) << collected.error();
    return collected.value_or(Collected{});
  }
  std::map<std::string, double> Series() { return SeriesOf(Collect()); }

  FakeHost host_;
  FakeClock clock_;
  HostOptions options_;
  std::unique_ptr<HostCollector> collector_;
  const double ticks_ = static_cast<double>(sysconf(_SC_CLK_TCK));
};

TEST_F(HostCollectorTest, AMachine) {
  const Collected collected = Collect();
  EXPECT_THAT(collected.notices, IsEmpty());
  const auto series = SeriesOf(collected);
  EXPECT_EQ(series.at("system_cpu_time_total system_cpu_state=user system_cpu_logical_number=0"), 100 / ticks_);
  EXPECT_EQ(series.at("system_cpu_time_total system_cpu_state=nice system_cpu_logical_number=0"), 20 / ticks_);
  EXPECT_EQ(series.at("system_cpu_time_total system_cpu_state=system system_cpu_logical_number=0"), 200 / ticks_);
  EXPECT_EQ(series.at("system_cpu_time_total system_cpu_state=idle system_cpu_logical_number=1"), 2000 / ticks_);
  EXPECT_EQ(series.at("system_cpu_time_total system_cpu_state=interrupt system_cpu_logical_number=0"), 1 / ticks_);
  EXPECT_EQ(series.at("system_memory_usage system_memory_state=used"), 4 * kGiB);
  EXPECT_EQ(series.at("system_memory_usage system_memory_state=free"), 12 * kGiB);
  EXPECT_EQ(series.at("system_memory_utilization system_memory_state=used"), 0.25);
  EXPECT_EQ(series.at("system_memory_utilization system_memory_state=free"), 0.75);
  EXPECT_EQ(series.at("system_network_io_total system_device=eth0 network_io_direction=receive"), 287486748);
  EXPECT_EQ(series.at("system_network_io_total system_device=eth0 network_io_direction=transmit"), 824309);
  EXPECT_EQ(series.at("system_network_errors_total system_device=eth0 network_io_direction=receive"), 1);
  EXPECT_EQ(series.at("system_network_dropped_total system_device=eth0 network_io_direction=transmit"), 4);
  EXPECT_EQ(series.at("process_cpu_time_total process_cpu_state=user"), 200 / ticks_);
  EXPECT_EQ(series.at("process_cpu_time_total process_cpu_state=system"), 100 / ticks_);
  EXPECT_EQ(series.at("process_memory_usage"), 1000.0 * static_cast<double>(sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(series.at("logmill_host_info view=machine cgroup=2"), 1);
  EXPECT_EQ(series.at("logmill_host_pressure_waiting_seconds_total resource=io"), 2.5);
  EXPECT_EQ(series.at("logmill_host_pressure_stalled_seconds_total resource=memory"), 0.5);
  EXPECT_GT(series.at("logmill_host_filesystem_size_bytes filesystem=state"), 0);
  EXPECT_THAT(NamesOf(collected), Not(Contains("logmill_container_memory_usage_bytes")));
}

TEST_F(HostCollectorTest, UtilizationIsThatBetweenTwoReadings) {
  EXPECT_THAT(NamesOf(Collect()), Not(Contains("process_cpu_utilization")));
  clock_.Advance(10s);
  host_.Write("proc/stat", "cpu0 150 20 250 1000 5 1 2 3\ncpu1 200 0 100 2100 0 0 0 0\n");
  const double used = 200 + 2 * ticks_;
  host_.Write("proc/self/stat",
              "42 (l) S 1 42 42 0 -1 4194560 100 0 0 0 " + std::to_string(static_cast<int>(used)) + " 100 0 0 20 0 7 0 1000 1 1000\n");
  const auto series = Series();
  EXPECT_EQ(series.at("system_cpu_utilization system_cpu_state=user system_cpu_logical_number=0"), 0.5);
  EXPECT_EQ(series.at("system_cpu_utilization system_cpu_state=system system_cpu_logical_number=0"), 0.5);
  EXPECT_EQ(series.at("system_cpu_utilization system_cpu_state=idle system_cpu_logical_number=0"), 0);
  EXPECT_EQ(series.at("system_cpu_utilization system_cpu_state=idle system_cpu_logical_number=1"), 1);
  EXPECT_EQ(series.at("process_cpu_utilization process_cpu_state=user"), 0.1) << "2 s of 10 s of 2 CPUs";
  EXPECT_EQ(series.at("process_cpu_utilization process_cpu_state=system"), 0);
}

TEST_F(HostCollectorTest, FirstReadingHasNoUtilization) { EXPECT_THAT(Series(), Each(Key(Not(HasSubstr("system_cpu_utilization"))))); }

// All that a container changes, in both versions of control groups.
class HostCollectorInContainer : public HostCollectorTest, public ::testing::WithParamInterface<int> {
 protected:
  void MakeContainer(const std::string& memory_limit, const std::string& quota) {
    if (GetParam() == 2) {
      host_.MountVersion2("/", "/");
      host_.MakeGroup2("cgroup", memory_limit.empty() ? "max" : memory_limit, (quota.empty() ? "max" : quota) + " 100000");
    } else {
      host_.MountVersion1("/docker/abc", "/docker/abc");
      host_.MakeGroup1("", memory_limit.empty() ? "9223372036854771712" : memory_limit, quota.empty() ? "-1" : quota);
    }
  }
  // 30 s of CPU time are `user` + `system` more.
  void Spend(int user, int system) {
    const auto ticks = static_cast<int>(ticks_);
    host_.Write("cgroup/cpu.stat", "usage_usec 5\nuser_usec " + std::to_string(20'000'000 + user * 1'000'000) + "\nsystem_usec " +
                                       std::to_string(10'000'000 + system * 1'000'000) + "\n");
    host_.Write("cgroup/cpu,cpuacct/cpuacct.stat",
                "user " + std::to_string((20 + user) * ticks) + "\nsystem " + std::to_string((10 + system) * ticks) + "\n");
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, HostCollectorInContainer, ::testing::Values(1, 2));

TEST_P(HostCollectorInContainer, SystemIsTheContainer) {
  MakeContainer("2147483648", "50000");
  Spend(0, 0);
  auto series = Series();
  EXPECT_EQ(series.at("system_cpu_time_total system_cpu_state=user"), 20);
  EXPECT_EQ(series.at("system_cpu_time_total system_cpu_state=system"), 10);
  EXPECT_EQ(series.at("system_memory_usage system_memory_state=used"), 0.75 * kGiB);
  EXPECT_EQ(series.at("system_memory_usage system_memory_state=free"), 1.25 * kGiB);
  EXPECT_EQ(series.at("system_memory_utilization system_memory_state=used"), 0.375);
  EXPECT_EQ(series.at("logmill_host_info view=container cgroup=" + std::to_string(GetParam())), 1);
  EXPECT_THAT(series, Each(Key(Not(HasSubstr("logical_number")))));
  clock_.Advance(10s);
  Spend(2, 1);
  series = Series();
  EXPECT_EQ(series.at("system_cpu_utilization system_cpu_state=user"), 0.4) << "2 s of 10 s of half a CPU";
  EXPECT_EQ(series.at("system_cpu_utilization system_cpu_state=system"), 0.2);
  EXPECT_DOUBLE_EQ(series.at("system_cpu_utilization system_cpu_state=idle"), 0.4);
}

TEST_P(HostCollectorInContainer, LimitsAndThrottling) {
  MakeContainer("2147483648", "50000");
  Spend(0, 0);
  if (GetParam() == 2) host_.MakeGroup2("cgroup", "2147483648", "50000 100000");
  const auto series = Series();
  EXPECT_THAT(
      series,
      IsSupersetOf({Pair("logmill_container_memory_limit_bytes", 2 * kGiB), Pair("logmill_container_memory_headroom_bytes", 1.25 * kGiB),
                    Pair("logmill_container_memory_usage_bytes", 1 * kGiB), Pair("logmill_container_memory_working_set_bytes", 0.75 * kGiB),
                    Pair("logmill_container_oom_kills_total", 2.0), Pair("logmill_container_cpu_limit_cores", 0.5),
                    Pair("logmill_container_cpu_usage_seconds_total", 30.0), Pair("logmill_container_cpu_periods_total", 50.0),
                    Pair("logmill_container_cpu_throttled_periods_total", 5.0),
                    Pair("logmill_container_cpu_throttled_seconds_total", 1.5)}));
}

TEST_P(HostCollectorInContainer, WithoutLimitsTheMachineIsTheLimit) {
  MakeContainer("", "");
  Spend(0, 0);
  auto series = Series();
  EXPECT_EQ(series.at("system_memory_usage system_memory_state=used"), 0.75 * kGiB);
  EXPECT_EQ(series.at("system_memory_usage system_memory_state=free"), 12 * kGiB);
  EXPECT_THAT(series, Not(Contains(Key("logmill_container_memory_limit_bytes"))));
  EXPECT_THAT(series, Not(Contains(Key("logmill_container_cpu_limit_cores"))));
  clock_.Advance(10s);
  Spend(5, 0);
  series = Series();
  EXPECT_EQ(series.at("system_cpu_utilization system_cpu_state=user"), 0.25) << "5 s of 10 s of 2 CPUs";
  host_.Write("proc/self/status", "Cpus_allowed_list:\t1\n");  // --cpuset-cpus
  clock_.Advance(10s);
  Spend(10, 0);
  EXPECT_EQ(Series().at("system_cpu_utilization system_cpu_state=user"), 0.5);
}

TEST_P(HostCollectorInContainer, WhatTheMachineLacksIsNotFree) {
  MakeContainer("17179869184", "");
  host_.Write("proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 1048576 kB\n");
  EXPECT_EQ(Series().at("system_memory_usage system_memory_state=free"), kGiB);
  host_.Remove("proc/meminfo");
  EXPECT_EQ(Series().at("system_memory_usage system_memory_state=free"), 15.25 * kGiB);
}

TEST_P(HostCollectorInContainer, TheMachineCanBeAskedFor) {
  MakeContainer("2147483648", "50000");
  options_.machine = true;
  const auto series = Series();
  EXPECT_EQ(series.at("system_memory_usage system_memory_state=used"), 4 * kGiB);
  EXPECT_EQ(series.at("system_cpu_time_total system_cpu_state=idle system_cpu_logical_number=1"), 2000 / ticks_);
  EXPECT_EQ(series.at("logmill_container_memory_limit_bytes"), 2 * kGiB);
  EXPECT_EQ(series.at("logmill_host_info view=machine cgroup=" + std::to_string(GetParam())), 1);
}

TEST_F(HostCollectorTest, PressureInAContainerIsTheContainers) {
  host_.MountVersion2("/", "/");
  host_.MakeGroup2("cgroup", "max", "max 100000");
  EXPECT_EQ(Series().at("logmill_host_pressure_waiting_seconds_total resource=cpu"), 7);
  host_.MountVersion1("/docker/abc", "/docker/abc");
  host_.MakeGroup1("", "2147483648", "-1");
  const Collected collected = Collect();
  EXPECT_THAT(NamesOf(collected), Not(Contains("logmill_host_pressure_waiting_seconds_total")));
  EXPECT_THAT(collected.notices, UnorderedElementsAre(HasSubstr("no metrics of pressure")));
}

TEST_F(HostCollectorTest, AContainerThatCountsNothingHasNotices) {
  host_.MountVersion2("/", "/");
  host_.Write("cgroup/cgroup.events", "populated 1\n");
  host_.Remove("cgroup/cpu.stat");
  const Collected collected = Collect();
  EXPECT_THAT(collected.notices,
              UnorderedElementsAre(HasSubstr("does not count CPU time"), HasSubstr("no metrics of memory: the container"),
                                   HasSubstr("no metrics of pressure")));
  EXPECT_THAT(NamesOf(collected), IsSupersetOf({"process_memory_usage", "system_network_io_total"}));
}

TEST_F(HostCollectorTest, ALimitedServiceShowsItsLimitBesideTheMachine) {
  host_.MountVersion2("/", "/system.slice/logmill.service");
  host_.MakeGroup2("cgroup/system.slice/logmill.service", "2147483648", "max 100000");
  const auto series = Series();
  EXPECT_EQ(series.at("system_memory_usage system_memory_state=used"), 4 * kGiB);
  EXPECT_EQ(series.at("logmill_container_memory_limit_bytes"), 2 * kGiB);
  EXPECT_EQ(series.at("logmill_host_info view=machine cgroup=2"), 1);
}

TEST_F(HostCollectorTest, AMissingFileTakesAwayNoMoreThanIsInIt) {
  const std::set<std::string> all = NamesOf(Collect());
  const struct {
    const char* file;
    std::set<std::string> gone;
    const char* notice;
  } kCases[] = {
      {"stat", {"system_cpu_time_total"}, "no metrics of CPUs: "},
      {"meminfo", {"system_memory_usage", "system_memory_utilization"}, "no metrics of memory of the machine: "},
      {"self/net/dev",
       {"system_network_io_total", "system_network_errors_total", "system_network_dropped_total"},
       "no metrics of the network: "},
      {"self/stat", {"process_cpu_time_total", "process_memory_usage"}, "no metrics of the process: "},
      {"pressure",
       {"logmill_host_pressure_waiting_seconds_total", "logmill_host_pressure_stalled_seconds_total"},
       "no metrics of pressure: "},
      {"self/mountinfo", {}, "no metrics of control groups: "},
      {"self/cgroup", {}, "no metrics of control groups: "},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.file);
    host_.MakeMachine();
    host_.Remove(std::string("proc/") + test.file);
    collector_.reset();
    const Collected collected = Collect();
    EXPECT_THAT(collected.notices, UnorderedElementsAre(HasSubstr(test.notice)));
    std::set<std::string> left = NamesOf(collected);
    for (const std::string& name : test.gone) EXPECT_TRUE(left.insert(name).second) << name;
    EXPECT_EQ(left, all);
  }
}

TEST_F(HostCollectorTest, FilesWithNonsenseTakeAwayNoMore) {
  for (const char* file : {"stat", "meminfo", "self/stat", "self/net/dev", "self/mountinfo", "self/cgroup", "pressure/cpu"}) {
    for (const std::string& text :
         {std::string(), std::string("\0\xff\n", 3), std::string(1'500'000, 'a'), std::string("cpu0 -1\nMemTotal: x\n")}) {
      host_.MakeMachine();
      host_.Write(std::string("proc/") + file, text);
      EXPECT_FALSE(Collect().families[IndexOf(Endpoint::kApi)].empty()) << file;
    }
  }
  EXPECT_THAT(Collect().notices, Each(Not(HasSubstr(std::string(100, 'a'))))) << "what files hold is not repeated";
}

TEST_F(HostCollectorTest, NothingAtAllIsAnError) {
  options_.proc = host_.Path("nowhere");
  options_.filesystems.clear();
  HostCollector collector(options_, kAllGroups, clock_);
  const auto collected = collector.Collect();
  ASSERT_FALSE(collected);
  EXPECT_THAT(collected.error(), HasSubstr("nothing about the host can be read: "));
}

TEST_F(HostCollectorTest, CpusAreTakenAwayAndComeBack) {
  Collect();
  host_.Write("proc/stat", "cpu0 110 20 200 1000 5 1 2 3\n");
  clock_.Advance(10s);
  auto series = Series();
  EXPECT_THAT(series, Contains(Key("system_cpu_utilization system_cpu_state=user system_cpu_logical_number=0")));
  EXPECT_THAT(series, Not(Contains(Key("system_cpu_time_total system_cpu_state=user system_cpu_logical_number=1"))));
  host_.Write("proc/stat", "cpu0 120 20 200 1000 5 1 2 3\ncpu1 900 0 0 0\n");
  clock_.Advance(10s);
  series = Series();
  EXPECT_THAT(series, Contains(Pair("system_cpu_time_total system_cpu_state=user system_cpu_logical_number=1", 900 / ticks_)));
  EXPECT_THAT(series, Not(Contains(Key("system_cpu_utilization system_cpu_state=user system_cpu_logical_number=1"))));
}

TEST_F(HostCollectorTest, InterfacesVanish) {
  Collect();
  host_.Write("proc/self/net/dev", "lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\ndocker0: 7 7 7 7 0 0 0 0 7 7 7 7 0 0 0 0\n");
  Collected collected = Collect();
  EXPECT_THAT(NamesOf(collected), Not(Contains("system_network_io_total")));
  EXPECT_THAT(collected.notices, UnorderedElementsAre(HasSubstr("no metrics of the network")));
  host_.MakeMachine();
  EXPECT_THAT(Collect().notices, IsEmpty());
}

TEST_F(HostCollectorTest, WithoutADefaultRouteAllButTheLoopbackAreShown) {
  host_.Remove("proc/self/net/route");
  const auto series = Series();
  EXPECT_THAT(series, Contains(Key("system_network_io_total system_device=docker0 network_io_direction=receive")));
  EXPECT_THAT(series, Contains(Key("system_network_io_total system_device=eth0 network_io_direction=receive")));
  EXPECT_THAT(series, Not(Contains(Key(HasSubstr("system_device=lo")))));
}

TEST_F(HostCollectorTest, ChosenInterfaces) {
  options_.network_devices = {"lo", "wg0"};
  const auto series = Series();
  EXPECT_EQ(series.at("system_network_io_total system_device=lo network_io_direction=receive"), 9);
  EXPECT_THAT(series, Not(Contains(Key(HasSubstr("eth0")))));
}

TEST_F(HostCollectorTest, InterfacesAreBounded) {
  host_.Remove("proc/self/net/route");
  std::string dev;
  for (int i = 0; i < 1000; ++i) dev += "veth" + std::to_string(i) + ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
  host_.Write("proc/self/net/dev", dev);
  EXPECT_EQ(std::ranges::count_if(Series(), [](const auto& series) { return series.first.starts_with("system_network_io_total"); }), 128);
}

TEST_F(HostCollectorTest, LargeCountersKeepTheirSize) {
  host_.Write("proc/self/net/dev", "eth0: 18446744073709551615 2 3 4 5 6 7 8 9007199254740994 10 11 12 13 14 15 16\n");
  const auto series = Series();
  EXPECT_EQ(series.at("system_network_io_total system_device=eth0 network_io_direction=receive"), 18446744073709551616.0);
  EXPECT_EQ(series.at("system_network_io_total system_device=eth0 network_io_direction=transmit"), 9007199254740994.0);
}

TEST_F(HostCollectorTest, FileSystemsOfOtherMachinesAreNotAsked) {
  host_.Write("proc/self/mountinfo", host_.Mount("/", "", "ext4") + host_.Mount("/export", "media", "nfs4"));
  host_.Write("media/photo", "");
  options_.filesystems = {{"state", host_.Path("media-not")}, {"media", host_.Path("media")}, {"here", host_.Path("proc")}};
  const Collected collected = Collect();
  EXPECT_THAT(collected.notices, IsSupersetOf({HasSubstr("file system \"media\": it is on another machine (nfs4)"),
                                               HasSubstr("file system \"state\": No such file")}));
  EXPECT_THAT(collected.notices, Each(Not(HasSubstr(host_.Path("media"))))) << "paths can name people";
  const auto series = SeriesOf(collected);
  EXPECT_THAT(series, Contains(Key("logmill_host_filesystem_available_bytes filesystem=here")));
  EXPECT_THAT(series, Not(Contains(Key("logmill_host_filesystem_available_bytes filesystem=media"))));
}

TEST_F(HostCollectorTest, OtherGroupsGetNothing) {
  GroupSet groups = kAllGroups;
  groups.reset(IndexOf(Group::kHost));
  HostCollector collector(options_, groups, clock_);
  const Collected collected = collector.Collect().value();
  EXPECT_THAT(collected.families, Each(IsEmpty()));
  EXPECT_THAT(collected.notices, IsEmpty());
}

TEST_F(HostCollectorTest, NoNameIsThatOfAnotherMetricOfThisProcess) {
  for (const auto& family : ProcessMetrics().Collect()) EXPECT_THAT(NamesOf(Collect()), Not(Contains(family.name)));
}

TEST_F(HostCollectorTest, GallerysOwnSeriesCanStandBesideOurs) {
  Collected collected = Collect();
  auto& families = collected.families[IndexOf(Endpoint::kApi)];
  AddSample(AddFamily(families, "process_memory_usage", "Process Memory usage in bytes"),
            {{"otel_scope_name", "host-metrics"}, {"otel_scope_version", "0.36.2"}}, 249286656);
  const PagePart part{families};
  const Exposition page = RenderExposition(nullptr, std::nullopt, {&part, 1}, ExpositionFormat::kText);
  EXPECT_THAT(page.problems, IsEmpty());
  EXPECT_THAT(page.text, HasSubstr("process_memory_usage{otel_scope_name=\"logmill\"} "));
  EXPECT_THAT(page.text, HasSubstr("process_memory_usage{otel_scope_name=\"host-metrics\",otel_scope_version=\"0.36.2\"} 249286656\n"));
}

// docs/host.md has a row for each metric, and for no other.
TEST_F(HostCollectorTest, TheDocumentationIsComplete) {
  host_.MountVersion2("/", "/");
  host_.MakeGroup2("cgroup", "2147483648", "50000 100000");
  Collect();
  clock_.Advance(10s);
  const std::set<std::string> names = NamesOf(Collect());
  std::ifstream file(std::string(LOGMILL_SOURCE_DIR) + "/docs/host.md");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::regex row("\n\\| `([a-z_]+)` \\|");
  std::set<std::string> documented;
  for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end; ++it) documented.insert((*it)[1]);
  EXPECT_EQ(names, documented);
}

TEST(HostCollector, TheRealMachineIsPlausible) {
  HostCollector collector(HostOptions{}, kAllGroups);
  const auto first = collector.Collect();
  ASSERT_TRUE(first) << first.error();
  const auto before = SeriesOf(*first);
  std::map<std::string, double> after;
  const auto spent = [](const std::map<std::string, double>& series) {
    return series.at("process_cpu_time_total process_cpu_state=user") + series.at("process_cpu_time_total process_cpu_state=system");
  };
  const auto start = std::chrono::steady_clock::now();
  do {
    after = SeriesOf(collector.Collect().value());
  } while (spent(after) <= spent(before) && std::chrono::steady_clock::now() - start < 30s);
  EXPECT_GT(spent(after), spent(before)) << "asking takes time";
  for (const auto& [name, value] : before) {
    EXPECT_GE(value, 0) << name;
    const bool counts = name.find("_total") != std::string::npos && after.contains(name);
    EXPECT_TRUE(!counts || after.at(name) >= value) << name << " fell";
    EXPECT_TRUE(name.find("system_cpu_utilization") == std::string::npos || value <= 1) << name;
  }
  EXPECT_GT(after.at("process_memory_usage"), 100'000);
  EXPECT_GT(after.at("system_memory_usage system_memory_state=used"), 0);
  EXPECT_THAT(after, Each(Pair(::testing::_, Ge(0))));
}

}  // namespace
}  // namespace logmill
