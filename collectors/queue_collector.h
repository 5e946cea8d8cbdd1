// The job queues of BullMQ: how many jobs in which state, and how old the oldest is.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "collectors/collector.h"
#include "collectors/queue_discovery.h"
#include "collectors/queue_families.h"
#include "collectors/queue_options.h"
#include "collectors/queue_state.h"
#include "collectors/redis.h"
#include "collectors/redis_options.h"

namespace logmill {

// Of the group `job`: the metrics of queue_families.h on the microservices endpoint; docs/queues.md has their exact meaning, what is asked,
// and the rights that takes. A refresh is two round trips (states, then creation times), and some more while a cycle of the discovery takes
// more than two steps. It only reads.
class QueueCollector final : public Collector {
 public:
  // `clock` outlives it.
  QueueCollector(RedisOptions redis, QueueOptions queues, const Clock& clock = SystemClock());

  std::expected<Collected, std::string> Collect() override;
  void Interrupt() override { redis_.Interrupt(); }

 private:
  using Done = std::expected<void, std::string>;  // the error is a sentence
  using Replies = std::expected<std::vector<Redis::Reply>, std::string>;
  using Refusals = std::vector<std::pair<std::string, QueueRefusal>>;  // by the name of the queue

  // How far the discovery may go in this refresh.
  struct Scan {
    size_t steps = 0;
    std::chrono::steady_clock::time_point until;
    bool ended = false;  // with a cycle, or since it may not
  };
  void BeginScan(size_t steps, std::chrono::milliseconds time);
  Done FinishScan(Collected& collected);
  Done TakeStep(const redisReply& reply, bool same_connection);

  // One round trip, which takes a step of the discovery along.
  Replies Ask(std::vector<Redis::Command> commands, Collected& collected);
  std::expected<Queues, std::string> AskStates(Collected& collected);
  std::vector<std::string> Names(Collected& collected) const;
  Done NoteRefusals(const Refusals& refusals, bool all, Collected& collected) const;
  void KeepExisting(Queues& queues) const;
  Done AskAges(Queues& queues, Collected& collected);
  std::string Sentence(const std::string& phrase) const { return redis_.options().Description() + ": " + phrase; }

  const QueueOptions options_;
  const Clock& clock_;
  Redis redis_;
  QueueDiscovery discovery_;
  Scan scan_;
  std::string scan_refusal_;  // a phrase; "" while SCAN is allowed
  bool scanned_ = false;      // there was a first long one
};

}  // namespace logmill
