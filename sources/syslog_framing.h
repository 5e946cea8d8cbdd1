// Messages in a TCP stream of syslog, RFC 6587: each is either counted or a line, and which of the two is found out for each.
//
//   83 <34>1 2026-11-22T10:00:00Z ...        counted: a number of at most 9 digits, a space, and then "<"
//   <34>Nov 22 10:00:00 host app: text\n     a line: everything else. Ends with a newline or a zero byte
//
// A line's text cannot hold a newline, so whoever lets others write into his messages should count them: then nobody can forge one.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace logmill {

struct SyslogFrame {
  std::string_view message;  // not empty
  bool cut = false;          // it was longer than the limit
  bool broken = false;       // the stream ended before a counted message did
};

// A plain value: a copy goes on from where the original stood, for whoever may have to go back. Linear in the bytes of the stream, whatever
// the pieces in which they come.
class SyslogFraming {
 public:
  explicit SyslogFraming(size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}

  // The next message at the front of `*bytes`, which goes on where the last call left it; removes what it is done with. Nothing: it needs
  // more bytes (at most max_message_bytes + 12 are left then). `ended`: there are no more; what is left is a message too.
  std::optional<SyslogFrame> Next(std::string_view* bytes, bool ended);

 private:
  bool Skip(std::string_view* bytes);
  std::optional<SyslogFrame> NextCounted(std::string_view* bytes, size_t head, size_t count, bool ended);
  std::optional<SyslogFrame> NextLine(std::string_view* bytes, bool ended);

  size_t max_message_bytes_;
  size_t searched_ = 0;     // so many bytes at the front hold no end of a line
  size_t skip_bytes_ = 0;   // the rest of a counted message that was cut
  bool skip_line_ = false;  // likewise, of a line
};

}  // namespace logmill
