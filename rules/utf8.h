// UTF-8 of files that people write (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
#pragma once

#include <string_view>

namespace logmill {

// Offset of the first byte that is not part of a valid sequence, or npos.
size_t FindInvalidUtf8(std::string_view text);

}  // namespace logmill
