// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace logmill {

// The sequence at the start of a text: the bytes of one character, or, not valid, of the longest beginning of one that cannot be completed
// (what a decoder replaces by one U+FFFD, as the WHATWG encoding standard says).
struct Utf8Sequence {
  size_t bytes;
  bool valid;
};

// `text` is not empty.
Utf8Sequence FirstUtf8Sequence(std::string_view text);

// Offset of the first byte that is not part of a valid sequence, or npos.
size_t FindInvalidUtf8(std::string_view text);

}  // namespace logmill
