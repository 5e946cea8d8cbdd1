// Puts jobs into Redis as BullMQ does (version 5: its scripts addStandardJob, addDelayedJob, addPrioritizedJob, pause, ...), without it.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/redis_server.h"

namespace logmill::testing {

class BullQueues {
 public:
  explicit BullQueues(RedisServer& server, std::string prefix = "immich_bull") : server_(server), prefix_(std::move(prefix)) {}

  [[nodiscard]] std::string Key(const std::string& queue, const std::string& part) const { return prefix_ + ":" + queue + ":" + part; }

  // A queue that no job was added to yet.
  void Make(const std::string& queue) {
    server_.Command({"HSET", Key(queue, "meta"), "opts.maxLenEvents", "10000", "version", "bullmq:5.70.4"});
  }
  void MakeJob(const std::string& queue, const std::string& id, int64_t created_ms) {
    server_.Command({"HSET", Key(queue, id), "name", "Job", "data", "{}", "timestamp", std::to_string(created_ms), "delay", "0"});
  }
  // The newest of a list (`wait`, `paused`, `active`) is at its head.
  void Push(const std::string& queue, const std::string& list, const std::string& id, int64_t created_ms) {
    MakeJob(queue, id, created_ms);
    server_.Command({"LPUSH", Key(queue, list), id});
  }
  void Add(const std::string& queue, const std::string& set, const std::string& id, double score, int64_t created_ms) {
    MakeJob(queue, id, created_ms);
    server_.Command({"ZADD", Key(queue, set), std::to_string(score), id});
  }
  // The score of a delayed job is the time at which it is due.
  void Delay(const std::string& queue, const std::string& id, int64_t due_ms, int64_t created_ms) {
    Add(queue, "delayed", id, static_cast<double>(due_ms) * 4096, created_ms);
  }
  void Pause(const std::string& queue) {
    server_.Command({"HSET", Key(queue, "meta"), "paused", "1"});
    if (server_.Command({"EXISTS", Key(queue, "wait")}) == "1") server_.Command({"RENAME", Key(queue, "wait"), Key(queue, "paused")});
  }

 private:
  RedisServer& server_;
  const std::string prefix_;
};

}  // namespace logmill::testing
