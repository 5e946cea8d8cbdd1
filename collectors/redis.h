// A connection to Redis that is kept between refreshes.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "collectors/interruption.h"
#include "collectors/redis_connection.h"
#include "collectors/redis_options.h"

namespace logmill {

// One thread, but Interrupt(). Only reading commands are for it; it sends what it is given.
class Redis {
 public:
  using Reply = RedisConnection::Reply;
  using Command = RedisConnection::Command;

  explicit Redis(RedisOptions options);
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;

  // Sends all commands at once and reads all answers: one round trip. Connects, authenticates and selects the database first (in another
  // round trip) if there is no connection; one more time if the kept connection turns out to be closed. An error reply to one command is a
  // reply of type REDIS_REPLY_ERROR. The error is a sentence that names the server (RedisOptions::Description) and holds no password; the
  // connection is dropped then. At least one command.
  std::expected<std::vector<Reply>, std::string> Ask(std::span<const Command> commands);

  // Any thread: an Ask() at hand fails within a second, whatever the server does (it may be stopped). When several Ask() are one piece of
  // work, hold a Turn around them: after Interrupt() all that is left of it fails at once.
  void Interrupt();
  class Turn {
   public:
    explicit Turn(Redis& redis) : redis_(redis) {
      if (redis_.turns_++ == 0) redis_.interruption_.Begin();
    }
    ~Turn() {
      if (--redis_.turns_ == 0) redis_.interruption_.End();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Redis& redis_;
  };

  // How many connections there were, so that one can tell whether it is still the same.
  [[nodiscard]] uint64_t connections() const { return connections_; }
  [[nodiscard]] const RedisOptions& options() const { return options_; }

 private:
  std::expected<void, std::string> Connect();
  std::expected<void, std::string> ShakeHands();
  std::expected<std::string, std::string> Password() const;

  const RedisOptions options_;
  Interruption interruption_;
  int turns_ = 0;  // inside of each other
  RedisConnection connection_;
  uint64_t connections_ = 0;
};

}  // namespace logmill
