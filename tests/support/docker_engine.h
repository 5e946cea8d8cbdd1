// An HTTP server on a Unix socket that speaks as much of the Docker Engine's API as reading logs takes, with its stream framing, and that
// fails in the ways an engine can fail.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace logmill::testing {

// What the engine keeps of a container's output: a line with its "\n", or a part of one.
struct ContainerMessage {
  int stream = 1;  // 1: stdout, 2: stderr
  int64_t time_ns = 0;
  std::string text;
};

// "2026-11-22T09:24:30.000000007Z", with all nine decimals, as the engine writes it.
std::string EngineTime(int64_t time_ns);
// A message as a log answer holds it: framed, or plain for a terminal.
std::string EngineBytes(const ContainerMessage& message, bool terminal);

class DockerEngine {
 public:
  // Serves at once. All members: any thread.
  explicit DockerEngine(std::string socket);
  ~DockerEngine();
  DockerEngine(const DockerEngine&) = delete;
  DockerEngine& operator=(const DockerEngine&) = delete;

  // Goes down, with every connection, and comes back.
  void Stop();
  void Start();

  void AddContainer(const std::string& id, const std::string& name, bool terminal = false, const std::string& labels = "");
  void Log(const std::string& id, ContainerMessage message);
  // The oldest messages go, as by rotation.
  void LoseOldest(const std::string& id, size_t count);
  void SetRunning(const std::string& id, bool running);
  void Rename(const std::string& id, const std::string& name);
  void Remove(const std::string& id);

  // From now on:
  void WriteInPieces(size_t bytes);       // of answers' bodies
  void BreakLogsAfter(size_t bytes);      // the next log answer that gets so long breaks off there; once
  void LoseEvents();                      // no event is told
  void AnswerLogsWith(std::string body);  // whatever was asked; "" ends that
  void AnswerListWith(std::string body);  // likewise
  void RefuseLogs(int status);            // 0 ends that
  void Hang(bool hang);                   // takes requests and says nothing

  // Until a follower waits for more of this container's log: patience as long as the test has.
  void AwaitFollower(const std::string& id);
  [[nodiscard]] size_t bytes_written() const;

 private:
  struct Container {
    std::string name;
    std::string labels;  // inside of a JSON object
    bool terminal = false;
    bool running = true;
    std::vector<ContainerMessage> log;
    size_t lost = 0;  // of the oldest
    int followers = 0;
  };

  void Accept(int listener);
  void Serve(int fd);
  void Answer(int fd, const std::string& path);
  void AnswerLog(int fd, const std::string& id, const std::string& query);
  void AnswerEvents(int fd, const std::string& query);
  bool Write(int fd, const std::string& bytes);
  bool WriteChunks(int fd, const std::string& bytes);
  void WriteJson(int fd, int status, const std::string& json);
  void NoteEvent();
  std::string ListJson();

  const std::string socket_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Container> containers_;
  std::set<int> connections_;
  std::vector<std::thread> threads_;
  int listener_ = -1;
  bool stopping_ = false;
  std::vector<int64_t> events_;  // when they were, Unix time in nanoseconds
  bool lose_events_ = false;
  bool hang_ = false;
  size_t piece_bytes_ = SIZE_MAX;
  size_t break_after_ = 0;  // 0: not
  size_t written_ = 0;
  int refuse_logs_ = 0;
  std::string log_answer_;
  std::string list_answer_;
};

}  // namespace logmill::testing
