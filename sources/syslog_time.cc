#include "sources/syslog_time.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <ctime>

namespace logmill {
namespace {

constexpr int64_t kNanos = 1'000'000'000;
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Parts {
  int year = 0;
  int month = 0;  // 1 to 12
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int64_t nanos = 0;
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool Take(std::string_view* text, char c) {
  if (!text->starts_with(c)) return false;
  text->remove_prefix(1);
  return true;
}

// A number of exactly so many digits.
bool TakeDigits(std::string_view* text, size_t count, int* number) {
  if (text->size() < count || !std::all_of(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(count), IsDigit)) return false;
  *number = 0;
  for (const char c : text->substr(0, count)) *number = *number * 10 + (c - '0');
  text->remove_prefix(count);
  return true;
}

// What follows the seconds, if anything does: ".123456". Digits beyond nanoseconds are skipped.
bool TakeFraction(std::string_view* text, int64_t* nanos) {
  if (text->size() < 2 || text->front() != '.' || !IsDigit((*text)[1])) return true;
  text->remove_prefix(1);
  for (int64_t unit = kNanos / 10; !text->empty() && IsDigit(text->front()); unit /= 10) {
    *nanos += unit * (text->front() - '0');
    text->remove_prefix(1);
  }
  return true;
}

bool TakeTimeOfDay(std::string_view* text, Parts* parts) {
  return TakeDigits(text, 2, &parts->hour) && Take(text, ':') && TakeDigits(text, 2, &parts->minute) && Take(text, ':') &&
         TakeDigits(text, 2, &parts->second) && parts->hour < 24 && parts->minute < 60 && parts->second <= 60 &&
         TakeFraction(text, &parts->nanos);
}

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

bool IsDate(const Parts& parts) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (parts.month < 1 || parts.month > 12 || parts.year < 1970 || parts.year > 2200) return false;
  const int extra = parts.month == 2 && IsLeap(parts.year) ? 1 : 0;
  return parts.day >= 1 && parts.day <= kDays[static_cast<size_t>(parts.month - 1)] + extra;
}

std::tm TmOf(const Parts& parts) {
  std::tm tm{};
  tm.tm_year = parts.year - 1900;
  tm.tm_mon = parts.month - 1;
  tm.tm_mday = parts.day;
  tm.tm_hour = parts.hour;
  tm.tm_min = parts.minute;
  tm.tm_sec = parts.second;
  tm.tm_isdst = -1;
  return tm;
}

int64_t Utc(const Parts& parts) {
  std::tm tm = TmOf(parts);
  return static_cast<int64_t>(timegm(&tm)) * kNanos + parts.nanos;
}

int64_t Local(const Parts& parts) {
  std::tm tm = TmOf(parts);
  return static_cast<int64_t>(mktime(&tm)) * kNanos + parts.nanos;
}

// "Z", "+01:00", "-0530"; false when it begins like one and is none. `*seconds` east of Greenwich; nothing when there is none.
bool TakeZone(std::string_view* text, std::optional<int64_t>* seconds) {
  if (Take(text, 'Z') || Take(text, 'z')) return *seconds = 0, true;
  if (text->empty() || (text->front() != '+' && text->front() != '-')) return true;
  const int sign = text->front() == '-' ? -1 : 1;
  text->remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!TakeDigits(text, 2, &hours)) return false;
  Take(text, ':');
  if (!TakeDigits(text, 2, &minutes) || hours > 23 || minutes > 59) return false;
  *seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

// A time stamp ends where its word ends; after one with a colon, as routers write it, too.
bool Ends(std::string_view rest) { return rest.empty() || rest.front() == ' ' || rest.front() == ':'; }

bool TakeYear(std::string_view* text, Parts* parts) {
  std::string_view rest = *text;
  if (!Take(&rest, ' ') || !TakeDigits(&rest, 4, &parts->year) || !Ends(rest)) return false;
  *text = rest;
  return true;
}

bool TakeUtc(std::string_view* text) {
  for (const std::string_view name : {" UTC", " GMT"}) {
    if (!text->starts_with(name) || !Ends(text->substr(name.size()))) continue;
    text->remove_prefix(name.size());
    return true;
  }
  return false;
}

bool TakeMonth(std::string_view* text, Parts* parts) {
  const auto found = std::find(kMonths.begin(), kMonths.end(), text->substr(0, 3));
  if (found == kMonths.end()) return false;
  parts->month = static_cast<int>(found - kMonths.begin()) + 1;
  text->remove_prefix(3);
  return true;
}

// " 2" and "02" and "2".
bool TakeDay(std::string_view* text, Parts* parts) {
  if (!Take(text, ' ')) return false;
  Take(text, ' ');
  return TakeDigits(text, 2, &parts->day) || TakeDigits(text, 1, &parts->day);
}

std::optional<int64_t> InNearestYear(Parts parts, bool utc, int64_t now_ns) {
  const std::time_t now = now_ns / kNanos;
  std::tm today{};
  gmtime_r(&now, &today);
  std::optional<int64_t> nearest;
  for (int year = today.tm_year + 1899; year <= today.tm_year + 1901; ++year) {
    parts.year = year;
    if (!IsDate(parts)) continue;
    const int64_t time = utc ? Utc(parts) : Local(parts);
    if (!nearest || std::llabs(time - now_ns) < std::llabs(*nearest - now_ns)) nearest = time;
  }
  return nearest;
}

}  // namespace

std::optional<int64_t> TakeIsoTime(std::string_view* text) {
  std::string_view rest = *text;
  Parts parts;
  std::optional<int64_t> zone;
  if (!TakeDigits(&rest, 4, &parts.year) || !Take(&rest, '-') || !TakeDigits(&rest, 2, &parts.month) || !Take(&rest, '-') ||
      !TakeDigits(&rest, 2, &parts.day) || !(Take(&rest, 'T') || Take(&rest, 't')) || !TakeTimeOfDay(&rest, &parts) ||
      !TakeZone(&rest, &zone) || !Ends(rest) || !IsDate(parts)) {
    return std::nullopt;
  }
  *text = rest;
  return zone ? Utc(parts) - *zone * kNanos : Local(parts);
}

std::optional<int64_t> TakeBsdTime(std::string_view* text, int64_t now_ns) {
  std::string_view rest = *text;
  Parts parts;
  if (!TakeMonth(&rest, &parts) || !TakeDay(&rest, &parts)) return std::nullopt;
  bool has_year = TakeYear(&rest, &parts);
  if (!Take(&rest, ' ') || !TakeTimeOfDay(&rest, &parts)) return std::nullopt;
  if (!has_year) has_year = TakeYear(&rest, &parts);
  const bool utc = TakeUtc(&rest);
  if (!Ends(rest)) return std::nullopt;
  std::optional<int64_t> time;
  if (!has_year) time = InNearestYear(parts, utc, now_ns);
  if (has_year && IsDate(parts)) time = utc ? Utc(parts) : Local(parts);
  if (time) *text = rest;
  return time;
}

}  // namespace logmill
