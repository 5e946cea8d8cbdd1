// Takes bytes from whoever sends them to one address, over TCP, UDP or both: no protocol, no answers, all on one thread.
//
//   TCP  accept ──► read ──► StreamHandler::Take ──► read ...      kFull: that connection is not read until there is room again,
//                                                                  so its sender waits; all others go on
//   UDP  receive ──► datagram(bytes, peer)
//
// A connection holds what its handler has not taken, and nothing else. One that sends nothing for `idle_timeout` is closed; one whose
// handler has no room is never idle.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace logmill {

// What becomes of one TCP connection's bytes.
class StreamHandler {
 public:
  struct Taken {
    size_t bytes = 0;   // from the front; they are gone then
    bool full = false;  // there is no room for more: Take() comes again after ByteListenerOptions::retry_interval, with the same bytes
  };

  virtual ~StreamHandler() = default;
  // `bytes` goes on where the last call left off: with what it did not take, and perhaps more. `ended`: nothing will follow; what is then
  // not taken, unless for lack of room, is forgotten. One that takes nothing of `max_waiting_bytes` has its connection closed.
  virtual Taken Take(std::string_view bytes, bool ended) = 0;
};

struct ByteListenerOptions {
  std::string address = {};  // as HttpListener::address; with port 0, UDP and TCP get the same one
  bool tcp = true;
  bool udp = true;
  std::string setting = {};                    // what a user changes to move the port, for error texts; may be ""
  size_t max_connections = 1024;               // and at most half of the process's limit of open files: one more is closed at once
  size_t max_waiting_bytes = size_t{1} << 20;  // of one connection, not counting the 64 KiB of one read
  std::chrono::milliseconds idle_timeout{3'600'000};
  std::chrono::milliseconds retry_interval{10};
};

// All called on the listener's thread; must not block. A peer is an IP address.
struct ByteCallbacks {
  std::function<std::unique_ptr<StreamHandler>(std::string_view peer)> connected;  // TCP
  std::function<void(std::string_view datagram, std::string_view peer)> datagram;  // UDP
  std::function<void(uint64_t datagrams)> lost = [](uint64_t) {};                  // UDP: the kernel had no room for so many more
  std::function<void()> refused = [] {};                                           // TCP: a connection too many was closed
};

class ByteListener {
 public:
  // Binds and starts the thread; or says which address failed and why, and binds nothing.
  static std::expected<std::unique_ptr<ByteListener>, std::string> Start(ByteListenerOptions options, ByteCallbacks callbacks);
  // Stops and joins; waits for nobody. What the callbacks use must outlive it.
  virtual ~ByteListener() = default;

  [[nodiscard]] virtual uint16_t port() const = 0;
  // TCP connections open now. Any thread.
  [[nodiscard]] virtual size_t connection_count() const = 0;
};

}  // namespace logmill
