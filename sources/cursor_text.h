// The cursors of a Feed as one text.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace logmill {

using CursorMap = std::map<std::string, std::string>;

// "1;" then, for each key, "SIZE:key,SIZE:cursor," (sizes in bytes, decimal) and at the end the FNV-1a hash of all that in 16 hex digits.
// Keys and cursors may hold any bytes.
std::string WriteCursors(const CursorMap& cursors);

// Nothing when the text is damaged or of another version. Linear.
std::optional<CursorMap> ReadCursors(std::string_view text);

}  // namespace logmill
