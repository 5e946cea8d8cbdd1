// A real redis-server (Debian's, from PATH) on a free loopback port and on a Unix socket, in a folder of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct redisContext;

namespace logmill::testing {

// One thread. What does not work as it should ends the test program: without a server there is nothing to test.
class RedisServer {
 public:
  using Words = std::vector<std::string>;  // of a command, binary safe

  // Runs and answers when this returns. `arguments` are further options of redis-server: {"--requirepass", "secret"}. Nothing is kept over
  // a restart unless they say so.
  explicit RedisServer(Words arguments = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  void Stop();    // SIGTERM, and waits for the end
  void Kill();    // SIGKILL, and waits for the end
  void Freeze();  // SIGSTOP: it has its connections and says nothing
  void Thaw();    // SIGCONT
  void Start();   // at the same port and socket, after Stop() or Kill()
  void Restart() {
    Stop();
    Start();
  }

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] std::string socket() const { return (folder_ / "redis.sock").string(); }
  [[nodiscard]] std::string folder() const { return folder_.string(); }
  [[nodiscard]] pid_t pid() const { return pid_; }

  // Asks as the default user, over a connection of its own. The answer as text: a number in decimal, nil as "", the elements of an array
  // one after the other with "\n" behind each. An error reply ends the program.
  std::string Command(const Words& words);
  // All of them at once: for filling it quickly. Answers are dropped.
  void Commands(const std::vector<Words>& commands);
  // `words` in one string, separated by single spaces: Run("LPUSH list a b").
  std::string Run(const std::string& words);

  // Clients that it has now, without this one.
  int Clients();

 private:
  void Spawn();
  void Await();
  void Reap();
  redisContext* Connection();

  const Words arguments_;
  std::string password_;  // of the default user, from --requirepass
  std::filesystem::path folder_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
  redisContext* connection_ = nullptr;
};

// MONITOR: every command that the server is sent from now on.
class RedisMonitor {
 public:
  explicit RedisMonitor(const RedisServer& server);
  ~RedisMonitor();
  RedisMonitor(const RedisMonitor&) = delete;
  RedisMonitor& operator=(const RedisMonitor&) = delete;

  // The commands since the last call, each as MONITOR shows it: "LLEN" "key". `server` marks the end.
  std::vector<std::string> Lines(RedisServer& server);
  // The same, in upper case and without arguments: LLEN.
  std::vector<std::string> Names(RedisServer& server);

 private:
  redisContext* connection_;
  int marks_ = 0;
};

}  // namespace logmill::testing
