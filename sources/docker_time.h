// The time stamps of container engines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace logmill {

inline constexpr size_t kLongestDockerTime = 40;

// RFC 3339 with any number of decimals, as in "2026-11-22T09:24:30.123456789Z" or with "+01:00", to Unix nanoseconds. Nothing for other
// text, a time that does not exist, one before 1970 or one that 63 bits cannot hold.
std::optional<int64_t> ParseDockerTime(std::string_view text);

// As the engine's `since` wants it: "1795339470.123456789".
std::string FormatDockerSince(int64_t time_ns);

}  // namespace logmill
