#include "logging/console_formatter.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

#include "logging/append.h"
#include "logging/process.h"
#include "logging/schema.h"
#include "logging/scope.h"
#include "logging/spdlog_level.h"

namespace logmill {
namespace {

struct Color {
  std::string_view on;
  std::string_view off;
};

// How a level looks: its name, padded on the left to 7, and its colour.
struct Look {
  std::string_view name;
  Color color;
};

constexpr std::string_view kForegroundOff = "\x1b[39m";
constexpr Color kNoColor = {"", ""};
constexpr Color kYellow = {"\x1b[33m", kForegroundOff};
constexpr std::array<Look, kLogLevelNames.size()> kLooks = {{
    {"VERBOSE", {"\x1b[96m", kForegroundOff}},
    {"  DEBUG", {"\x1b[95m", kForegroundOff}},
    {"    LOG", {"\x1b[32m", kForegroundOff}},
    {"   WARN", kYellow},
    {"  ERROR", {"\x1b[31m", kForegroundOff}},
    {"  FATAL", {"\x1b[1m", "\x1b[0m"}},
}};

void AppendColored(const Color& color, std::string_view text, spdlog::memory_buf_t& out) {
  Append(color.on, out);
  Append(text, out);
  Append(color.off, out);
}

std::time_t UnixSeconds(spdlog::log_clock::time_point time) {
  return static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::string EnUsTime(const std::tm& time) {
  const int hour = time.tm_hour % 12 == 0 ? 12 : time.tm_hour % 12;
  return fmt::format("{:02}/{:02}/{}, {}:{:02}:{:02} {} ", time.tm_mon + 1, time.tm_mday, time.tm_year + 1900, hour, time.tm_min,
                     time.tm_sec, time.tm_hour < 12 ? "AM" : "PM");
}

}  // namespace

ConsoleFormatter::ConsoleFormatter() : ConsoleFormatter(Options()) {}

ConsoleFormatter::ConsoleFormatter(Options options) : options_(std::move(options)) { ::tzset(); }

void ConsoleFormatter::format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& dest) {
  const LogLevel level = FromSpdlog(message.level);
  const bool colored = GoesToStderr(level) ? options_.colored_stderr : options_.colored_stdout;
  const Look& look = kLooks[static_cast<size_t>(level)];
  const Color& color = colored ? look.color : kNoColor;
  RenderProcess();
  RenderTimestamp(UnixSeconds(message.time));
  AppendColored(color, process_, dest);
  Append(timestamp_, dest);
  AppendColored(color, look.name, dest);
  Append(" ", dest);
  AppendBracket({message.logger_name.data(), message.logger_name.size()}, colored, dest);
  AppendColored(color, {message.payload.data(), message.payload.size()}, dest);
  Append("\n", dest);
  if (const std::string_view stack = CurrentStack(); !stack.empty()) AppendColored({"", "\n"}, stack, dest);
}

std::unique_ptr<spdlog::formatter> ConsoleFormatter::clone() const { return std::make_unique<ConsoleFormatter>(options_); }

void ConsoleFormatter::RenderProcess() {
  if (const int pid = ProcessId(); pid != pid_) {
    pid_ = pid;
    process_ = "[Nest] " + std::to_string(pid) + "  - ";
  }
}

void ConsoleFormatter::RenderTimestamp(std::time_t second) {
  if (second == second_ && !timestamp_.empty()) return;
  std::tm time{};
  ::localtime_r(&second, &time);
  second_ = second;
  timestamp_ = EnUsTime(time);
}

void ConsoleFormatter::AppendBracket(std::string_view context, bool colored, spdlog::memory_buf_t& dest) const {
  const std::string_view correlation_id = CorrelationScope::Current();
  if (options_.app.empty() && context.empty() && correlation_id.empty()) return;
  const Color& color = colored ? kYellow : kNoColor;
  Append(color.on, dest);
  Append("[", dest);
  Append(options_.app, dest);
  if (!options_.app.empty() && !context.empty()) Append(":", dest);
  Append(context, dest);
  if (!correlation_id.empty()) AppendColored({"~", ""}, correlation_id, dest);
  Append("]", dest);
  Append(color.off, dest);
  Append(" ", dest);
}

}  // namespace logmill
