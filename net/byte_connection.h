// One TCP connection of a ByteListener. Internal to net/.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "net/byte_listener.h"

namespace logmill {

// What all connections share; outlives them.
struct ByteShared {
  ByteListenerOptions options;
  ByteCallbacks callbacks;
  std::atomic<size_t> connections = 0;
  std::array<char, size_t{64} << 10> piece{};  // of one read; used within one call only
};

// Owned by the operations that it waits for. Listener's thread.
class ByteConnection : public std::enable_shared_from_this<ByteConnection> {
 public:
  ByteConnection(boost::asio::ip::tcp::socket socket, std::unique_ptr<StreamHandler> handler, ByteShared& shared);
  ~ByteConnection();
  ByteConnection(const ByteConnection&) = delete;
  ByteConnection& operator=(const ByteConnection&) = delete;

  // Until the connection ends.
  void Run();

 private:
  void AwaitBytes();
  void ReadBytes();
  void Give(std::string_view fresh);
  void TryAgain();
  void Close();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;  // idle, or until the handler is tried again
  const std::unique_ptr<StreamHandler> handler_;
  ByteShared& shared_;
  std::string waiting_;  // what the handler has not taken
  bool ended_ = false;
};

}  // namespace logmill
