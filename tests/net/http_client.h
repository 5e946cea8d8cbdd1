// A client of a few bytes for tests: what it sends is up to the test, however wrong. Waits by poll() only, never longer than kPatience.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"

namespace logmill {

constexpr int kPatienceMs = 60'000;

struct Reply {
  int status = 0;  // 0: no complete answer came
  std::string head;
  std::string body;

  // The value of a header that is spelled as the server spells it, or "".
  [[nodiscard]] std::string Header(std::string_view name) const {
    const std::string key = "\r\n" + std::string(name) + ": ";
    const size_t at = head.find(key);
    if (at == std::string::npos) return "";
    const size_t begin = at + key.size();
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class RawHttpClient {
 public:
  // `receive_buffer` > 0 makes the kernel hold that little for a client that does not read.
  explicit RawHttpClient(uint16_t port, int receive_buffer = 0) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_GE(fd_, 0);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~RawHttpClient() {
    if (fd_ >= 0) close(fd_);
  }
  RawHttpClient(RawHttpClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), unread_(std::move(other.unread_)) {}
  RawHttpClient& operator=(RawHttpClient&&) = delete;

  // False when the server has closed.
  bool Send(std::string_view text) const { return send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()); }

  // The next answer; `to_head`: to a HEAD request, so without body.
  Reply Read(bool to_head = false) {
    Reply reply;
    size_t end = 0;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return {};
    }
    reply.head = unread_.substr(0, end + 2);
    unread_.erase(0, end + 4);
    const size_t length = to_head ? 0 : std::strtoull(reply.Header("Content-Length").c_str(), nullptr, 10);
    while (unread_.size() < length) {
      if (!Receive()) return {};
    }
    reply.body = unread_.substr(0, length);
    unread_.erase(0, length);
    reply.status = std::atoi(reply.head.substr(reply.head.find(' ')).c_str());
    return reply;
  }

  Reply Get(std::string_view path, std::string_view headers = "") {
    Send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers) + "\r\n");
    return Read();
  }

  // Waits for the server to close or reset; whatever it has sent before stays unread.
  [[nodiscard]] bool AwaitClose(int patience_ms = kPatienceMs) const {
    pollfd waiting{fd_, POLLRDHUP, 0};
    return poll(&waiting, 1, patience_ms) == 1;
  }

  // Whether the server has closed already.
  [[nodiscard]] bool IsClosed() const { return AwaitClose(0); }

  // Waits until bytes of an answer are here, without reading them.
  [[nodiscard]] bool AwaitBytes() const {
    pollfd waiting{fd_, POLLIN, 0};
    return poll(&waiting, 1, kPatienceMs) == 1 && (waiting.revents & POLLIN) != 0;
  }

 private:
  bool Receive() {
    pollfd waiting{fd_, POLLIN, 0};
    if (poll(&waiting, 1, kPatienceMs) != 1) return false;
    std::array<char, 65536> bytes;
    const ssize_t size = recv(fd_, bytes.data(), bytes.size(), 0);
    if (size > 0) unread_.append(bytes.data(), static_cast<size_t>(size));
    return size > 0;
  }

  int fd_;
  std::string unread_;
};

// For tests with thousands of sockets. False when the machine does not allow that many.
inline bool AllowOpenFiles(rlim_t count) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur >= count) return true;
  files.rlim_cur = count;
  files.rlim_max = std::max(files.rlim_max, count);
  return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

}  // namespace logmill
