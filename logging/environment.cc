#include "logging/environment.h"

#include <spdlog/common.h>

#include <cstdlib>
#include <optional>
#include <string_view>

#include "logging/json_escape.h"

namespace logmill {
namespace {

constexpr std::string_view kFormatChoices = "console or json";
constexpr std::string_view kLevelChoices = "verbose, debug, log, warn, error or fatal";

std::optional<LogFormat> LogFormatFromName(std::string_view name) {
  if (name == "console") return LogFormat::kConsole;
  if (name == "json") return LogFormat::kJson;
  return std::nullopt;
}

std::string Quoted(std::string_view value) {
  spdlog::memory_buf_t escaped;
  AppendJsonEscaped(value, escaped);
  return '"' + std::string(escaped.data(), escaped.size()) + '"';
}

std::string_view ValueOf(const EnvironmentLookup& lookup, const char* name) {
  const char* value = lookup(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// `parse` turns a name into the option's value. Returns what is wrong, "" for nothing.
template <typename T, typename Parse>
std::string ReadChoice(const EnvironmentLookup& lookup, const char* name, std::string_view choices, Parse parse, T* option) {
  const std::string_view value = ValueOf(lookup, name);
  if (value.empty()) return "";
  if (const std::optional<T> parsed = parse(value)) {
    *option = *parsed;
    return "";
  }
  return std::string(name) + " is " + Quoted(value) + ", but has to be " + std::string(choices);
}

}  // namespace

std::string ReadLoggingEnvironment(LoggingOptions* options) {
  return ReadLoggingEnvironment([](const char* name) { return static_cast<const char*>(std::getenv(name)); }, options);
}

std::string ReadLoggingEnvironment(const EnvironmentLookup& lookup, LoggingOptions* options) {
  std::string errors = ReadChoice(lookup, "IMMICH_LOG_FORMAT", kFormatChoices, LogFormatFromName, &options->format);
  const std::string error = ReadChoice(lookup, "IMMICH_LOG_LEVEL", kLevelChoices, LogLevelFromName, &options->level);
  if (!errors.empty() && !error.empty()) errors += '\n';
  if (!ValueOf(lookup, "NO_COLOR").empty()) options->color = false;
  return errors + error;
}

}  // namespace logmill
