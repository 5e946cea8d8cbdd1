// The set-up, two lines of a program:
//
//     if (const std::string error = logmill::SetUpLogging(); !error.empty()) return Fail(error);
//     logmill::GetLogger("WebsocketRepository")->info("Initialized websocket server");
//
// What is behind it can be had piece by piece: ReadLoggingEnvironment() (environment.h), MakeFormatter(), LineSink (line_sink.h).
// docs/log-format.md is the user's page.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "logging/environment.h"
#include "logging/scope.h"

namespace logmill {

// Makes spdlog's default logger write in Gallery's format, as `options` and, over them, the environment say (environment.h).
// Returns "", or what is wrong with the environment, a line for each mistake; logging is set up nevertheless, with the option that the
// wrong value did not change. Call it at the start, before GetLogger().
[[nodiscard]] std::string SetUpLogging(LoggingOptions options = {});

// The logger of a service or component; its name is the record's context. Made at the first call, with the default logger's
// sink and level, and then always the same one (registered with spdlog: spdlog::set_level() changes all). For names that never end, such as
// a job's own data, take `GetLogger(...)->clone(name)`, which is not registered. Thread-safe.
std::shared_ptr<spdlog::logger> GetLogger(const std::string& context);

// A logger of its own, not registered, that writes as `options` say, whatever the environment.
std::shared_ptr<spdlog::logger> MakeLogger(const LoggingOptions& options, std::string context = "");

// The formatter that `options` ask for, to be put into any spdlog sink.
std::unique_ptr<spdlog::formatter> MakeFormatter(const LoggingOptions& options);

}  // namespace logmill
