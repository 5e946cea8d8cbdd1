// One log message of a source that is no plain file, as one line of JSON: what Docker's json-file driver writes, with more keys.
//
//   {"log":"text\n","stream":"stdout","time":"2026-11-22T09:24:30.123456789Z"}          Docker's own
//   {"log":"text","key":"3f2a/stderr","time_ns":1795339470123456789,"level":"warn","context":"sshd","pid":812,"cut":true}
//
// A receiver (Docker engine, journald, syslog, HTTP) writes envelopes into its Feed; ingest/ takes them apart again, together with
// Docker's files. So every source is a stream of lines, and the text inside of an envelope may hold anything, newlines included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace logmill {

namespace envelope_keys {
inline constexpr char kLog[] = "log";        // the message's text. In Docker's files a text without "\n" at its end is a part: more follows
inline constexpr char kStream[] = "stream";  // Docker's: "stdout" or "stderr"; lines are joined within one stream only
inline constexpr char kTime[] = "time";      // Docker's: RFC 3339
inline constexpr char kKey[] = "key";        // ours, in place of `stream`; its presence says that `log` is always whole
inline constexpr char kTimeNs[] = "time_ns";   // ours: Unix nanoseconds, in place of `time`
inline constexpr char kLevel[] = "level";      // for a text that says no level itself
inline constexpr char kContext[] = "context";  // likewise
inline constexpr char kPid[] = "pid";          // likewise
inline constexpr char kCut[] = "cut";          // ours: true when something of the text was lost; else absent
}  // namespace envelope_keys

// Views are valid as long as what they were made from.
struct Envelope {
  std::string_view text = {};  // any bytes; what is no UTF-8 becomes U+FFFD on the way
  std::string_view key = {};   // which stream of the source it belongs to: messages are joined within one only; may be ""
  std::optional<int64_t> time_ns = {};
  std::string_view level = {};  // as in logging/schema.h; "" when unknown
  std::string_view context = {};
  std::optional<int64_t> pid = {};
  bool cut = false;  // the text is not the whole message
};

// Appends one line with "\n". A line that would be longer than `most_bytes` (which is for the text: the other fields are never cut) has its
// text cut at a character and says so. Linear.
void AppendEnvelope(const Envelope& envelope, std::string& out, size_t most_bytes = SIZE_MAX);

}  // namespace logmill
