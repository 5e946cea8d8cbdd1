// A server whose every byte a test decides, over TCP or a Unix socket: for answers that no real server would give.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace logmill {

// What a script talks to. Ends with the script.
class ScriptedConnection {
 public:
  explicit ScriptedConnection(int fd) : fd_(fd) {}

  // Head and body of the next request; "" when the client has closed.
  std::string Request() {
    size_t head = 0;
    while ((head = unread_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return "";
    }
    const size_t at = unread_.find("\nContent-Length: ");
    const size_t length = at < head ? std::strtoull(unread_.c_str() + at + 17, nullptr, 10) : 0;
    while (unread_.size() < head + 4 + length) {
      if (!Receive()) return "";
    }
    std::string request = unread_.substr(0, head + 4 + length);
    unread_.erase(0, request.size());
    return request;
  }

  // False when the client has closed.
  bool Write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t size = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(size));
    }
    return true;
  }

  // Until the client has closed, or at most so long; true when it has.
  [[nodiscard]] bool AwaitClose(int patience_ms = 60'000) const {
    pollfd waiting{fd_, POLLRDHUP, 0};
    return poll(&waiting, 1, patience_ms) == 1;
  }

 private:
  bool Receive() {
    std::array<char, 65536> bytes;
    const ssize_t size = recv(fd_, bytes.data(), bytes.size(), 0);
    if (size > 0) unread_.append(bytes.data(), static_cast<size_t>(size));
    return size > 0;
  }

  int fd_;
  std::string unread_;
};

class ScriptedServer {
 public:
  // Called on a thread of its own for each connection.
  using Script = std::function<void(ScriptedConnection&)>;

  // Answers every request on every connection with these bytes, and closes when they do not let the client know where they end.
  static Script Answering(std::string bytes) {
    return [bytes = std::move(bytes)](ScriptedConnection& client) {
      while (!client.Request().empty()) {
        client.Write(bytes);
        if (bytes.find("\nContent-Length: ") == std::string::npos) return;
      }
    };
  }
  static std::string Ok(std::string_view body, std::string_view headers = "") {
    return "HTTP/1.1 200 OK\r\n" + std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

  // On 127.0.0.1, on a port that is free unless one is given; or on a Unix socket.
  explicit ScriptedServer(Script script, uint16_t port = 0) : script_(std::move(script)), listener_(NewSocket(AF_INET)) {
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    Listen();
  }
  ScriptedServer(Script script, const std::string& path) : script_(std::move(script)), listener_(NewSocket(AF_UNIX)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    Listen();
  }
  ~ScriptedServer() {
    Shutdown();
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  [[nodiscard]] std::string Url(std::string_view path = "/", std::string_view user = "") const {
    return "http://" + std::string(user) + "127.0.0.1:" + std::to_string(port()) + std::string(path);
  }
  // Accepted so far.
  [[nodiscard]] size_t connections() const {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  static int NewSocket(int family) { return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0); }

  void Listen() {
    EXPECT_EQ(listen(listener_, 16), 0);
    acceptor_ = std::thread([this] { Accept(); });
  }
  void Accept() {
    for (int fd = -1; (fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        close(fd);
        return;
      }
      open_.insert(fd);
      threads_.emplace_back([this, fd] { Serve(fd); });
    }
  }
  void Serve(int fd) {
    ScriptedConnection connection(fd);
    script_(connection);
    const std::lock_guard lock(mutex_);
    open_.erase(fd);
    close(fd);
  }
  void Shutdown() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }

  const Script script_;
  const int listener_;
  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace logmill
