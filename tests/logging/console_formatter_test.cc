#include "logging/console_formatter.h"

#include <gtest/gtest.h>

#include "logging/scope.h"
#include "tests/logging/support.h"

namespace logmill {
namespace {

using testing::FormatWith;
using testing::TimeZone;

ConsoleFormatter Colorless(std::string app = "") { return ConsoleFormatter({std::move(app), false, false}); }

std::string Head(std::string_view rest, std::string_view time = "11/22/2026, 9:35:32 AM") {
  return "[Nest] " + std::to_string(::getpid()) + "  - " + std::string(time) + std::string(rest);
}

TEST(ConsoleFormatter, TimeIsLocalAndWrittenTheEnUsWay) {
  const struct {
    const char* zone;
    int64_t millis;
    const char* text;
  } cases[] = {
      {"UTC", 1772323509000, "03/01/2026, 12:05:09 AM"},
      {"UTC", 1795348800000, "11/22/2026, 12:00:00 PM"},
      {"UTC", 1795391999999, "11/22/2026, 11:59:59 PM"},
      {"UTC", -1, "12/31/1969, 11:59:59 PM"},
      {"EST5EDT,M3.2.0,M11.1.0", 1772323509000, "02/28/2026, 7:05:09 PM"},
      {"EST5EDT,M3.2.0,M11.1.0", 1793512799000, "11/01/2026, 1:59:59 AM"},  // the last second of summer time
      {"EST5EDT,M3.2.0,M11.1.0", 1793512800000, "11/01/2026, 1:00:00 AM"},
      {"IST-5:30", 1795391999000, "11/23/2026, 5:29:59 AM"},
  };
  for (const auto& c : cases) {
    const TimeZone zone(c.zone);
    ConsoleFormatter formatter = Colorless();
    EXPECT_EQ(FormatWith(formatter, spdlog::level::info, "", "m", c.millis), Head("     LOG m\n", c.text)) << c.zone;
  }
}

TEST(ConsoleFormatter, TheCachedSecondFollowsTheClockBothWays) {
  const TimeZone zone("UTC");
  ConsoleFormatter formatter = Colorless();
  for (const auto& [millis, text] : {std::pair(999, "12:00:00 AM"), {1000, "12:00:01 AM"}, {1999, "12:00:01 AM"}, {0, "12:00:00 AM"}}) {
    EXPECT_EQ(FormatWith(formatter, spdlog::level::warn, "", "", millis), Head("    WARN \n", std::string("01/01/1970, ") + text));
  }
}

TEST(ConsoleFormatter, TheBracketHoldsWhatThereIs) {
  const TimeZone zone("UTC");
  ConsoleFormatter bare = Colorless(), api = Colorless("Api");
  EXPECT_EQ(FormatWith(bare, spdlog::level::info, "", "m"), Head("     LOG m\n"));
  EXPECT_EQ(FormatWith(bare, spdlog::level::info, "C", "m"), Head("     LOG [C] m\n"));
  EXPECT_EQ(FormatWith(api, spdlog::level::info, "", "m"), Head("     LOG [Api] m\n"));
  const CorrelationScope scope("9tsc1h95");
  EXPECT_EQ(FormatWith(bare, spdlog::level::info, "", "m"), Head("     LOG [~9tsc1h95] m\n"));
  EXPECT_EQ(FormatWith(api, spdlog::level::debug, "", "m"), Head("   DEBUG [Api~9tsc1h95] m\n"));
  EXPECT_EQ(FormatWith(*api.clone(), spdlog::level::trace, "C", "m"), Head(" VERBOSE [Api:C~9tsc1h95] m\n"));
}

TEST(ConsoleFormatter, ColorsBelongToTheStreamOfTheLevel) {
  const auto colored = [](ConsoleFormatter::Options options, spdlog::level::level_enum level) {
    ConsoleFormatter formatter(std::move(options));
    return FormatWith(formatter, level, "C", "m").find('\x1b') != std::string::npos;
  };
  EXPECT_TRUE(colored({"", true, false}, spdlog::level::info));
  EXPECT_TRUE(colored({"", true, false}, spdlog::level::critical));
  EXPECT_FALSE(colored({"", true, false}, spdlog::level::err));
  EXPECT_TRUE(colored({"", false, true}, spdlog::level::err));
  EXPECT_FALSE(colored({"", false, true}, spdlog::level::warn));
}

}  // namespace
}  // namespace logmill
