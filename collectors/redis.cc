#include "collectors/redis.h"

#include <string_view>
#include <utility>

#include "collectors/redis_error.h"
#include "collectors/secrets.h"

namespace logmill {
namespace {

using Done = std::expected<void, std::string>;

// A server without a password is as good: Gallery's client goes on, too. The texts are of Redis 6 and of those before.
bool IsNeedlessPassword(std::string_view error) {
  return error.starts_with("ERR AUTH <password> called without any password configured") ||
         error.starts_with("ERR Client sent AUTH, but no");
}

// Not everybody may, or can, PING; that is all right.
bool IsHarmless(std::string_view error, std::string_view command) {
  if (command == "AUTH") return IsNeedlessPassword(error);
  return command == "PING" && (error.starts_with("NOPERM") || error.starts_with("ERR unknown command"));
}

// A strange server might repeat what it was sent.
std::string WithoutSecret(std::string phrase, const std::string& secret) {
  return !secret.empty() && phrase.find(secret) != std::string::npos ? "it refused AUTH" : phrase;
}

}  // namespace

Redis::Redis(RedisOptions options) : options_(std::move(options)), connection_(interruption_) {}

void Redis::Interrupt() { interruption_.Interrupt(); }

std::expected<std::vector<Redis::Reply>, std::string> Redis::Ask(std::span<const Command> commands) {
  const Turn turn(*this);
  auto failure = [this](const std::string& phrase) { return std::unexpected(options_.Description() + ": " + phrase); };
  const bool kept = connection_.open();
  if (!kept) {
    if (Done done = Connect(); !done) return failure(done.error());
  }
  auto replies = connection_.Ask(commands);
  if (!replies && kept && !connection_.answered() && replies.error() != "interrupted" && replies.error() != "it did not answer in time") {
    if (Done done = Connect(); !done) return failure(done.error());
    replies = connection_.Ask(commands);
  }
  if (!replies) return failure(replies.error());
  return replies;
}

Done Redis::Connect() {
  if (options_.tls) return std::unexpected("TLS was asked for, which this program cannot speak with Redis");
  if (Done done = connection_.Connect(options_); !done) return done;
  ++connections_;
  Done done = ShakeHands();
  if (!done) connection_.Close();
  return done;
}

std::expected<std::string, std::string> Redis::Password() const {
  return options_.password_file.empty() ? options_.password : ReadValueFile(options_.password_file);
}

Done Redis::ShakeHands() {
  const auto password = Password();
  if (!password) return std::unexpected(password.error());
  std::vector<Command> commands;
  if (!options_.user.empty()) {
    commands.push_back({"AUTH", options_.user, *password});
  } else if (!password->empty()) {
    commands.push_back({"AUTH", *password});
  }
  if (options_.database != 0) commands.push_back({"SELECT", std::to_string(options_.database)});
  commands.push_back({"PING"});  // a server that is full, loading, or wants a password says so
  const auto replies = connection_.Ask(commands);
  if (!replies) return std::unexpected(WithoutSecret(replies.error(), *password));
  for (size_t i = 0; i < commands.size(); ++i) {
    const redisReply& reply = *(*replies)[i];
    const std::string_view text(reply.str, reply.len);
    if (reply.type != REDIS_REPLY_ERROR || IsHarmless(text, commands[i][0])) continue;
    return std::unexpected(WithoutSecret(RedisErrorPhrase(text, commands[i][0]), *password));
  }
  return {};
}

}  // namespace logmill
