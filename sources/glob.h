// File name patterns.
#pragma once

#include <string>
#include <vector>

namespace logmill {

// Whether there is a wildcard (* ? [) in it.
bool IsGlob(const std::string& pattern);

// Whether the pattern matches the path: a wildcard matches no `/`, and no point at the beginning of a name.
bool MatchesGlob(const std::string& pattern, const std::string& path);

// The existing paths that match a shell pattern, sorted by byte value. A path without a wildcard stands for itself, whether it exists or
// not: whoever follows it waits for it.
std::vector<std::string> ExpandGlob(const std::string& pattern);

}  // namespace logmill
