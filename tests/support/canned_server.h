// A server that says what it was told to, whatever it is asked: for what a real one does too seldom.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace logmill::testing {

class CannedServer {
 public:
  // The n-th time that a client, whichever, sends something, it gets the n-th answer; after that, none. One client at a time. `closes`: it
  // is left after the last answer; otherwise it leaves.
  explicit CannedServer(std::vector<std::string> answers, bool closes = false);
  ~CannedServer();
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }

 private:
  void Serve();
  void Answer(int fd);

  const std::vector<std::string> answers_;
  const bool closes_;
  int listener_ = -1;
  int stop_ = -1;  // an eventfd
  uint16_t port_ = 0;
  size_t answered_ = 0;
  std::jthread thread_;
};

}  // namespace logmill::testing
