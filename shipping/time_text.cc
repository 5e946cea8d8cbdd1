#include "shipping/time_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace logmill {
namespace {

constexpr int64_t kNanoseconds = 1'000'000'000;

}  // namespace

std::string FormatTime(int64_t unix_ns, int digits) {
  int64_t seconds = unix_ns / kNanoseconds;
  int64_t rest = unix_ns % kNanoseconds;
  if (rest < 0) {
    rest += kNanoseconds;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%09lld", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<long long>(rest));
  std::string result(text.data());
  result.resize(digits == 0 ? 19 : 20 + static_cast<size_t>(std::clamp(digits, 0, 9)));
  return result + "Z";
}

}  // namespace logmill
