#include "logging/json_formatter.h"

#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "logging/append.h"
#include "logging/json_escape.h"
#include "logging/process.h"
#include "logging/scope.h"
#include "logging/spdlog_level.h"

namespace logmill {
namespace {

// The pieces below spell the keys of schema.h; one literal is one copy.
constexpr std::string_view kToMessage = ",\"message\":\"";
constexpr std::string_view kToContext = "\",\"context\":\"";
constexpr std::string_view kToApp = "\",\"app\":\"";
constexpr std::string_view kToCorrelationId = "\",\"correlationId\":\"";
constexpr std::string_view kToStack = "\",\"stack\":\"";

constexpr bool Spells(std::string_view piece, std::string_view key) { return piece.find(key) != std::string_view::npos; }
static_assert(Spells(kToMessage, kMessageKey) && Spells(kToContext, kContextKey) && Spells(kToApp, kAppKey));
static_assert(Spells(kToCorrelationId, kCorrelationIdKey) && Spells(kToStack, kStackKey));

// `opening` closes the string before it.
void AppendIfAny(std::string_view opening, std::string_view value, spdlog::memory_buf_t& out) {
  if (value.empty()) return;
  Append(opening, out);
  AppendJsonEscaped(value, out);
}

int64_t UnixMillis(spdlog::log_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

JsonFormatter::JsonFormatter() : JsonFormatter(Options()) {}

JsonFormatter::JsonFormatter(Options options) : options_(std::move(options)) { RenderTimestamp(0); }

void JsonFormatter::format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& dest) {
  const Prefix& prefix = PrefixFor(FromSpdlog(message.level));
  RenderTimestamp(UnixMillis(message.time));
  Append({prefix.text.data(), prefix.size}, dest);
  Append({digits_.data(), digits_size_}, dest);
  Append(kToMessage, dest);
  AppendJsonEscaped({message.payload.data(), message.payload.size()}, dest);
  AppendIfAny(kToContext, {message.logger_name.data(), message.logger_name.size()}, dest);
  if (options_.extra_keys) {
    AppendIfAny(kToApp, options_.app, dest);
    AppendIfAny(kToCorrelationId, CorrelationScope::Current(), dest);
  }
  AppendIfAny(kToStack, CurrentStack(), dest);
  Append("\"}\n", dest);
}

std::unique_ptr<spdlog::formatter> JsonFormatter::clone() const { return std::make_unique<JsonFormatter>(options_); }

const JsonFormatter::Prefix& JsonFormatter::PrefixFor(LogLevel level) {
  Prefix& prefix = prefixes_[static_cast<size_t>(level)];
  const int pid = ProcessId();
  if (prefix.pid == pid) return prefix;
  std::string text = "{\"";
  text.append(kLevelKey).append("\":\"").append(LogLevelName(level)).append("\",\"");
  text.append(kPidKey).append("\":").append(std::to_string(pid)).append(",\"").append(kTimestampKey).append("\":");
  prefix.pid = pid;
  prefix.size = text.copy(prefix.text.data(), prefix.text.size());
  return prefix;
}

void JsonFormatter::RenderTimestamp(int64_t millis) {
  if (millis == millis_) return;
  millis_ = millis;
  digits_size_ = static_cast<size_t>(std::to_chars(digits_.data(), digits_.data() + digits_.size(), millis).ptr - digits_.data());
}

}  // namespace logmill
