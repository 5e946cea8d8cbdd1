// Header lines. Internal to net/.
#pragma once

#include <string>
#include <string_view>

namespace logmill {

// A token (RFC 9110, 5.6.2): a method, or the name of a header.
bool IsToken(std::string_view text);
// May stand in a header: no control characters but tabs.
bool IsFieldValue(std::string_view text);

std::string LowerCase(std::string_view text);
// Without the white space around it.
std::string_view WithoutBlanks(std::string_view text);

}  // namespace logmill
