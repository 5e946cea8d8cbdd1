// What the Redis server says about itself: clients, memory, commands, hits, keys, persistence. Group io, docs/io.md.
#pragma once

#include "collectors/collector.h"
#include "collectors/redis.h"
#include "collectors/redis_command_budget.h"

namespace logmill {

struct RedisActivityOptions {
  size_t commands = 50;  // with series of their own, the slowest of the first refresh before others; the rest is added up
};

// Asks INFO, once a refresh and nothing else.
class RedisActivityCollector : public Collector {
 public:
  explicit RedisActivityCollector(RedisOptions redis, RedisActivityOptions options = {});

  std::expected<Collected, std::string> Collect() override;
  void Interrupt() override { redis_.Interrupt(); }

 private:
  Redis redis_;
  RedisCommandBudget commands_;
};

}  // namespace logmill
