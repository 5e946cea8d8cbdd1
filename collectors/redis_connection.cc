#include "collectors/redis_connection.h"

#include <hiredis/sds.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "collectors/redis_error.h"

namespace logmill {
namespace {

using Clock = std::chrono::steady_clock;
using Done = std::expected<void, std::string>;

constexpr size_t kBufferBytes = size_t{64} << 10;

// hiredis' own functions, but for one: its createArray would take any number of elements that the other side announces.
redisReplyObjectFunctions BoundedFunctions(const redisReplyObjectFunctions& own) {
  static const redisReplyObjectFunctions kOwn = own;
  redisReplyObjectFunctions bounded = own;
  bounded.createArray = [](const redisReadTask* task, int elements) -> void* {
    return elements > RedisConnection::kMaxElements ? nullptr : kOwn.createArray(task, elements);
  };
  return bounded;
}

redisReader* NewReader() {
  redisReader* const reader = redisReaderCreate();
  static redisReplyObjectFunctions bounded = BoundedFunctions(*reader->fn);
  reader->fn = &bounded;
  return reader;
}

void Append(std::string& out, const RedisConnection::Command& command) {
  std::vector<const char*> arguments;
  std::vector<size_t> sizes;
  for (const std::string& argument : command) {
    arguments.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  sds formatted = nullptr;
  const int size = redisFormatSdsCommandArgv(&formatted, static_cast<int>(arguments.size()), arguments.data(), sizes.data());
  if (size > 0) out.append(formatted, static_cast<size_t>(size));
  redisFreeSdsCommand(formatted);
}

}  // namespace

RedisConnection::RedisConnection(Interruption& interruption) : channel_(interruption) {}
RedisConnection::~RedisConnection() = default;

Done RedisConnection::Connect(const RedisOptions& options) {
  Close();
  timeout_ = options.timeout;
  const auto deadline = Clock::now() + timeout_;
  Done done =
      options.socket.empty() ? channel_.ConnectTcp(options.host, options.port, deadline) : channel_.ConnectUnix(options.socket, deadline);
  if (done) reader_.reset(NewReader());
  return done;
}

void RedisConnection::Close() {
  channel_.Close();
  reader_.reset();
  buffer_ = {};
}

std::expected<std::vector<RedisConnection::Reply>, std::string> RedisConnection::Ask(std::span<const Command> commands) {
  std::vector<Reply> replies;
  received_ = 0;
  Done done = Exchange(commands, replies);
  buffer_ = {};
  if (done) return replies;
  Close();
  const redisReply* const last = replies.empty() ? nullptr : replies.back().get();
  if (last == nullptr || last->type != REDIS_REPLY_ERROR) return std::unexpected(std::move(done.error()));
  return std::unexpected(RedisErrorPhrase({last->str, last->len}, commands[replies.size() - 1][0]));
}

Done RedisConnection::Exchange(std::span<const Command> commands, std::vector<Reply>& replies) {
  std::string out;
  for (const Command& command : commands) Append(out, command);
  std::string_view unsent = out;
  buffer_.resize(kBufferBytes);
  auto deadline = Clock::now() + timeout_;
  while (replies.size() < commands.size()) {
    const auto bytes = channel_.Exchange(unsent, buffer_, deadline);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) continue;
    const size_t before = replies.size();
    if (Done fed = Feed(*bytes, commands.size(), replies); !fed) return fed;
    if (replies.size() > before) deadline = Clock::now() + timeout_;
  }
  return {};
}

Done RedisConnection::Feed(std::span<const char> bytes, size_t expected, std::vector<Reply>& replies) {
  received_ += bytes.size();
  if (received_ > kMaxAnswerBytes) return std::unexpected("its answer is too long");
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
  for (void* reply = nullptr;; replies.emplace_back(static_cast<redisReply*>(reply))) {
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
      return std::unexpected(reader_->err == REDIS_ERR_OOM ? "its answer is too large" : "it does not speak Redis' protocol");
    }
    if (reply == nullptr) break;
    if (replies.size() == expected) {
      freeReplyObject(reply);
      return std::unexpected("it answered more than it was asked");
    }
  }
  return {};
}

}  // namespace logmill
