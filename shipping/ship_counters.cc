#include "shipping/ship_counters.h"

#include <algorithm>

namespace logmill {
namespace {

// Of the first bucket whose bound, inclusive, is not below the value.
template <typename Bounds>
size_t BucketOf(const Bounds& bounds, double value) {
  return static_cast<size_t>(std::ranges::lower_bound(bounds, value) - bounds.begin());
}

}  // namespace

void ShipCounters::CountTaken(uint64_t bytes) {
  const MutexLock lock(mutex_);
  ++now_.stats.ok;
  now_.stats.bytes += bytes;
}

void ShipCounters::CountRetry(RetryReason reason, uint64_t bytes) {
  const MutexLock lock(mutex_);
  ++now_.stats.retried;
  ++now_.stats.retries[static_cast<size_t>(reason)];
  now_.stats.bytes += bytes;
}

void ShipCounters::CountSplit() {
  const MutexLock lock(mutex_);
  ++now_.stats.split;
}

void ShipCounters::CountRefused() {
  const MutexLock lock(mutex_);
  ++now_.stats.refused_requests;
}

void ShipCounters::CountRequest(size_t records, std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const MutexLock lock(mutex_);
  ShipStats& stats = now_.stats;
  ++stats.batch_records[BucketOf(ShipStats::kBatchBounds, static_cast<double>(records))];
  stats.batch_records_sum += records;
  ++stats.durations[BucketOf(ShipStats::kDurationBounds, seconds)];
  stats.durations_sum += seconds;
}

void ShipCounters::SetCursor(const ShipCursor& cursor, int64_t oldest_read_ms) {
  const MutexLock lock(mutex_);
  now_.sequence = cursor.sequence;
  now_.oldest_read_ms = oldest_read_ms;
  now_.stats.sent = cursor.sent;
  now_.stats.refused = cursor.refused;
  now_.stats.dropped_full = cursor.dropped_full;
  now_.stats.dropped_old = cursor.dropped_old;
  now_.stats.filtered = cursor.filtered;
  now_.stats.damaged = cursor.damaged;
}

void ShipCounters::SetUp(bool up, const std::string& error) {
  const MutexLock lock(mutex_);
  now_.stats.up = up;
  now_.stats.last_error = error;
}

ShipCounters::Moment ShipCounters::Read() const {
  const MutexLock lock(mutex_);
  return now_;
}

}  // namespace logmill
