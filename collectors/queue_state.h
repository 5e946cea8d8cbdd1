// What is asked about one queue of BullMQ, and what the answers say.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/queue_options.h"
#include "collectors/redis.h"

namespace logmill {

// In BullMQ's words, and in the order in which they are shown. The last two only when the options want them.
enum class QueueStatus : uint8_t { kActive, kCompleted, kFailed, kDelayed, kWaiting, kPaused, kPrioritized, kWaitingChildren };
inline constexpr size_t kQueueStatusCount = 8;

// Label value: "active", ..., "waiting-children".
std::string_view QueueStatusName(QueueStatus status);

// Those that `options` want.
std::vector<QueueStatus> WantedStatuses(const QueueOptions& options);

// Those whose oldest job has an age.
inline constexpr std::array kAgedStatuses{QueueStatus::kWaiting, QueueStatus::kDelayed, QueueStatus::kFailed};

// How many jobs of a status may be gone (finished and removed between two looks, or expired) until its age is not known.
inline constexpr size_t kOldestJobs = 8;

// One moment of a queue.
struct QueueState {
  bool exists = false;  // its `meta` does, or there are jobs
  bool paused = false;
  std::array<int64_t, kQueueStatusCount> jobs{};                        // by QueueStatus
  std::array<std::vector<std::string>, kAgedStatuses.size()> oldest{};  // ids, oldest first, at most kOldestJobs
};

// Why there is none.
struct QueueRefusal {
  std::string error;    // of Redis: "WRONGTYPE Operation ..."
  std::string command;  // that was refused
};

// The questions about one queue. All of them only read, and cost the server the same however many jobs there are. They are put in a
// transaction, so that no job is seen in two states or in none; a user who may not use one gets his answers without.
class QueueQuestions {
 public:
  // `options` and `name` are not kept.
  QueueQuestions(const QueueOptions& options, std::string_view name);

  [[nodiscard]] const std::vector<Redis::Command>& commands() const { return commands_; }
  // The answers to commands(), as many.
  [[nodiscard]] std::expected<QueueState, QueueRefusal> Read(std::span<const Redis::Reply> replies) const;

 private:
  void Ask(std::string_view command, std::string_view part, std::initializer_list<std::string_view> arguments = {});
  [[nodiscard]] std::optional<QueueRefusal> FindRefusal(std::span<const redisReply* const> answers) const;
  [[nodiscard]] std::expected<QueueState, QueueRefusal> ReadAnswers(std::span<const redisReply* const> answers) const;

  std::string key_;  // "prefix:name:"
  std::vector<QueueStatus> statuses_;
  std::vector<Redis::Command> commands_;
};

// When a job was created.
Redis::Command AskTimestamp(const QueueOptions& options, std::string_view queue, std::string_view job);
// Milliseconds since the Unix epoch; nothing when the job is gone or has no such field.
std::optional<int64_t> ReadTimestamp(const redisReply& reply);

}  // namespace logmill
