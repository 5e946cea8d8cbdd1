#include "metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace logmill {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using Type = prometheus::MetricType;

// What proc(5) calls stat, as far as we use it. Times are in clock ticks.
struct Stat {
  double user_time = 0;
  double system_time = 0;
  double threads = 0;
  double start_time = 0;  // since boot
  double virtual_bytes = 0;
  double resident_pages = 0;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The program's name stands in parentheses and may hold anything, so fields are counted from the last one.
std::optional<Stat> ParseStat(const std::string& text) {
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream words(text.substr(name_end + 1));
  constexpr size_t kFirst = 3;  // the number that proc(5) gives the field after the name
  constexpr size_t kLast = 24;
  std::array<std::string, kLast + 1> fields;
  for (size_t i = kFirst; i <= kLast; ++i) {
    if (!(words >> fields[i])) return std::nullopt;
  }
  const auto number = [&fields](size_t field) { return std::strtod(fields[field].c_str(), nullptr); };
  return Stat{number(14), number(15), number(20), number(22), number(23), number(24)};
}

// Unix time of the boot.
std::optional<double> BootTime(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  double seconds = 0;
  while (file >> word) {
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::optional<double> OpenFiles(const std::string& path) {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) ++count;
  if (error) return std::nullopt;
  return std::max(count - 1, 0.0);  // one was ours, to look
}

class Families {
 public:
  void Add(Type type, const char* name, const char* help, std::optional<double> value) {
    if (!value) return;
    ClientMetric sample;
    (type == Type::Counter ? sample.counter.value : sample.gauge.value) = *value;
    families_.push_back({name, help, type, {sample}});
  }
  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void AddStat(const Stat& stat, std::optional<double> boot_time, Families& families) {
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  families.Add(Type::Counter, "process_cpu_seconds_total", "Processor time used so far, in user and in system mode.",
               (stat.user_time + stat.system_time) / ticks);
  families.Add(Type::Gauge, "process_resident_memory_bytes", "Memory that is resident in RAM.", stat.resident_pages * page);
  families.Add(Type::Gauge, "process_virtual_memory_bytes", "Address space in use.", stat.virtual_bytes);
  families.Add(Type::Gauge, "process_threads", "Threads of this process.", stat.threads);
  if (boot_time) {
    families.Add(Type::Gauge, "process_start_time_seconds", "Unix time at which this process started.",
                 *boot_time + stat.start_time / ticks);
  }
}

std::optional<double> MaxFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

std::vector<MetricFamily> ProcessMetrics::Collect() const {
  Families families;
  const std::optional<Stat> stat = ParseStat(ReadFile(proc_ + "/self/stat"));
  if (stat) AddStat(*stat, BootTime(proc_ + "/stat"), families);
  families.Add(Type::Gauge, "process_open_fds", "File descriptors that are open.", OpenFiles(proc_ + "/self/fd"));
  families.Add(Type::Gauge, "process_max_fds", "File descriptors that may be open.", MaxFiles());
  return families.Take();
}

}  // namespace logmill
