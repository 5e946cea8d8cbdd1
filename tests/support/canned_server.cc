#include "tests/support/canned_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace logmill::testing {

CannedServer::CannedServer(std::vector<std::string> answers, bool closes) : answers_(std::move(answers)), closes_(closes) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_, 8);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { Serve(); });
}

CannedServer::~CannedServer() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(listener_);
  ::close(stop_);
}

void CannedServer::Serve() {
  while (true) {
    std::array<pollfd, 2> waited{{{listener_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    ::poll(waited.data(), waited.size(), -1);
    if (waited[1].revents != 0) return;
    const int fd = ::accept(listener_, nullptr, nullptr);
    Answer(fd);
    ::close(fd);
  }
}

void CannedServer::Answer(int fd) {
  std::array<char, 4096> received{};
  while (true) {
    std::array<pollfd, 2> waited{{{fd, POLLIN, 0}, {stop_, POLLIN, 0}}};
    ::poll(waited.data(), waited.size(), -1);
    if (waited[1].revents != 0 || ::recv(fd, received.data(), received.size(), 0) <= 0) return;
    if (answered_ == answers_.size()) continue;
    const std::string& answer = answers_[answered_++];
    for (size_t sent = 0; sent < answer.size();) {
      const ssize_t some = ::send(fd, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (some <= 0) return;
      sent += static_cast<size_t>(some);
    }
    if (closes_ && answered_ == answers_.size()) return;
  }
}

}  // namespace logmill::testing
