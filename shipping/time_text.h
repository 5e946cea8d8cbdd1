// Unix time as text.
#pragma once

#include <cstdint>
#include <string>

namespace logmill {

// RFC 3339 in UTC with so many digits of the second: 0, 3 (milliseconds), 6 or 9.
std::string FormatTime(int64_t unix_ns, int digits);

}  // namespace logmill
