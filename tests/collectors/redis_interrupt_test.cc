#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "collectors/redis.h"
#include "sources/file_descriptor.h"
#include "tests/collectors/redis_asking.h"
#include "tests/support/redis_server.h"

namespace logmill {
namespace {

using testing::Ask;
using testing::At;
using ::testing::EndsWith;
using testing::Ping;
using testing::RedisServer;

// Calls Interrupt() again and again until `ask` has returned.
template <typename Work>
auto Interrupted(Redis& redis, const Work& ask) {
  std::atomic<bool> done{false};
  std::jthread interrupter([&] {
    while (!done) {
      redis.Interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const auto result = ask();
  done = true;
  return result;
}

TEST(RedisInterrupt, InterruptEndsTheWaitForAFrozenServer) {
  RedisServer server;
  Redis redis(At(server));
  Ping(redis);
  server.Freeze();
  EXPECT_THAT(Interrupted(redis, [&] { return Ping(redis); }), EndsWith(": interrupted"));
  EXPECT_THAT(Interrupted(redis, [&] { return Ping(redis); }), EndsWith(": interrupted"));  // while it connects
  server.Thaw();
  EXPECT_EQ(Ping(redis), "PONG;");
}

// A listener whose queue is full: the next client's connection is never made.
class FullListener {
 public:
  FullListener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_.get(), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    for (const FileDescriptor& client : clients_) ::connect(client.get(), reinterpret_cast<sockaddr*>(&address), size);
  }
  [[nodiscard]] uint16_t port() const { return port_; }

 private:
  static FileDescriptor NewSocket() { return FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

  FileDescriptor listener_ = NewSocket();
  std::array<FileDescriptor, 4> clients_{NewSocket(), NewSocket(), NewSocket(), NewSocket()};
  uint16_t port_ = 0;
};

TEST(RedisInterrupt, InterruptEndsTheWaitForAConnection) {
  const FullListener listener;
  RedisOptions options;
  options.host = "127.0.0.1";
  options.port = listener.port();
  options.timeout = std::chrono::seconds(30);
  Redis redis(options);
  EXPECT_THAT(Interrupted(redis, [&] { return Ping(redis); }), EndsWith(": interrupted"));
  options.timeout = std::chrono::milliseconds(50);
  Redis impatient(options);
  EXPECT_THAT(Ping(impatient), EndsWith(": it did not answer in time"));
}

TEST(RedisInterrupt, InterruptEndsTheSendingOfMuch) {
  RedisServer server;
  Redis redis(At(server));
  Ping(redis);
  server.Freeze();
  const std::vector<Redis::Command> commands(64, {"ECHO", std::string(1 << 20, 'x')});
  EXPECT_THAT(Interrupted(redis, [&] { return Ask(redis, commands); }), EndsWith(": interrupted"));
  server.Thaw();
}

TEST(RedisInterrupt, InterruptWithoutAnAskTouchesNothing) {
  RedisServer server;
  Redis redis(At(server));
  redis.Interrupt();
  EXPECT_EQ(Ping(redis), "PONG;");
  redis.Interrupt();
  EXPECT_EQ(Ping(redis), "PONG;");
}

TEST(RedisInterrupt, InterruptEndsAllOfATurn) {
  RedisServer server;
  Redis redis(At(server));
  {
    const Redis::Turn turn(redis);
    EXPECT_EQ(Ping(redis), "PONG;");
    redis.Interrupt();
    EXPECT_THAT(Ping(redis), EndsWith(": interrupted"));
    EXPECT_THAT(Ping(redis), EndsWith(": interrupted"));
  }
  EXPECT_EQ(Ping(redis), "PONG;");
}

}  // namespace
}  // namespace logmill
