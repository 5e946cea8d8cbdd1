#include "collectors/byte_channel.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

namespace logmill {
namespace {

using Done = std::expected<void, std::string>;

const std::string kInterrupted = "interrupted";

std::string ErrorPhrase(int error) {
  std::string phrase = std::generic_category().message(error);
  if (!phrase.empty() && phrase[0] >= 'A' && phrase[0] <= 'Z') phrase[0] = static_cast<char>(phrase[0] - 'A' + 'a');
  return phrase;
}

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Done ByteChannel::ConnectTcp(const std::string& host, uint16_t port, Time deadline) {
  Close();
  const auto addresses = names_.Find(host, interruption_, deadline);
  if (!addresses) return std::unexpected(addresses.error() == kInterrupted ? kInterrupted : "no address of it: " + addresses.error());
  Done done = std::unexpected("no address of it");
  auto untried = static_cast<int64_t>(addresses->size());
  for (const std::string& address : *addresses) {
    const Time now = std::chrono::steady_clock::now();
    done = ConnectAddress(address, port, now + (deadline - now) / untried--);
    if (done || done.error() == kInterrupted) break;
  }
  const int on = 1;
  if (done) ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return done;
}

Done ByteChannel::ConnectAddress(const std::string& address, uint16_t port, Time deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return std::unexpected(::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  return Connect(found->ai_addr, found->ai_addrlen, deadline);
}

Done ByteChannel::ConnectUnix(const std::string& path, Time deadline) {
  Close();
  sockaddr_un name{};
  if (path.size() >= sizeof(name.sun_path)) return std::unexpected("the path of the socket is too long");
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, path.size());
  return Connect(reinterpret_cast<const sockaddr*>(&name), sizeof(name), deadline);
}

void ByteChannel::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Done ByteChannel::Connect(const sockaddr* address, socklen_t size, Time deadline) {
  fd_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return Fail(ErrorPhrase(errno));
  if (::connect(fd_, address, size) == 0) return {};
  if (errno == EAGAIN) return Fail("too many clients are waiting for it");  // a Unix socket whose backlog is full
  if (errno != EINPROGRESS && errno != EINTR) return Fail(ErrorPhrase(errno));
  if (Done ready = Await(POLLOUT, deadline); !ready) return ready;
  int error = 0;
  socklen_t error_size = sizeof(error);
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &error_size);
  return error == 0 ? Done() : Fail(ErrorPhrase(error));
}

Done ByteChannel::Await(short events, Time deadline) {
  switch (interruption_.Await(fd_, events, deadline)) {
    case Interruption::Wait::kTimeout:
      return Fail("it did not answer in time");
    case Interruption::Wait::kInterrupted:
      return Fail(kInterrupted);
    case Interruption::Wait::kReady:
      break;
  }
  return {};
}

Done ByteChannel::Fail(std::string phrase) {
  Close();
  return std::unexpected(std::move(phrase));
}

std::expected<std::span<const char>, std::string> ByteChannel::Exchange(std::string_view& unsent, std::span<char> buffer, Time deadline) {
  const auto events = static_cast<short>(unsent.empty() ? POLLIN : POLLIN | POLLOUT);
  if (Done ready = Await(events, deadline); !ready) return std::unexpected(std::move(ready.error()));
  const auto received = Receive(buffer);
  if (!received) return std::unexpected(received.error());
  // A server that turns us away says why and closes: what it said comes first.
  if (const int error = Send(unsent); error != 0 && *received == 0) return std::unexpected(Fail(ErrorPhrase(error)).error());
  return buffer.first(*received);
}

int ByteChannel::Send(std::string_view& unsent) {
  if (unsent.empty()) return 0;
  const ssize_t sent = ::send(fd_, unsent.data(), unsent.size(), MSG_NOSIGNAL);
  if (sent >= 0) unsent.remove_prefix(static_cast<size_t>(sent));
  return sent >= 0 || WouldBlock(errno) ? 0 : errno;
}

std::expected<size_t, std::string> ByteChannel::Receive(std::span<char> buffer) {
  const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (received > 0) return static_cast<size_t>(received);
  if (received < 0 && WouldBlock(errno)) return 0;
  const std::string phrase = received == 0 ? "it closed the connection" : ErrorPhrase(errno);
  Close();
  return std::unexpected(phrase);
}

}  // namespace logmill
