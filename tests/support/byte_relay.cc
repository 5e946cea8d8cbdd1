#include "tests/support/byte_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace logmill::testing {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// False at the end of the stream.
bool Pass(int from, int to) {
  std::array<char, 65536> buffer{};
  const ssize_t received = ::recv(from, buffer.data(), buffer.size(), 0);
  for (ssize_t sent = 0; sent < received;) {
    const ssize_t some = ::send(to, buffer.data() + sent, static_cast<size_t>(received - sent), MSG_NOSIGNAL);
    if (some <= 0) return false;
    sent += some;
  }
  return received > 0;
}

}  // namespace

ByteRelay::ByteRelay(uint16_t server_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_, 8);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this, server_port] { Serve(server_port); });
}

ByteRelay::~ByteRelay() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(listener_);
  ::close(stop_);
}

void ByteRelay::Serve(uint16_t server_port) {
  while (true) {
    std::array<pollfd, 2> waited{{{listener_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    ::poll(waited.data(), waited.size(), -1);
    if (waited[1].revents != 0) return;
    const int client = ::accept(listener_, nullptr, nullptr);
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(server_port);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) Relay(client, server);
    ::close(client);
    ::close(server);
  }
}

void ByteRelay::Relay(int client, int server) {
  bool server_spoke = true;
  while (true) {
    std::array<pollfd, 3> waited{{{client, POLLIN, 0}, {server, POLLIN, 0}, {stop_, POLLIN, 0}}};
    ::poll(waited.data(), waited.size(), -1);
    if (waited[2].revents != 0) return;
    if (waited[0].revents != 0) {
      char peeked = 0;
      if (::recv(client, &peeked, 1, MSG_PEEK) <= 0) return;
      if (server_spoke) ++turns_;
      server_spoke = false;
      if (!Pass(client, server)) return;
    }
    if (waited[1].revents != 0) {
      server_spoke = true;
      if (!Pass(server, client)) return;
    }
  }
}

}  // namespace logmill::testing
