// Commands and answers over one socket to Redis.
#pragma once

#include <hiredis/hiredis.h>

#include <chrono>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collectors/byte_channel.h"
#include "collectors/interruption.h"
#include "collectors/redis_options.h"

namespace logmill {

// hiredis writes and parses the protocol (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/); the socket is ours, so
// that every wait has a deadline and can be interrupted. One thread, between Begin() and End() of `interruption`. Errors are phrases; the
// connection is closed then.
class RedisConnection {
 public:
  struct FreeReply {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
  };
  using Reply = std::unique_ptr<redisReply, FreeReply>;
  using Command = std::vector<std::string>;  // name and arguments, binary safe

  // All answers of one Ask() together, and elements of one array: more is an error.
  static constexpr size_t kMaxAnswerBytes = size_t{64} << 20;
  static constexpr int kMaxElements = 1'000'000;

  explicit RedisConnection(Interruption& interruption);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // To the host or the Unix socket of `options`; within their timeout, which then holds for each answer, too. Sends nothing.
  std::expected<void, std::string> Connect(const RedisOptions& options);
  void Close();
  [[nodiscard]] bool open() const { return channel_.open(); }

  // Sends all commands at once and reads as many answers. A server that turns us away and closes has its reason in the phrase.
  std::expected<std::vector<Reply>, std::string> Ask(std::span<const Command> commands);
  // Whether anything came since the last Ask() began.
  [[nodiscard]] bool answered() const { return received_ > 0; }

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };

  std::expected<void, std::string> Exchange(std::span<const Command> commands, std::vector<Reply>& replies);
  std::expected<void, std::string> Feed(std::span<const char> bytes, size_t expected, std::vector<Reply>& replies);

  ByteChannel channel_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::vector<char> buffer_;
  std::chrono::milliseconds timeout_{0};
  size_t received_ = 0;  // bytes, by the Ask() at hand
};

}  // namespace logmill
