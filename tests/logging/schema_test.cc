#include "logging/schema.h"

#include <gtest/gtest.h>

#include "logging/spdlog_level.h"

namespace logmill {
namespace {

TEST(Schema, LevelsHaveTheirNamesInOrder) {
  EXPECT_EQ(LogLevelName(LogLevel::kVerbose), "verbose");
  EXPECT_EQ(LogLevelName(LogLevel::kDebug), "debug");
  EXPECT_EQ(LogLevelName(LogLevel::kLog), "log");
  EXPECT_EQ(LogLevelName(LogLevel::kWarn), "warn");
  EXPECT_EQ(LogLevelName(LogLevel::kError), "error");
  EXPECT_EQ(LogLevelName(LogLevel::kFatal), "fatal");
  EXPECT_LT(LogLevel::kVerbose, LogLevel::kDebug);
  EXPECT_LT(LogLevel::kError, LogLevel::kFatal);
}

TEST(Schema, NamesGiveTheirLevelAndNothingElseDoes) {
  for (const std::string_view name : kLogLevelNames) {
    ASSERT_TRUE(LogLevelFromName(name)) << name;
    EXPECT_EQ(LogLevelName(*LogLevelFromName(name)), name);
  }
  for (const std::string_view name : {"", "Log", "LOG", "info", "warning", "log ", "lo", "fatall"})
    EXPECT_FALSE(LogLevelFromName(name)) << name;
  static_assert(LogLevelFromName("warn") == LogLevel::kWarn);
}

TEST(Schema, SpdlogLevelsTranslateBothWays) {
  EXPECT_EQ(FromSpdlog(spdlog::level::trace), LogLevel::kVerbose);
  EXPECT_EQ(FromSpdlog(spdlog::level::info), LogLevel::kLog);
  EXPECT_EQ(FromSpdlog(spdlog::level::critical), LogLevel::kFatal);
  EXPECT_EQ(FromSpdlog(spdlog::level::off), LogLevel::kFatal);
  EXPECT_EQ(ToSpdlog(LogLevel::kLog), spdlog::level::info);
}

}  // namespace
}  // namespace logmill
