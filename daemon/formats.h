// The names of formats, for the configuration and the command line.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/stream.h"

namespace logmill {

// The names of all of them.
std::vector<std::string_view> FormatNames();

// Sets format and framing; false when there is no such name.
bool SetFormat(std::string_view name, StreamOptions& options);

}  // namespace logmill
