// Durations and sizes as people and programs write them.
#pragma once

#include <optional>
#include <string_view>

namespace logmill {

// `250ms`, `1.5s`, `2m3s`, `1h2m`: numbers with the units ns, us (µs), ms, s, m, h, d, added up; spaces between the parts do no harm.
// A number alone is in the unit of the result and may be negative. Nothing for any other text.
std::optional<double> ParseDurationMs(std::string_view text);
std::optional<double> ParseDurationSeconds(std::string_view text);

// `512`, `1.5 KiB`, `20 MB`: a number with one of the units B, KB to PB (1000), KiB to PiB (1024) in any case. K, M and G alone mean
// different things to different programs and are refused.
std::optional<double> ParseBytes(std::string_view text);

}  // namespace logmill
