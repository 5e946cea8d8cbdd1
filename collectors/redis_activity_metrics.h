// The names of what the Redis server says about itself (docs/io.md).
#pragma once

#include <cstdint>
#include <span>

#include "collectors/family_table.h"

namespace logmill {

// Rows of RedisMetrics().
enum class RedisMetric : uint8_t {
  kInfo,
  kUptime,
  kRole,
  kMasterLinkUp,
  kLoading,
  kConnectedClients,
  kBlockedClients,
  kMaxClients,
  kConnections,
  kRejectedConnections,
  kReceivedBytes,
  kSentBytes,
  kMemoryUsed,
  kMemoryPeak,
  kMemoryResident,
  kMemoryLimit,
  kMemoryFragmentation,
  kCommands,
  kCommandsPerSecond,
  kErrorReplies,
  kCommandCalls,
  kCommandSeconds,
  kCommandLatency,
  kKeyspaceHits,
  kKeyspaceMisses,
  kKeyspaceHitRatio,
  kEvictedKeys,
  kExpiredKeys,
  kKeys,
  kKeysWithExpiry,
  kRdbLastSaveSuccess,
  kRdbLastSaveTimestamp,
  kRdbUnsavedChanges,
  kAofEnabled,
  kAofLastWriteSuccess,
  kAofLastRewriteSuccess,
};

constexpr size_t IndexOf(RedisMetric metric) { return static_cast<size_t>(metric); }

std::span<const MetricInfo> RedisMetrics();

}  // namespace logmill
