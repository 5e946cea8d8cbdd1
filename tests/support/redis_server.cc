#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ranges>
#include <sstream>
#include <thread>

namespace logmill::testing {
namespace {

using ReplyPointer = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

constexpr std::chrono::seconds kPatience(30);

[[noreturn]] void GiveUp(const std::string& what) {
  std::fprintf(stderr, "redis-server of the test: %s\n", what.c_str());
  std::abort();
}

std::filesystem::path NewFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "logmill_redis_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) GiveUp("no temporary folder");
  return pattern;
}

uint16_t FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) GiveUp("no free port");
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string TextOf(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
  if (reply.type == REDIS_REPLY_NIL) return "";
  if (reply.type != REDIS_REPLY_ARRAY) return {reply.str, reply.len};
  std::string text;
  for (size_t i = 0; i < reply.elements; ++i) text += TextOf(*reply.element[i]) + "\n";
  return text;
}

void Append(redisContext* connection, const RedisServer::Words& words) {
  std::vector<const char*> arguments;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    arguments.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAppendCommandArgv(connection, static_cast<int>(words.size()), arguments.data(), sizes.data());
}

ReplyPointer NextReply(redisContext* connection) {
  void* reply = nullptr;
  if (redisGetReply(connection, &reply) != REDIS_OK) GiveUp(connection->errstr);
  return {static_cast<redisReply*>(reply), &freeReplyObject};
}

std::string Ask(redisContext* connection, const RedisServer::Words& words) {
  Append(connection, words);
  const ReplyPointer reply = NextReply(connection);
  if (reply->type == REDIS_REPLY_ERROR) GiveUp(words[0] + ": " + reply->str);
  return TextOf(*reply);
}

redisContext* Connect(const std::string& socket) {
  redisContext* const connection = redisConnectUnix(socket.c_str());
  if (connection == nullptr || connection->err == 0) return connection;
  redisFree(connection);
  return nullptr;
}

}  // namespace

RedisServer::RedisServer(Words arguments) : arguments_(std::move(arguments)), folder_(NewFolder()), port_(FreePort()) {
  const auto password = std::ranges::find(arguments_, "--requirepass");
  if (password != arguments_.end()) password_ = *(password + 1);
  Start();
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::Start() {
  if (pid_ > 0) GiveUp("it runs already");
  Spawn();
  Await();
}

void RedisServer::Spawn() {
  Words words{"redis-server",   "--bind",       "127.0.0.1", "--port",    std::to_string(port_), "--unixsocket", socket(), "--dir",
              folder_.string(), "--appendonly", "no",        "--logfile", "redis.log",           "--daemonize",  "no"};
  words.insert(words.end(), {"--save", ""});
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) GiveUp("cannot fork");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::execvp(pointers[0], pointers.data());
  ::_exit(127);
}

void RedisServer::Await() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) GiveUp("it did not start (Debian package redis-server); see its arguments");
    if (redisContext* const connection = Connect(socket())) {
      const ReplyPointer reply(static_cast<redisReply*>(redisCommand(connection, "PING")), &freeReplyObject);
      const bool loading = reply == nullptr || (reply->type == REDIS_REPLY_ERROR && std::string_view(reply->str).starts_with("LOADING"));
      redisFree(connection);
      if (!loading) return;
    }
    if (std::chrono::steady_clock::now() > deadline) GiveUp("it does not answer");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void RedisServer::Stop() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
  Reap();
}

void RedisServer::Kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  Reap();
}

void RedisServer::Freeze() { ::kill(pid_, SIGSTOP); }
void RedisServer::Thaw() { ::kill(pid_, SIGCONT); }

void RedisServer::Reap() {
  if (connection_ != nullptr) redisFree(connection_);
  connection_ = nullptr;
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

redisContext* RedisServer::Connection() {
  if (connection_ != nullptr) return connection_;
  connection_ = Connect(socket());
  if (connection_ == nullptr) GiveUp("no connection");
  if (!password_.empty()) Ask(connection_, {"AUTH", password_});
  return connection_;
}

std::string RedisServer::Command(const Words& words) { return Ask(Connection(), words); }

void RedisServer::Commands(const std::vector<Words>& commands) {
  constexpr size_t kAtOnce = 10'000;
  for (size_t first = 0; first < commands.size(); first += kAtOnce) {
    const size_t count = std::min(kAtOnce, commands.size() - first);
    for (size_t i = 0; i < count; ++i) Append(Connection(), commands[first + i]);
    for (size_t i = 0; i < count; ++i) {
      const ReplyPointer reply = NextReply(Connection());
      if (reply->type == REDIS_REPLY_ERROR) GiveUp(reply->str);
    }
  }
}

std::string RedisServer::Run(const std::string& words) {
  Words split;
  std::istringstream stream(words);
  for (std::string word; stream >> word;) split.push_back(word);
  return Command(split);
}

int RedisServer::Clients() {
  const std::string list = Run("CLIENT LIST");
  return static_cast<int>(std::ranges::count(list, '\n')) - 1;
}

RedisMonitor::RedisMonitor(const RedisServer& server) : connection_(Connect(server.socket())) {
  if (connection_ == nullptr) GiveUp("no connection for MONITOR");
  Ask(connection_, {"MONITOR"});
}

RedisMonitor::~RedisMonitor() { redisFree(connection_); }

std::vector<std::string> RedisMonitor::Lines(RedisServer& server) {
  const std::string mark = "mark-" + std::to_string(++marks_);
  server.Command({"ECHO", mark});
  std::vector<std::string> lines;
  while (true) {
    const std::string line = TextOf(*NextReply(connection_));  // 1700000000.123456 [0 127.0.0.1:4711] "llen" "key"
    if (line.find(mark) != std::string::npos) return lines;
    const size_t begin = line.find("] \"");
    if (begin != std::string::npos) lines.push_back(line.substr(begin + 2));
  }
}

std::vector<std::string> RedisMonitor::Names(RedisServer& server) {
  std::vector<std::string> names;
  for (const std::string& line : Lines(server)) {
    std::string& name = names.emplace_back(line.substr(1, line.find('"', 1) - 1));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  }
  return names;
}

}  // namespace logmill::testing
