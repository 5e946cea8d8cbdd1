// A connected socket, TCP or Unix, whose every wait has a deadline and can be interrupted.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "collectors/host_lookup.h"
#include "collectors/interruption.h"

namespace logmill {

// One thread, between Begin() and End() of `interruption`. Errors are phrases such as "connection refused" or "interrupted"; the socket
// is closed then.
class ByteChannel {
 public:
  using Time = Interruption::Time;

  explicit ByteChannel(Interruption& interruption) : interruption_(interruption) {}
  ~ByteChannel() { Close(); }
  ByteChannel(const ByteChannel&) = delete;
  ByteChannel& operator=(const ByteChannel&) = delete;

  // Tries the addresses of `host` one after the other, each for its share of the time.
  std::expected<void, std::string> ConnectTcp(const std::string& host, uint16_t port, Time deadline);
  std::expected<void, std::string> ConnectUnix(const std::string& path, Time deadline);
  void Close();
  [[nodiscard]] bool open() const { return fd_ >= 0; }

  // Waits until some of `unsent` could be sent or something came, and does both: takes what was sent off the front of `unsent`, and gives
  // what came, a part of `buffer`. An end of the stream is an error, too.
  std::expected<std::span<const char>, std::string> Exchange(std::string_view& unsent, std::span<char> buffer, Time deadline);

 private:
  std::expected<void, std::string> ConnectAddress(const std::string& address, uint16_t port, Time deadline);
  std::expected<void, std::string> Connect(const sockaddr* address, socklen_t size, Time deadline);
  std::expected<void, std::string> Await(short events, Time deadline);
  std::expected<void, std::string> Fail(std::string phrase);
  int Send(std::string_view& unsent);  // errno, 0 when all is well
  std::expected<size_t, std::string> Receive(std::span<char> buffer);

  Interruption& interruption_;
  HostLookup names_;
  int fd_ = -1;
};

}  // namespace logmill
