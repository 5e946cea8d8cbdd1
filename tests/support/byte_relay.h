// Stands between a client and a server on a loopback port, and counts how often they take turns.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace logmill::testing {

// One connection at a time.
class ByteRelay {
 public:
  explicit ByteRelay(uint16_t server_port);
  ~ByteRelay();
  ByteRelay(const ByteRelay&) = delete;
  ByteRelay& operator=(const ByteRelay&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  // How often the client said something after the server had, or first: its round trips.
  [[nodiscard]] int turns() const { return turns_; }

 private:
  void Serve(uint16_t server_port);
  void Relay(int client, int server);

  int listener_ = -1;
  int stop_ = -1;  // an eventfd
  uint16_t port_ = 0;
  std::atomic<int> turns_{0};
  std::jthread thread_;
};

}  // namespace logmill::testing
