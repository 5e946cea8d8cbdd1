// Patterns of names: `*` stands for any text, the empty one too; all else for itself.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace logmill {

// In time of at most the product of both lengths.
bool MatchesPattern(std::string_view pattern, std::string_view name);

inline bool MatchesAny(std::span<const std::string> patterns, std::string_view name) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return MatchesPattern(pattern, name); });
}

}  // namespace logmill
