#include "ingest/console_time.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace logmill {
namespace {

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2199;

// Which half of the day, and in what spelling.
enum class Half : uint8_t { kNone, kCapitalAm, kCapitalPm, kSmallAm, kSmallPm, kDottedAm, kDottedPm };
struct HalfName {
  std::string_view text;
  Half half;
};
constexpr std::array<HalfName, 6> kHalves = {{
    {"AM", Half::kCapitalAm},
    {"PM", Half::kCapitalPm},
    {"am", Half::kSmallAm},
    {"pm", Half::kSmallPm},
    {"a.m.", Half::kDottedAm},
    {"p.m.", Half::kDottedPm},
}};

bool IsPm(Half half) { return half == Half::kCapitalPm || half == Half::kSmallPm || half == Half::kDottedPm; }
bool IsCapital(Half half) { return half == Half::kCapitalAm || half == Half::kCapitalPm; }
bool IsDotted(Half half) { return half == Half::kDottedAm || half == Half::kDottedPm; }

bool Skip(std::string_view prefix, std::string_view* text) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

// Plain ones, and those that newer versions of ICU write.
void SkipSpaces(std::string_view* text) {
  while (Skip(" ", text) || Skip("\u00a0", text) || Skip("\u202f", text)) {
  }
}

struct Number {
  int value = 0;
  size_t digits = 0;
};

// 1 to 4 digits, and no digit behind them; `digits` is 0 otherwise.
Number ReadNumber(std::string_view* text) {
  Number number;
  for (; number.digits < text->size() && (*text)[number.digits] >= '0' && (*text)[number.digits] <= '9'; ++number.digits) {
    if (number.digits == 4) return {};
    number.value = number.value * 10 + ((*text)[number.digits] - '0');
  }
  text->remove_prefix(number.digits);
  return number;
}

Half ReadHalf(std::string_view* text) {
  for (const HalfName& name : kHalves) {
    if (Skip(name.text, text)) return name.half;
  }
  return Half::kNone;
}

struct Date {
  std::array<Number, 3> numbers;
  char separator = 0;
};

bool ReadDate(std::string_view* text, Date* date) {
  date->numbers[0] = ReadNumber(text);
  if (text->empty()) return false;
  date->separator = text->front();
  if (date->separator != '/' && date->separator != '.' && date->separator != '-') return false;
  for (size_t i = 1; i < 3; ++i) {
    if (!Skip({&date->separator, 1}, text)) return false;
    if (date->separator == '.') SkipSpaces(text);
    date->numbers[i] = ReadNumber(text);
  }
  if (date->separator == '.') Skip(".", text);
  return true;
}

bool ReadTime(std::string_view* text, WallTime* time) {
  const Number hour = ReadNumber(text);
  if (hour.digits == 0 || hour.digits > 2 || text->empty()) return false;
  const char separator = text->front();
  if (separator != ':' && separator != '.') return false;
  text->remove_prefix(1);
  const Number minute = ReadNumber(text);
  if (minute.digits != 2 || !Skip({&separator, 1}, text)) return false;
  const Number second = ReadNumber(text);
  time->hour = hour.value;
  time->minute = minute.value;
  time->second = second.value;
  return second.digits == 2 && time->minute < 60 && time->second < 60;
}

bool ApplyHalf(Half half, WallTime* time) {
  if (half == Half::kNone) return time->hour < 24;
  if (time->hour < 1 || time->hour > 12) return false;
  time->hour = time->hour % 12 + (IsPm(half) ? 12 : 0);
  return true;
}

// Which of the three numbers is what (see the header).
bool ApplyDate(const Date& date, Half half, WallTime* time) {
  const auto& [first, second, third] = date.numbers;
  const bool year_first = first.digits == 4;
  const bool month_first = date.separator == '/' && IsCapital(half);
  const Number& year = year_first ? first : third;
  const Number& month = year_first || !month_first ? second : first;
  const Number& day = year_first ? third : month_first ? second : first;
  if (!year_first && IsDotted(half) && date.separator == '/') return false;
  if (year.digits != 4 || month.digits == 0 || month.digits > 2 || day.digits == 0 || day.digits > 2) return false;
  time->year = year.value;
  time->month = month.value;
  time->day = day.value;
  return year.value >= kFirstYear && year.value <= kLastYear && month.value >= 1 && month.value <= 12 && day.value >= 1 && day.value <= 31;
}

bool Shows(std::time_t unix_s, const WallTime& wall) {
  std::tm local{};
  if (::localtime_r(&unix_s, &local) == nullptr) return false;
  return WallTime{local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec} == wall;
}

// The one instant at which a clock here shows `wall`.
std::optional<int64_t> OnlyInstant(const WallTime& wall) {
  std::tm local{};
  local.tm_year = wall.year - 1900;
  local.tm_mon = wall.month - 1;
  local.tm_mday = wall.day;
  local.tm_hour = wall.hour;
  local.tm_min = wall.minute;
  local.tm_sec = wall.second;
  local.tm_isdst = -1;
  const std::time_t instant = std::mktime(&local);
  if (!Shows(instant, wall)) return std::nullopt;
  constexpr std::array<int, 6> kChanges = {-7200, -3600, -1800, 1800, 3600, 7200};  // of clocks, in seconds
  const auto again = [&](int change) { return Shows(instant + change, wall); };
  if (std::ranges::any_of(kChanges, again)) return std::nullopt;
  return static_cast<int64_t>(instant);
}

}  // namespace

std::optional<WallTime> ParseConsoleTime(std::string_view text) {
  WallTime time;
  Date date;
  if (!ReadDate(&text, &date)) return std::nullopt;
  Skip(",", &text);
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return std::nullopt;
  SkipSpaces(&text);
  Half half = ReadHalf(&text);
  SkipSpaces(&text);
  if (!ReadTime(&text, &time)) return std::nullopt;
  SkipSpaces(&text);
  if (half == Half::kNone) half = ReadHalf(&text);
  if (!text.empty() || !ApplyHalf(half, &time) || !ApplyDate(date, half, &time)) return std::nullopt;
  return time;
}

std::optional<int64_t> ConsoleClock::UnixMs(std::string_view text) {
  const auto time = ParseConsoleTime(text);
  if (!time) return std::nullopt;
  WallTime minute = *time;
  minute.second = 0;
  if (minute != minute_) {
    minute_ = minute;
    minute_unix_s_ = OnlyInstant(minute);
  }
  if (!minute_unix_s_) return std::nullopt;
  return (*minute_unix_s_ + time->second) * 1000;
}

}  // namespace logmill
