// File name patterns.
#pragma once

#include <string>
#include <vector>

namespace logmill {

// Whether there is a wildcard (* ? [) in it.
bool IsGlob(const std::string& pattern);

// The existing paths that match a shell pattern, sorted by byte value. A path without a wildcard stands for itself, whether it exists or
// not: whoever follows it waits for it.
std::vector<std::string> ExpandGlob(const std::string& pattern);

}  // namespace logmill
