// One syslog message, in whichever of its forms.
//
//   RFC 5424   <34>1 2026-11-22T10:00:00.003Z host app 812 ID47 [x@1 k="v"] text
//   RFC 3164   <34>Nov 22 10:00:00 host app[812]: text
//   and what really comes: no host (containers, libc), RFC 3339 time stamps (rsyslog), a space after the priority, no time, no tag,
//   sequence numbers and time stamps of network devices, no priority at all.
//
// Which form it is, is found out message by message. What cannot be understood stays in the text: nothing of a message is lost, but the
// host and, where there is text besides, the structured data.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace logmill {

// Views are of the message that was parsed.
struct SyslogMessage {
  std::string_view text;            // without line ends and zero bytes at its end, and without a byte order mark
  std::string_view host;            // as sent; "" when unknown, as the next one
  std::string_view app;             // APP-NAME, or the tag
  std::string_view proc;            // PROCID, or what stands in the tag's brackets
  std::optional<int64_t> time_ns;   // Unix time
  std::optional<uint8_t> severity;  // 0 emergency to 7 debug
  bool malformed = false;           // no priority, or RFC 5424 with a mistake in its head
};

// Takes any bytes. Linear. `now_ns` (Unix time) says what year it is.
SyslogMessage ParseSyslog(std::string_view message, int64_t now_ns);

// The level of a severity, as in logging/schema.h: 0-2 fatal, 3 error, 4 warn, 5-6 log, 7 debug.
std::string_view SyslogLevel(uint8_t severity);

}  // namespace logmill
