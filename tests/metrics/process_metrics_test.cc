#include "metrics/process_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace logmill {
namespace {

std::map<std::string, double> ValuesOf(const ProcessMetrics& metrics) {
  std::map<std::string, double> values;
  for (const prometheus::MetricFamily& family : metrics.Collect()) {
    const prometheus::ClientMetric& metric = family.metric.at(0);
    values[family.name] = family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
  }
  return values;
}

// A /proc of our own.
class FakeProc {
 public:
  FakeProc() : root_(std::filesystem::temp_directory_path() / ("logmill_proc_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(root_ / "self" / "fd");
  }
  ~FakeProc() { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) { std::ofstream(root_ / path) << text; }
  [[nodiscard]] std::string root() const { return root_.string(); }

 private:
  const std::filesystem::path root_;
};

TEST(ProcessMetrics, ReadsProc) {
  FakeProc proc;
  proc.Write("stat", "cpu 1 2 3\nbtime 1700000000\nprocesses 5\n");
  proc.Write("self/stat", "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 7 0 1000 12345678 321 18446744073709551615 1 1\n");
  for (const char* fd : {"self/fd/0", "self/fd/1", "self/fd/2", "self/fd/9"}) proc.Write(fd, "");
  const auto values = ValuesOf(ProcessMetrics(proc.root()));
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  EXPECT_EQ(values.at("process_cpu_seconds_total"), 200 / ticks);
  EXPECT_EQ(values.at("process_threads"), 7);
  EXPECT_EQ(values.at("process_virtual_memory_bytes"), 12345678);
  EXPECT_EQ(values.at("process_resident_memory_bytes"), 321.0 * static_cast<double>(sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(values.at("process_start_time_seconds"), 1'700'000'000 + 1000 / ticks);
  EXPECT_EQ(values.at("process_open_fds"), 3) << "without the one that looks";
}

TEST(ProcessMetrics, WhatCannotBeReadIsAbsent) {
  FakeProc proc;
  for (const char* broken : {"", "42 (name", "42 (name) S 1 2 3\n"}) {
    proc.Write("self/stat", broken);
    const auto values = ValuesOf(ProcessMetrics(proc.root()));
    EXPECT_FALSE(values.contains("process_cpu_seconds_total"));
    EXPECT_FALSE(values.contains("process_start_time_seconds"));
    EXPECT_TRUE(values.contains("process_max_fds"));
  }
  EXPECT_FALSE(ValuesOf(ProcessMetrics(proc.root() + "/nowhere")).contains("process_open_fds"));
}

TEST(ProcessMetrics, TheRealProcessIsPlausible) {
  const auto values = ValuesOf(ProcessMetrics());
  EXPECT_EQ(values.size(), 7u);
  EXPECT_GT(values.at("process_resident_memory_bytes"), 100'000);
  EXPECT_GE(values.at("process_virtual_memory_bytes"), values.at("process_resident_memory_bytes"));
  EXPECT_GE(values.at("process_open_fds"), 3);
  EXPECT_GE(values.at("process_max_fds"), values.at("process_open_fds"));
  EXPECT_GE(values.at("process_threads"), 1);
  EXPECT_LE(values.at("process_start_time_seconds"), static_cast<double>(std::time(nullptr)) + 2);
}

}  // namespace
}  // namespace logmill
