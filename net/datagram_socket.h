// One UDP socket of a ByteListener. Internal to net/.
#pragma once

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>

#include "net/byte_listener.h"

namespace logmill {

// Listener's thread.
class DatagramSocket {
 public:
  DatagramSocket(boost::asio::ip::udp::socket socket, const ByteCallbacks& callbacks);
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  void Run();

 private:
  void ReceiveSome();
  bool ReceiveOne();
  void CountLost(uint32_t so_far);

  boost::asio::ip::udp::socket socket_;
  const ByteCallbacks& callbacks_;
  uint32_t lost_ = 0;                           // as the kernel counts
  std::array<char, size_t{64} << 10> bytes_{};  // larger than any datagram
};

}  // namespace logmill
