#include "sources/docker_time.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace logmill {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Takes `count` digits off `text`; -1 when there are none.
int64_t TakeDigits(std::string_view& text, size_t count) {
  if (text.size() < count) return -1;
  int64_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = 10 * value + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool TakeByte(std::string_view& text, char byte) {
  if (text.empty() || text.front() != byte) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int64_t> TakeDate(std::string_view& text) {
  const auto year = TakeDigits(text, 4);
  if (!TakeByte(text, '-')) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!TakeByte(text, '-')) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// In seconds. An offset is written like a time of day.
std::optional<int64_t> TakeHoursAndMinutes(std::string_view& text) {
  const auto hours = TakeDigits(text, 2);
  if (!TakeByte(text, ':')) return std::nullopt;
  const auto minutes = TakeDigits(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return hours * 3600 + minutes * 60;
}

// Nanoseconds; further decimals are dropped.
std::optional<int64_t> TakeDecimals(std::string_view& text) {
  if (!TakeByte(text, '.')) return 0;
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  std::string nine(text.substr(0, std::min<size_t>(digits, 9)));
  nine.resize(9, '0');
  text.remove_prefix(digits);
  std::string_view view = nine;
  return TakeDigits(view, 9);
}

std::optional<int64_t> TakeOffset(std::string_view& text) {
  if (TakeByte(text, 'Z')) return 0;
  const bool west = TakeByte(text, '-');
  if (!west && !TakeByte(text, '+')) return std::nullopt;
  const auto seconds = TakeHoursAndMinutes(text);
  return seconds && west ? -*seconds : seconds;
}

}  // namespace

std::optional<int64_t> ParseDockerTime(std::string_view text) {
  if (text.size() > kLongestDockerTime) return std::nullopt;
  const auto days = TakeDate(text);
  if (!days || !TakeByte(text, 'T')) return std::nullopt;
  const auto time_of_day = TakeHoursAndMinutes(text);
  if (!time_of_day || !TakeByte(text, ':')) return std::nullopt;
  const auto second = TakeDigits(text, 2);
  if (second < 0 || second > 60) return std::nullopt;
  const auto decimals = TakeDecimals(text);
  const auto offset = decimals ? TakeOffset(text) : std::nullopt;
  if (!offset || !text.empty()) return std::nullopt;
  const int64_t seconds = *days * 86'400 + *time_of_day + second - *offset;
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / kSecond - 1;
  if (seconds > kMost || seconds < 0) return std::nullopt;
  return seconds * kSecond + *decimals;
}

std::string FormatDockerSince(int64_t time_ns) {
  if (time_ns <= 0) return "0";
  const std::string decimals = std::to_string(time_ns % kSecond);
  return std::to_string(time_ns / kSecond) + '.' + std::string(9 - decimals.size(), '0') + decimals;
}

}  // namespace logmill
