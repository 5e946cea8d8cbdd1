// Text → the inside of a JSON string, exactly as JSON.stringify writes it.
#pragma once

#include <spdlog/common.h>

#include <cstddef>
#include <string_view>

namespace logmill {

// Appends `text` without quotes around it. `"` and `\` get a backslash, control characters become \b \f \n \r \t or \u00xx (lower-case
// hex); DEL, U+2028 and everything else stay as they are. Bytes that are not UTF-8 become U+FFFD, one for each maximal subpart (the rule of
// the WHATWG encoding standard), so whatever comes in, the output is valid. Linear time; `out` grows by at most six times the text and 32
// bytes. Looks at 16 bytes at once where SSE2 exists, otherwise at 8.
void AppendJsonEscaped(std::string_view text, spdlog::memory_buf_t& out);

// The same, 8 bytes at once everywhere, so that both ways can be tested on one machine.
void AppendJsonEscapedPortable(std::string_view text, spdlog::memory_buf_t& out);

// The UTF-8 sequence that `text`, which is not empty, begins with: its `size`, 1 to 4 bytes. When it is not valid, `size` is that of
// the maximal subpart, which one U+FFFD replaces.
struct Utf8Unit {
  size_t size = 0;
  bool valid = false;
};
Utf8Unit FirstUtf8Unit(std::string_view text);

}  // namespace logmill
