// What a program can say about its log, and what the environment says.
#pragma once

#include <functional>
#include <string>

#include "logging/schema.h"

namespace logmill {

enum class LogFormat { kConsole, kJson };

// The program's own defaults stand in here before ReadLoggingEnvironment(); the environment goes over them.
struct LoggingOptions {
  LogFormat format = LogFormat::kConsole;  // IMMICH_LOG_FORMAT
  LogLevel level = LogLevel::kLog;         // IMMICH_LOG_LEVEL: the lowest level that is written
  bool color = true;                       // console: ANSI colours. NO_COLOR switches them off; a terminal is not looked for
  bool color_needs_terminal = false;       // console: colours only on a stream that is a terminal
  std::string app;                         // "Api": console `[Api:Context]`; JSON only with extra_keys
  bool extra_keys = false;                 // JSON: keep app and correlation id, as `app` and `correlationId` behind `context`
  int out_fd = 1;                          // every level but error; stays the caller's
  int err_fd = 2;                          // error; likewise
};

// Returns the value of an environment variable, nullptr when it is not set.
using EnvironmentLookup = std::function<const char*(const char* name)>;

// Reads IMMICH_LOG_FORMAT (console, json), IMMICH_LOG_LEVEL (verbose, debug, log, warn, error, fatal) and NO_COLOR (colours are off
// when it is any text but the empty one). A variable that is empty counts as not set. Returns "", or one line for each wrong value that
// names the variable, the value and what would be right; the option then keeps what it was.
[[nodiscard]] std::string ReadLoggingEnvironment(LoggingOptions* options);
[[nodiscard]] std::string ReadLoggingEnvironment(const EnvironmentLookup& lookup, LoggingOptions* options);

}  // namespace logmill
