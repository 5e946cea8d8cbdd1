// spdlog's levels and ours: trace is verbose, info is log, critical is fatal; debug, warn and err are what they say.
#pragma once

#include <spdlog/common.h>

#include "logging/schema.h"

namespace logmill {

constexpr spdlog::level::level_enum ToSpdlog(LogLevel level) { return static_cast<spdlog::level::level_enum>(level); }

// `off`, which is no level of a message, counts as fatal: nothing is lost.
constexpr LogLevel FromSpdlog(spdlog::level::level_enum level) {
  return level >= spdlog::level::critical ? LogLevel::kFatal : static_cast<LogLevel>(level);
}

static_assert(ToSpdlog(LogLevel::kVerbose) == spdlog::level::trace && ToSpdlog(LogLevel::kDebug) == spdlog::level::debug);
static_assert(ToSpdlog(LogLevel::kLog) == spdlog::level::info && ToSpdlog(LogLevel::kWarn) == spdlog::level::warn);
static_assert(ToSpdlog(LogLevel::kError) == spdlog::level::err && ToSpdlog(LogLevel::kFatal) == spdlog::level::critical);

// Gallery's servers write `error` to stderr and everything else, `fatal` too, to stdout.
constexpr bool GoesToStderr(LogLevel level) { return level == LogLevel::kError; }

}  // namespace logmill
