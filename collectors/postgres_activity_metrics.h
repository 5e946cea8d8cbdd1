// The names of what the PostgreSQL server says about itself (docs/io.md).
#pragma once

#include <cstdint>
#include <span>

#include "collectors/family_table.h"

namespace logmill {

// Rows of PostgresMetrics().
enum class PostgresMetric : uint8_t {
  kInfo,
  kStartTime,
  kMaxConnections,
  kBackends,
  kConnections,
  kLongestTransaction,
  kLongestQuery,
  kLongestIdleInTransaction,
  kLocksWaiting,
  kLongestLockWait,
  kTransactions,
  kRowsReturned,
  kRowsFetched,
  kRowsChanged,
  kCacheHits,
  kCacheMisses,
  kCacheHitRatio,
  kTemporaryBytes,
  kTemporaryFiles,
  kDeadlocks,
  kDatabaseSize,
  kCheckpoints,
  kCheckpointSeconds,
  kStatementCalls,
  kStatementSeconds,
};

constexpr size_t IndexOf(PostgresMetric metric) { return static_cast<size_t>(metric); }

std::span<const MetricInfo> PostgresMetrics();

}  // namespace logmill
