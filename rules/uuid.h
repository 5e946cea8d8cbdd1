// UUIDs in their usual form: 8-4-4-4-12 hexadecimal digits, either case, any version.
#pragma once

#include <string_view>

namespace logmill {

inline constexpr size_t kUuidSize = 36;

inline constexpr bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// The first kUuidSize bytes are a UUID.
inline constexpr bool StartsWithUuid(std::string_view text) {
  if (text.size() < kUuidSize) return false;
  for (size_t i = 0; i < kUuidSize; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHexDigit(text[i])) return false;
  }
  return true;
}

}  // namespace logmill
