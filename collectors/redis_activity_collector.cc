#include "collectors/redis_activity_collector.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "collectors/redis_activity_families.h"
#include "collectors/redis_info.h"

namespace logmill {
namespace {

// An INFO of 10,000 databases and all commands has well under one.
constexpr size_t kMaxInfoBytes = size_t{4} << 20;

// "NOPERM" of "NOPERM User default has no permissions ...": the rest may say anything.
std::string ErrorCode(std::string_view reply) {
  const std::string_view code = reply.substr(0, reply.find(' '));
  const bool is_code = !code.empty() && code.size() <= 32 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
  return is_code ? std::string(code) : "an error";
}

// What is wrong with the answer to INFO; "": nothing.
std::string WrongWith(const redisReply& reply) {
  const std::string_view text(reply.str == nullptr ? "" : reply.str, reply.str == nullptr ? 0 : reply.len);
  if (reply.type == REDIS_REPLY_ERROR) {
    const std::string code = ErrorCode(text);
    return "INFO was refused with " + code + (code == "NOPERM" ? "; the user needs the right: ACL SETUSER <name> +info" : "");
  }
  if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_STATUS) return "the answer to INFO is no text";
  return text.size() > kMaxInfoBytes ? "the answer to INFO is longer than 4 MiB" : "";
}

}  // namespace

RedisActivityCollector::RedisActivityCollector(RedisOptions redis, RedisActivityOptions options)
    : redis_(std::move(redis)), commands_(options.commands) {}

std::expected<Collected, std::string> RedisActivityCollector::Collect() {
  const Redis::Command question{"INFO", "all"};
  const auto answers = redis_.Ask({&question, 1});
  if (!answers) return std::unexpected(answers.error());
  const std::string server = redis_.options().Description();
  const redisReply& reply = *answers->front();
  if (const std::string wrong = WrongWith(reply); !wrong.empty()) return std::unexpected(server + ": " + wrong);

  const RedisInfo info({reply.str, reply.len});
  Collected collected;
  collected.rows = info.size();
  collected.families[IndexOf(Endpoint::kApi)] = RedisActivityFamilies(info, commands_);
  if (collected.families[IndexOf(Endpoint::kApi)].empty())
    return std::unexpected(server + ": the answer to INFO holds nothing that is known");
  return collected;
}

}  // namespace logmill
