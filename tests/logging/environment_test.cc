#include "logging/environment.h"

#include <gtest/gtest.h>

#include <map>

namespace logmill {
namespace {

using Variables = std::map<std::string, std::string>;

std::string Read(const Variables& variables, LoggingOptions* options) {
  return ReadLoggingEnvironment(
      [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
      },
      options);
}

constexpr const char* kUnset = "(unset)";

struct FormatCase {
  const char* value;
  LogFormat format;
  const char* error;
};
struct LevelCase {
  const char* value;
  LogLevel level;
  const char* error;
};
struct ColorCase {
  const char* value;
  bool color;
};

const FormatCase kFormats[] = {
    {kUnset, LogFormat::kConsole, ""},
    {"", LogFormat::kConsole, ""},
    {"console", LogFormat::kConsole, ""},
    {"json", LogFormat::kJson, ""},
    {"JSON", LogFormat::kConsole, "IMMICH_LOG_FORMAT is \"JSON\", but has to be console or json"},
    {"yaml", LogFormat::kConsole, "IMMICH_LOG_FORMAT is \"yaml\", but has to be console or json"},
};

const LevelCase kLevels[] = {
    {kUnset, LogLevel::kLog, ""},
    {"", LogLevel::kLog, ""},
    {"verbose", LogLevel::kVerbose, ""},
    {"debug", LogLevel::kDebug, ""},
    {"log", LogLevel::kLog, ""},
    {"warn", LogLevel::kWarn, ""},
    {"error", LogLevel::kError, ""},
    {"fatal", LogLevel::kFatal, ""},
    {"info", LogLevel::kLog, "IMMICH_LOG_LEVEL is \"info\", but has to be verbose, debug, log, warn, error or fatal"},
    {" \"\n", LogLevel::kLog, "IMMICH_LOG_LEVEL is \" \\\"\\n\", but has to be verbose, debug, log, warn, error or fatal"},
};

const ColorCase kColors[] = {{kUnset, true}, {"", true}, {"1", false}, {"0", false}, {"false", false}};

TEST(Environment, EveryCombination) {
  for (const FormatCase& format : kFormats) {
    for (const LevelCase& level : kLevels) {
      for (const ColorCase& color : kColors) {
        Variables variables;
        if (format.value != kUnset) variables["IMMICH_LOG_FORMAT"] = format.value;
        if (level.value != kUnset) variables["IMMICH_LOG_LEVEL"] = level.value;
        if (color.value != kUnset) variables["NO_COLOR"] = color.value;
        LoggingOptions options;
        const std::string errors = Read(variables, &options);
        const std::string separator = *format.error != '\0' && *level.error != '\0' ? "\n" : "";
        EXPECT_EQ(errors, format.error + separator + level.error);
        EXPECT_EQ(options.format, format.format) << format.value;
        EXPECT_EQ(options.level, level.level) << level.value;
        EXPECT_EQ(options.color, color.color) << color.value;
      }
    }
  }
}

TEST(Environment, TheProgramsDefaultsHoldWhereTheEnvironmentSaysNothingOrNonsense) {
  LoggingOptions options;
  options.format = LogFormat::kJson;
  options.level = LogLevel::kDebug;
  options.color = false;
  options.app = "Api";
  EXPECT_EQ(Read({{"NO_COLOR", ""}}, &options), "");
  EXPECT_NE(Read({{"IMMICH_LOG_LEVEL", "loud"}}, &options), "");
  EXPECT_EQ(options.format, LogFormat::kJson);
  EXPECT_EQ(options.level, LogLevel::kDebug);
  EXPECT_FALSE(options.color);
  EXPECT_EQ(options.app, "Api");
}

}  // namespace
}  // namespace logmill
