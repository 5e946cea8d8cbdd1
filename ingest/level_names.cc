#include "ingest/level_names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "logging/schema.h"

namespace logmill {
namespace {

constexpr std::pair<std::string_view, LogLevel> kLevels[] = {
    {"trace", LogLevel::kVerbose},     {"verbose", LogLevel::kVerbose}, {"silly", LogLevel::kVerbose}, {"10", LogLevel::kVerbose},
    {"debug", LogLevel::kDebug},       {"20", LogLevel::kDebug},        {"info", LogLevel::kLog},      {"information", LogLevel::kLog},
    {"informational", LogLevel::kLog}, {"notice", LogLevel::kLog},      {"log", LogLevel::kLog},       {"30", LogLevel::kLog},
    {"warn", LogLevel::kWarn},         {"warning", LogLevel::kWarn},    {"40", LogLevel::kWarn},       {"error", LogLevel::kError},
    {"err", LogLevel::kError},         {"50", LogLevel::kError},        {"fatal", LogLevel::kFatal},   {"panic", LogLevel::kFatal},
    {"dpanic", LogLevel::kFatal},      {"critical", LogLevel::kFatal},  {"crit", LogLevel::kFatal},    {"alert", LogLevel::kFatal},
    {"emerg", LogLevel::kFatal},       {"emergency", LogLevel::kFatal}, {"60", LogLevel::kFatal},
};

constexpr size_t kLongest = 13;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// "INFO+2" → "INFO".
std::string_view BaseName(std::string_view text) {
  const size_t sign = text.find_first_of("+-");
  if (sign == std::string_view::npos || sign == 0 || sign + 1 == text.size()) return text;
  return text.find_first_not_of("0123456789", sign + 1) == std::string_view::npos ? text.substr(0, sign) : text;
}

}  // namespace

std::string_view TranslateLevel(std::string_view text) {
  const std::string_view base = BaseName(text);
  if (base.size() > kLongest) return text;
  std::array<char, kLongest> lower;
  std::ranges::transform(base, lower.begin(), Lower);
  const std::string_view name(lower.data(), base.size());
  const auto* const found = std::ranges::find(kLevels, name, &std::pair<std::string_view, LogLevel>::first);
  return found != std::end(kLevels) ? LogLevelName(found->second) : text;
}

}  // namespace logmill
