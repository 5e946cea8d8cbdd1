// The names in a log line, shared by those who write it (this folder) and those who read it (ingest/). Standard library only, C++17.
// docs/log-format.md describes the record.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace logmill {

// Keys of the JSON record, in the order in which they are written. The first four are always there, `context` when there is one.
inline constexpr std::string_view kLevelKey = "level";
inline constexpr std::string_view kPidKey = "pid";
inline constexpr std::string_view kTimestampKey = "timestamp";  // Unix time in milliseconds, a number
inline constexpr std::string_view kMessageKey = "message";
inline constexpr std::string_view kContextKey = "context";
inline constexpr std::string_view kAppKey = "app";                      // only when asked for (LoggingOptions::extra_keys)
inline constexpr std::string_view kCorrelationIdKey = "correlationId";  // likewise
inline constexpr std::string_view kStackKey = "stack";                  // some errors: a stack trace
inline constexpr std::string_view kParamsKey = "params";                // other writers than ours: further arguments, an array

// From the lowest to the highest. `log` is what others call info.
enum class LogLevel : uint8_t { kVerbose, kDebug, kLog, kWarn, kError, kFatal };

inline constexpr std::array<std::string_view, 6> kLogLevelNames = {"verbose", "debug", "log", "warn", "error", "fatal"};

constexpr std::string_view LogLevelName(LogLevel level) { return kLogLevelNames[static_cast<size_t>(level)]; }

// The level with exactly this name (lower case), nothing for any other text.
constexpr std::optional<LogLevel> LogLevelFromName(std::string_view name) {
  for (size_t i = 0; i < kLogLevelNames.size(); ++i) {
    if (kLogLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

}  // namespace logmill
