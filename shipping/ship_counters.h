// The numbers of one destination while they grow.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/mutex.h"
#include "shipping/ship_cursor.h"
#include "shipping/ship_stats.h"

namespace logmill {

// Any thread; never held for more than a moment.
class ShipCounters {
 public:
  // Each request is one of the first four.
  void CountTaken(uint64_t bytes) EXCLUDES(mutex_);
  // Also one of which a part was taken and another has to come again.
  void CountRetry(RetryReason reason, uint64_t bytes) EXCLUDES(mutex_);
  void CountSplit() EXCLUDES(mutex_);
  void CountRefused() EXCLUDES(mutex_);
  void CountRequest(size_t records, std::chrono::nanoseconds duration) EXCLUDES(mutex_);

  // The records' numbers are the cursor's. `oldest_read_ms`: of the first record that waits, as far as it is known; 0: it is not.
  void SetCursor(const ShipCursor& cursor, int64_t oldest_read_ms) EXCLUDES(mutex_);
  // `error`: "" when it is up.
  void SetUp(bool up, const std::string& error) EXCLUDES(mutex_);

  struct Moment {
    ShipStats stats;  // without what the spool knows: backlog_*
    uint64_t sequence = 0;
    int64_t oldest_read_ms = 0;
  };
  [[nodiscard]] Moment Read() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Moment now_ GUARDED_BY(mutex_);
};

}  // namespace logmill
