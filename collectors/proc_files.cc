#include "collectors/proc_files.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include "base/utf8.h"
#include "collectors/system_file.h"

namespace logmill {
namespace {

constexpr size_t kFewestStates = 4;

std::optional<CpuTicks> ParseTicks(std::string_view line) {
  CpuTicks ticks{};
  for (size_t i = 0; i < ticks.size(); ++i) {
    const std::string_view word = TakeWord(line);
    if (word.empty() && i >= kFewestStates) break;
    const std::optional<uint64_t> value = ParseCount(word);
    if (!value) return std::nullopt;
    ticks[i] = *value;
  }
  return ticks;
}

std::optional<uint64_t> FindKibibytes(std::string_view meminfo, std::string_view key) {
  const std::optional<uint64_t> kibibytes = FindCount(meminfo, key);
  if (!kibibytes || *kibibytes > std::numeric_limits<uint64_t>::max() / 1024) return std::nullopt;
  return *kibibytes * 1024;
}

// Bytes, packets, errors, dropped and more.
std::optional<TrafficReading> ParseTraffic(const std::vector<std::string_view>& words, size_t at) {
  const auto bytes = ParseCount(words[at]);
  const auto errors = ParseCount(words[at + 2]);
  const auto dropped = ParseCount(words[at + 3]);
  if (!bytes || !errors || !dropped) return std::nullopt;
  return TrafficReading{*bytes, *errors, *dropped};
}

std::optional<NetworkReading> ParseDevice(std::string_view line) {
  constexpr size_t kTransmit = 8;
  constexpr size_t kColumns = 16;
  const size_t colon = line.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> words = Words(line.substr(colon + 1));
  std::string_view head = line.substr(0, colon);
  const std::string_view name = TakeWord(head);
  if (words.size() < kColumns || name.empty() || FindInvalidUtf8(name) != std::string_view::npos) return std::nullopt;
  const auto receive = ParseTraffic(words, 0);
  const auto transmit = ParseTraffic(words, kTransmit);
  if (!receive || !transmit) return std::nullopt;
  return NetworkReading{std::string(name), *receive, *transmit};
}

// linux/route.h: a hexadecimal number.
bool IsUsable(std::string_view flags) {
  constexpr unsigned kUp = 0x1;
  constexpr unsigned kReject = 0x200;
  unsigned bits = 0;
  std::from_chars(flags.data(), flags.data() + flags.size(), bits, 16);
  return (bits & kUp) != 0 && (bits & kReject) == 0;
}

bool IsZero(std::string_view hexadecimal) { return hexadecimal.find_first_not_of('0') == std::string_view::npos; }

// The interface, if a line of /proc/net/route is a default route: Iface Destination Gateway Flags RefCnt Use Metric Mask ...
std::string_view DefaultDevice4(const std::vector<std::string_view>& words) {
  return words.size() >= 8 && IsZero(words[1]) && IsZero(words[7]) && IsUsable(words[3]) ? words[0] : "";
}

// The same of /proc/net/ipv6_route: destination, length, source, length, next hop, metric, references, uses, flags, interface.
std::string_view DefaultDevice6(const std::vector<std::string_view>& words) {
  return words.size() >= 10 && IsZero(words[0]) && IsZero(words[1]) && IsUsable(words[8]) ? words[9] : "";
}

uint64_t CpusInRange(std::string_view range) {
  const std::optional<uint64_t> first = ParseCount(TakeUntil(range, '-'));
  const std::optional<uint64_t> last = range.empty() ? first : ParseCount(range);
  return first && last && *first <= *last && *last < (1 << 20) ? *last - *first + 1 : 0;
}

std::optional<uint64_t> FindTotal(std::string_view text, std::string_view kind) {
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (TakeWord(line) != kind) continue;
    const size_t at = line.find("total=");
    return at == std::string_view::npos ? std::nullopt : ParseCount(line.substr(at + 6));
  }
  return std::nullopt;
}

bool IsOctal(std::string_view digits) {
  return digits.size() == 3 && digits[0] <= '3' && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '7'; });
}

// Blanks, newlines and backslashes of paths are written \040.
std::string Unescape(std::string_view path) {
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && IsOctal(path.substr(i + 1, 3))) {
      out += static_cast<char>((path[i + 1] - '0') * 64 + (path[i + 2] - '0') * 8 + (path[i + 3] - '0'));
      i += 3;
    } else {
      out += path[i];
    }
  }
  return out;
}

// number parent device root point options [optional fields] - type source options
std::optional<Mount> ParseMount(const std::vector<std::string_view>& words) {
  constexpr size_t kOptional = 6;
  if (words.size() < kOptional) return std::nullopt;
  const auto dash = std::find(words.begin() + kOptional, words.end(), "-");
  if (words.end() - dash < 4) return std::nullopt;
  return Mount{Unescape(words[3]), Unescape(words[4]), std::string(dash[1]), std::string(dash[3])};
}

}  // namespace

std::vector<CpuReading> ParseCpus(std::string_view stat) {
  std::vector<CpuReading> cpus;
  std::set<unsigned> seen;
  while (stat.starts_with("cpu")) {
    std::string_view line = TakeUntil(stat, '\n');
    const std::optional<uint64_t> number = ParseCount(TakeWord(line).substr(3));
    const std::optional<CpuTicks> ticks = number ? ParseTicks(line) : std::nullopt;
    if (!ticks || *number > std::numeric_limits<unsigned>::max()) continue;
    if (seen.insert(static_cast<unsigned>(*number)).second) cpus.push_back({static_cast<unsigned>(*number), *ticks});
  }
  return cpus;
}

std::optional<MemoryReading> ParseMemory(std::string_view meminfo) {
  const std::optional<uint64_t> total = FindKibibytes(meminfo, "MemTotal:");
  if (!total || *total == 0) return std::nullopt;
  std::optional<uint64_t> available = FindKibibytes(meminfo, "MemAvailable:");
  if (!available) {
    if (!FindKibibytes(meminfo, "MemFree:")) return std::nullopt;
    available = 0;
    for (const char* key : {"MemFree:", "Buffers:", "Cached:"}) {
      *available = std::min(*available + std::min(FindKibibytes(meminfo, key).value_or(0), *total), *total);
    }
  }
  return MemoryReading{*total, std::min(*available, *total)};
}

std::vector<NetworkReading> ParseNetwork(std::string_view dev) {
  std::vector<NetworkReading> devices;
  std::set<std::string> seen;
  while (!dev.empty()) {
    std::optional<NetworkReading> device = ParseDevice(TakeUntil(dev, '\n'));
    if (device && seen.insert(device->device).second) devices.push_back(std::move(*device));
  }
  return devices;
}

std::vector<std::string> ParseDefaultDevices(std::string_view route, std::string_view ipv6_route) {
  std::vector<std::string> devices;
  const auto add = [&devices](std::string_view device) {
    if (!device.empty() && std::ranges::find(devices, device) == devices.end()) devices.emplace_back(device);
  };
  while (!route.empty()) add(DefaultDevice4(Words(TakeUntil(route, '\n'))));
  while (!ipv6_route.empty()) add(DefaultDevice6(Words(TakeUntil(ipv6_route, '\n'))));
  return devices;
}

std::optional<ProcessReading> ParseProcess(std::string_view stat) {
  // The program's name stands in parentheses and may hold anything, so fields are counted from the last one; the next field is the third.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  const std::vector<std::string_view> words = Words(TakeUntil(stat, '\n'));
  const auto field = [&words](size_t number) { return number - 3 < words.size() ? ParseCount(words[number - 3]) : std::nullopt; };
  const auto user = field(14);
  const auto system = field(15);
  const auto resident = field(24);
  if (!user || !system || !resident) return std::nullopt;
  return ProcessReading{*user, *system, *resident};
}

std::optional<uint64_t> ParseAllowedCpus(std::string_view status) {
  while (!status.empty()) {
    std::string_view line = TakeUntil(status, '\n');
    if (TakeWord(line) != "Cpus_allowed_list:") continue;
    std::string_view list = TakeWord(line);
    uint64_t count = 0;
    while (!list.empty()) count += CpusInRange(TakeUntil(list, ','));
    return count == 0 ? std::nullopt : std::optional(count);
  }
  return std::nullopt;
}

std::optional<PressureReading> ParsePressure(std::string_view text) {
  const std::optional<uint64_t> waiting = FindTotal(text, "some");
  if (!waiting) return std::nullopt;
  return PressureReading{*waiting, FindTotal(text, "full")};
}

std::vector<Mount> ParseMounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  while (!mountinfo.empty()) {
    if (std::optional<Mount> mount = ParseMount(Words(TakeUntil(mountinfo, '\n')))) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

}  // namespace logmill
