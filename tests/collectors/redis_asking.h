// Asking a Redis of the tests, in few words.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "collectors/redis.h"
#include "tests/support/canned_server.h"
#include "tests/support/redis_server.h"

namespace logmill::testing {

inline RedisOptions At(const RedisServer& server) {
  RedisOptions options;
  options.host = "127.0.0.1";
  options.port = server.port();
  options.timeout = std::chrono::seconds(30);
  return options;
}

inline RedisOptions At(const CannedServer& server) {
  RedisOptions options;
  options.host = "127.0.0.1";
  options.port = server.port();
  options.timeout = std::chrono::seconds(30);
  return options;
}

// The answers, or the error.
inline std::string Ask(Redis& redis, const std::vector<Redis::Command>& commands) {
  const auto replies = redis.Ask(commands);
  if (!replies) return replies.error();
  std::string text;
  for (const Redis::Reply& reply : *replies) {
    text += reply->type == REDIS_REPLY_INTEGER ? std::to_string(reply->integer) : reply->str == nullptr ? "nil" : reply->str;
    text += ';';
  }
  return text;
}

inline std::string Ping(Redis& redis) { return Ask(redis, {{"PING"}}); }

}  // namespace logmill::testing
