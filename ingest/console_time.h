// The timestamp of a console line, read back.
//
// Intl.DateTimeFormat writes it in the locale of the server, without saying which. What is understood, with ASCII digits, seconds, and
// years from 1970 to 2199 (other calendars have others):
//
//     11/22/2026, 7:00:00 AM            en-US, also what a server without LANG writes: AM or PM in capitals means MM/DD
//     22/11/2026, 12:00:00              / otherwise is DD/MM: en-GB, fr, pt, es, ...; with a small am, pm: en-AU, ...
//     22.11.2026, 12:00:00              . is DD.MM: de, ru, ..., also with spaces behind the dots (cs) and dots in the time (da)
//     22-11-2026, 12:00:00              likewise: nl
//     2026-11-22 12:00:00               with the year first always year, month, day: sv, en-CA, ja, zh, hu
//     2026. 11. 22. PM 12:00:00         ko
//
// Everything else has no timestamp rather than a wrong one: other digits, other calendars, `a. m.` with / (both orders exist), and days and
// hours that do not exist. Only locales that write DD/MM with a capital AM or PM (gu, te, ur) cannot be told from en-US on the
// first twelve days of a month: a server in one of them should log JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace logmill {

// What a clock on the wall shows; month and day from 1.
struct WallTime {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;

  bool operator==(const WallTime&) const = default;
};

std::optional<WallTime> ParseConsoleTime(std::string_view text);

// Console timestamps in Unix milliseconds (whole seconds: there is no more in them). They are taken for local time of this
// process (TZ), which has to be the server's. Nothing for times that are not understood, that a change of clocks skips, and that it makes
// come twice. Asks the system once for each new minute. One thread.
class ConsoleClock {
 public:
  std::optional<int64_t> UnixMs(std::string_view text);

 private:
  WallTime minute_;  // the last that was asked for, its second 0
  std::optional<int64_t> minute_unix_s_;
};

}  // namespace logmill
