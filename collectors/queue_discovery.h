// Finds the queues that exist under a prefix, a few keys at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/queue_options.h"
#include "collectors/redis.h"

namespace logmill {

// BullMQ keeps no list of its queues; each has a key `prefix:NAME:meta`. KEYS would stop the server while it looks at millions of keys, so
// they are walked over by SCAN in cycles of many small steps, of which a refresh makes a few. SCAN guarantees that a key that is there
// during a whole cycle is met in it. A queue is known from the step that meets it to the end of the first cycle that does not. Names with a
// ":" are none of BullMQ's: such a key belongs to a longer prefix.
class QueueDiscovery {
 public:
  // `options` outlives it.
  explicit QueueDiscovery(const QueueOptions& options);

  // The command of the next step.
  [[nodiscard]] Redis::Command Step() const;
  // Its answer. True when that was the end of a cycle. The error is a phrase.
  std::expected<bool, std::string> Take(const redisReply& reply);
  // A cursor means nothing to another server: the cycle begins anew. Queues that are known stay so.
  void StartOver();
  [[nodiscard]] bool at_start() const { return cursor_ == "0"; }

  // Plain words (IsPlainQueueName()) that are not among options.queues, as many as max_queues leaves room for.
  [[nodiscard]] const std::set<std::string>& known() const { return known_; }
  // Sentences about what is left out.
  [[nodiscard]] std::vector<std::string> Notices() const;

 private:
  void Meet(std::string_view key);
  void EndCycle();

  const QueueOptions& options_;
  const size_t room_;
  std::string cursor_ = "0";
  std::set<std::string> known_;
  std::set<std::string> met_;  // of known_, in this cycle
  struct LeftOut {
    bool unplain = false;
    bool too_many = false;
  };
  LeftOut left_out_;       // in this cycle
  LeftOut last_left_out_;  // in the cycle before
};

}  // namespace logmill
