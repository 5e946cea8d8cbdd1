// Time stamps as syslog's senders write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace logmill {

// Each takes a time stamp from the front of `*text` and gives Unix nanoseconds; nothing, with `*text` as it was, when none stands there.

// RFC 3339: "2026-11-22T10:00:00.123456Z", "...+01:00"; without a zone, in the process's.
std::optional<int64_t> TakeIsoTime(std::string_view* text);

// RFC 3164 and its kin, in the process's zone: "Nov 22 10:00:00", "Nov  2 10:00:00.123", "Nov 22 2026 10:00:00" (firewalls),
// "Nov 22 10:00:00 2026" (routers), each with or without " UTC" or " GMT" behind it. A year that is not said is the one that comes nearest
// to `now_ns`.
std::optional<int64_t> TakeBsdTime(std::string_view* text, int64_t now_ns);

}  // namespace logmill
