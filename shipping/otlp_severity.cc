#include "shipping/otlp_severity.h"

#include <algorithm>
#include <array>
#include <utility>

namespace logmill {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 27> kSeverities{{
    {"log", 9},       {"debug", 5}, {"verbose", 1},     {"error", 17},   {"warn", 13},  {"fatal", 21},  {"info", 9},
    {"trace", 1},     {"silly", 1}, {"information", 9}, {"warning", 13}, {"err", 17},   {"notice", 10}, {"informational", 9},
    {"critical", 18}, {"crit", 18}, {"dpanic", 18},     {"alert", 19},   {"panic", 19}, {"emerg", 21},  {"emergency", 21},
    {"severe", 17},   {"http", 9},  {"fine", 5},        {"finer", 3},    {"finest", 1}, {"config", 6},
}};
constexpr size_t kLongest = 13;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

int OtlpSeverity(std::string_view level) {
  if (level.size() > kLongest) return 0;
  std::array<char, kLongest> lower;
  std::ranges::transform(level, lower.begin(), Lower);
  const std::string_view name(lower.data(), level.size());
  const auto* const known = std::ranges::find(kSeverities, name, &std::pair<std::string_view, int>::first);
  return known == kSeverities.end() ? 0 : known->second;
}

}  // namespace logmill
