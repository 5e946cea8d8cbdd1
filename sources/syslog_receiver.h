// Syslog over UDP and TCP: what other programs, containers and devices send, one envelope a message.
//
//   UDP datagram ──────────────────────────► ParseSyslog ─► AppendEnvelope ─► Feed::Push   (no room: dropped and counted)
//   TCP bytes ─► SyslogFraming ─► message ─► ParseSyslog ─► AppendEnvelope ─► Feed::Push   (no room: that connection is not read)
//
// The envelope: text = MSG, level by the severity, context = the program, pid when it is a number, time as sent. Its key names the sender
// (address, host, program, pid), so that lines of two senders are never joined. Syslog has no acknowledgements: what is on its way when
// the program stops is lost, so the feed cannot be replayed.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "sources/feed.h"

namespace logmill {

struct SyslogOptions {
  std::string listen = "127.0.0.1:5514";  // as HttpListener::address; with port 0 UDP and TCP get the same one
  bool udp = true;
  bool tcp = true;
  size_t max_message_bytes = size_t{64} << 10;  // what is longer is cut, and its rest skipped
  size_t max_line_bytes = size_t{1} << 20;      // of an envelope; its text is cut where it would be longer
  size_t max_connections = 1024;                // TCP, and at most half of the process's limit of open files: one more is closed at once
  std::chrono::milliseconds idle_timeout{3'600'000};  // a TCP connection that sends nothing for so long is closed
  std::string setting = {};                           // what a user changes to move the port, for error texts; may be ""
};

// Binds and starts the thread; or says why not: "127.0.0.1:514: permission denied: ...". `feed` and `clock` outlive the receiver. The
// clock says which year a time stamp without one means; a zone that is not sent is the process's.
std::expected<std::unique_ptr<Receiver>, std::string> StartSyslog(SyslogOptions options, Feed& feed, const Clock& clock);

}  // namespace logmill
