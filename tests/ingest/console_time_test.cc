#include "ingest/console_time.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace logmill {
namespace {

// As long as it lives, local time is that of `zone`.
class ZoneScope {
 public:
  explicit ZoneScope(const char* zone) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    Set(zone);
  }
  ~ZoneScope() { Set(before_.empty() ? nullptr : before_.c_str()); }

 private:
  static void Set(const char* zone) {
    if (zone != nullptr) {
      ::setenv("TZ", zone, 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }
  std::string before_;
};

std::optional<int64_t> InZone(const char* zone, std::string_view text) {
  const ZoneScope scope(zone);
  return ConsoleClock().UnixMs(text);
}

// New York and Berlin as rules, so that no zone data is needed.
constexpr const char* kNewYork = "EST5EDT,M3.2.0,M11.1.0";
constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr int64_t kMarch = 1772323509000;     // 2026-03-01 00:05:09 UTC
constexpr int64_t kNoon = 1795348800000;      // 2026-11-22 12:00:00 UTC
constexpr int64_t kMidnight = 1795391999000;  // 2026-11-22 23:59:59 UTC

TEST(ConsoleTime, EnUsAsAServerWithoutLanguageWritesIt) {
  EXPECT_EQ(InZone("UTC0", "03/01/2026, 12:05:09 AM"), kMarch);
  EXPECT_EQ(InZone("UTC0", "11/22/2026, 12:00:00 PM"), kNoon);
  EXPECT_EQ(InZone("UTC0", "11/22/2026, 11:59:59 PM"), kMidnight);
  EXPECT_EQ(InZone("UTC0", "11/22/2026, 11:59:59\u202fPM"), kMidnight);
  EXPECT_EQ(InZone(kNewYork, "02/28/2026, 7:05:09 PM"), kMarch);
  EXPECT_EQ(InZone(kNewYork, "11/22/2026, 7:00:00 AM"), kNoon);
  EXPECT_EQ(InZone(kBerlin, "03/01/2026, 1:05:09 AM"), kMarch);
  EXPECT_EQ(InZone(kBerlin, "11/23/2026, 12:59:59 AM"), kMidnight);
}

TEST(ConsoleTime, OtherLocales) {
  for (const char* text :
       {"01/03/2026, 00:05:09", "01.03.2026, 00:05:09", "01/03/2026 00:05:09", "2026/03/01 0:05:09", "2026-03-01 00:05:09",
        "2026/03/01 00:05:09", "2026-03-01, 12:05:09 a.m.", "01/03/2026, 12:05:09 am", "01/03/2026, 0:05:09", "2026. 03. 01. AM 12:05:09",
        "01-03-2026, 00:05:09", "01. 03. 2026 0:05:09", "01.03.2026 00.05.09"}) {
    EXPECT_EQ(InZone("UTC0", text), kMarch) << text;
  }
  for (const char* text : {"22/11/2026, 23:59:59", "2026-11-22, 11:59:59 p.m.", "22/11/2026, 11:59:59 pm", "2026. 11. 22. PM 11:59:59"}) {
    EXPECT_EQ(InZone("UTC0", text), kMidnight) << text;
  }
}

TEST(ConsoleTime, WhatIsNotUnderstoodIsNoTime) {
  for (const char* text : {"",
                           "x",
                           "٠١‏/٠٣‏/٢٠٢٦، ١٢:٠٥:٠٩ ص",
                           "۱۴۰۴/۱۲/۱۰, ۰:۰۵:۰۹",
                           "1404/12/10, 0:05:09",
                           "22/11/2569 12:00:00",
                           "22/11/2026",
                           "12:00:00",
                           "22/11/2026, 12:00",
                           "22/11/2026, 12:00:00 x",
                           "22/11/26, 12:00:00",
                           "11/22/2026, 12:00:00",
                           "22/11/2026, 12:00:00 PM",
                           "00/11/2026, 12:00:00",
                           "31/02/2026, 12:00:00",
                           "22/11/2026, 24:00:00",
                           "22/11/2026, 12:60:00",
                           "22/11/2026, 12:00:60",
                           "11/22/2026, 13:00:00 PM",
                           "11/22/2026, 0:00:00 AM",
                           "22/11-2026, 12:00:00",
                           "22/11/202612:00:00",
                           "22/11/20261, 12:00:00",
                           "01/03/2026, 12:05:09 a.m.",
                           "2026-11-22T12:00:00Z",
                           "22.11.2026 12.00:00",
                           "2026/11/22 1200:00"}) {
    EXPECT_FALSE(InZone("UTC0", text)) << text;
  }
}

TEST(ConsoleTime, WhereClocksAreChangedSomeTimesAreNoneOrTwo) {
  EXPECT_FALSE(InZone(kBerlin, "29/03/2026, 02:30:00")) << "skipped";
  EXPECT_FALSE(InZone(kBerlin, "25/10/2026, 02:30:00")) << "comes twice";
  EXPECT_EQ(InZone(kBerlin, "25/10/2026, 01:59:59"), 1792886399000);
  EXPECT_EQ(InZone(kBerlin, "25/10/2026, 03:00:00"), 1792893600000);
}

TEST(ConsoleTime, TheClockRemembersAMinuteAndNoMore) {
  const ZoneScope scope("UTC0");
  ConsoleClock clock;
  EXPECT_EQ(clock.UnixMs("22/11/2026, 12:00:00"), kNoon);
  EXPECT_EQ(clock.UnixMs("22/11/2026, 12:00:59"), kNoon + 59000);
  EXPECT_EQ(clock.UnixMs("22/11/2026, 12:01:00"), kNoon + 60000);
  EXPECT_FALSE(clock.UnixMs("31/02/2026, 12:01:00"));
  EXPECT_FALSE(clock.UnixMs("31/02/2026, 12:01:01"));
  EXPECT_EQ(clock.UnixMs("22/11/2026, 12:00:01"), kNoon + 1000);
}

}  // namespace
}  // namespace logmill
