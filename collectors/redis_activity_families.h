// An INFO as metrics.
#pragma once

#include "collectors/families.h"
#include "collectors/redis_command_budget.h"
#include "collectors/redis_info.h"

namespace logmill {

// Databases with series of their own; those that follow are added up under kOverflowValue.
inline constexpr size_t kMaxRedisDatabases = 32;
// Percentiles of a command's latency that are shown (latency-tracking-info-percentiles has three unless changed).
inline constexpr size_t kMaxRedisPercentiles = 8;

// What the server does not say, or says in an unknown way, is left out. Empty: `info` is no INFO. Commands that took the most time are the
// first to ask `commands` for a place.
Families RedisActivityFamilies(const RedisInfo& info, RedisCommandBudget& commands);

}  // namespace logmill
