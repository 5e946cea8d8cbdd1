// Codes that colour the text of a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace logmill {

// ESC [ before the digits and ; and the m behind them (SGR, ECMA-48 8.3.117).
inline constexpr std::string_view kColorBegin = "\x1b[";

// Bytes of the code that stands at `at`; 0: there is none. The numbers in it are what stands between kColorBegin and its last byte.
inline size_t ColorCodeAt(std::string_view text, size_t at) {
  if (at >= text.size() || !text.substr(at).starts_with(kColorBegin)) return 0;
  const size_t end = text.find_first_not_of("0123456789;", at + kColorBegin.size());
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 - at : 0;
}

}  // namespace logmill
