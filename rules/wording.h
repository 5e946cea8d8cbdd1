// How messages about a file put things.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// `"text"`, cut after 60 bytes.
std::string Quote(std::string_view text);

// "a, b, c"
std::string JoinNames(std::span<const std::string_view> names);

// `; did you mean "x"?` with the candidate nearest to `word`, or "" when none is near.
std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace logmill
