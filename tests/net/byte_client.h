// Clients of a ByteListener for tests: what they send is up to the test. Wait by poll() only, never longer than kPatience.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"

namespace logmill {

// A TCP connection or a UDP socket to a port of this machine.
class ByteClient {
 public:
  static ByteClient Tcp(uint16_t port) { return {port, SOCK_STREAM}; }
  static ByteClient Udp(uint16_t port) { return {port, SOCK_DGRAM}; }
  ~ByteClient() { Close(); }
  ByteClient(ByteClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ByteClient& operator=(ByteClient&&) = delete;

  // Blocks while the receiver does not read. False when it has closed.
  bool Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // Bytes that went out before the receiver made it wait.
  size_t SendUntilFull(std::string_view bytes) const {
    size_t all = 0;
    while (all < bytes.size()) {
      const ssize_t sent = send(fd_, bytes.data() + all, bytes.size() - all, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) break;
      all += static_cast<size_t>(sent);
    }
    return all;
  }

  [[nodiscard]] bool AwaitClose(int patience_ms = 60'000) const {
    pollfd waiting{fd_, POLLRDHUP, 0};
    return poll(&waiting, 1, patience_ms) == 1;
  }

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  ByteClient(uint16_t port, int type) : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }

  int fd_;
};

}  // namespace logmill
