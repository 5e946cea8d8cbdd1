// The spool: logs on disk that wait for their destinations. Segments, append-only; docs/spool.md is the format's page.
//
//   workers ─► SpoolBatch ─► Append ─►  segment 000…001 │ segment 000…8734 │ segment 000…9120  ─► SpoolReader, one a destination
//                                       └── Release(sequence) removes from this end
//
// Every record has a sequence number, from 1, that never comes again. It is in the spool from Append() on: a SIGKILL loses nothing of it.
// A power loss may lose what was not synced: Sync() is called before a checkpoint says that its lines were read. What is damaged is
// skipped, counted, and never stops anything.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "shipping/record_id.h"
#include "shipping/spool_batch.h"
#include "shipping/spool_calls.h"
#include "shipping/spool_folder.h"
#include "shipping/spool_index.h"
#include "shipping/spool_key.h"

namespace logmill {

struct SpoolOptions {
  std::string folder;                       // made when missing, not its parents; one process at a time (locked)
  size_t segment_bytes = size_t{32} << 20;  // a segment is closed once it is so long, or so old
  std::chrono::seconds segment_age{3600};
  // No number below it is given to a new record: the highest that a saved cursor or a checkpoint knows. After a power loss a cursor may be
  // on the disk, and the records before it not; without this, their numbers would come again, and the new records would be taken for
  // delivered. What is missing below it counts as damaged.
  uint64_t not_before = 1;
};

// Any thread. Writing is one call of the system a batch; only Sync() waits for the disk, and holds up nobody else.
class Spool {
 public:
  // Finds what an earlier life left, and cuts off a torn end. Nothing of its content is read but the last segment. Or says why not.
  // The clock outlives it, and so do `calls`, which are for tests.
  static std::expected<std::unique_ptr<Spool>, std::string> Open(SpoolOptions options, const Clock& clock, SpoolCalls* calls = nullptr);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // What its batches are to be made with.
  [[nodiscard]] const SpoolKey& key() const { return key_; }

  // Puts all records of the batch in a row behind the last one, and empties it. Or nothing of it (disk full, folder gone...): the batch
  // stays as it is then, and the error is a sentence without a period. A later call may do.
  std::expected<void, std::string> Append(SpoolBatch& batch) EXCLUDES(mutex_);
  // Whatever was appended before is on the disk afterwards. May take as long as the disk does; nobody else waits for it.
  std::expected<void, std::string> Sync() EXCLUDES(mutex_);
  // Removes segments with nothing but records before `sequence`. When that is all, at most 1 MiB stays.
  void Release(uint64_t sequence) EXCLUDES(mutex_);

  // Of the next record to come; 1 in an empty spool that never held anything.
  [[nodiscard]] uint64_t next_sequence() const { return next_sequence_.load(std::memory_order_acquire); }
  // Of the oldest record that is there, or next_sequence().
  [[nodiscard]] uint64_t first_sequence() const EXCLUDES(mutex_);
  // On disk, all segments.
  [[nodiscard]] uint64_t bytes() const EXCLUDES(mutex_);
  // Of records from `sequence` on. Exact where a segment begins and for next_sequence() (0); within a segment as if its records were
  // equally long.
  [[nodiscard]] uint64_t BytesFrom(uint64_t sequence) const EXCLUDES(mutex_);
  // The lowest sequence number with BytesFrom() of at most `bytes`, or next_sequence(). What was released then is on the disk until its
  // whole segment is.
  [[nodiscard]] uint64_t SequenceWithin(uint64_t bytes) const EXCLUDES(mutex_);
  // The first segment that may have a record read at `read_ms` (Unix time) or later, or next_sequence(): everything before is older.
  [[nodiscard]] uint64_t SequenceSince(int64_t read_ms) const EXCLUDES(mutex_);
  // What was cut off at the start: records that no Append() had finished, or that a power loss had spoilt.
  [[nodiscard]] uint64_t torn_bytes() const { return torn_bytes_; }

  // What was found at the start and could not be used; "" or a sentence without a period.
  [[nodiscard]] const std::string& damage() const { return damage_; }

  // Until there is something from `sequence` on, WakeAll(), or `patience` is over. A WakeAll() before the call is not noticed.
  void WaitFor(uint64_t sequence, std::chrono::nanoseconds patience) const EXCLUDES(mutex_);
  void WakeAll() EXCLUDES(mutex_);

  // The ids of all records from `sequence` on, in their order: what an earlier life appended after its last checkpoint. At most `most`, the
  // newest ones.
  [[nodiscard]] std::vector<RecordId> IdsFrom(uint64_t sequence, size_t most) const EXCLUDES(mutex_);

  // For readers: the segment that has `sequence`, or else the first one behind it, as it is now; an empty one at next_sequence() when there
  // is none.
  [[nodiscard]] SpoolSegment SegmentAt(uint64_t sequence) const EXCLUDES(mutex_);
  // Opens it to read; the caller closes it by calls(). Negative, and errno, when that fails.
  [[nodiscard]] int OpenSegment(const SpoolSegment& segment) const EXCLUDES(mutex_);
  [[nodiscard]] SpoolCalls& calls() const { return calls_; }

 private:
  Spool(SpoolOptions options, const Clock& clock, SpoolCalls& calls);

  std::expected<void, std::string> Write(SpoolBatch& batch) REQUIRES(mutex_);
  std::expected<void, std::string> MakeReady() REQUIRES(mutex_);
  std::expected<void, std::string> BeginSegment() REQUIRES(mutex_);
  void CloseSegment() REQUIRES(mutex_);
  [[nodiscard]] bool IsGone() const REQUIRES(mutex_);
  void ForgetGone() REQUIRES(mutex_);
  int WriteAll(std::string_view bytes, uint64_t at) REQUIRES(mutex_);
  bool RemoveOldest(uint64_t sequence) REQUIRES(mutex_);
  std::expected<bool, std::string> SyncNext(uint64_t* done, uint64_t last) EXCLUDES(mutex_);
  std::expected<void, std::string> SyncFolder() EXCLUDES(mutex_);

  const SpoolOptions options_;
  const Clock& clock_;
  SpoolCalls& calls_;
  const SpoolKey key_;
  uint64_t torn_bytes_ = 0;
  std::string damage_;
  std::atomic<uint64_t> next_sequence_{1};  // written with mutex_ held, after the records

  mutable Mutex mutex_;
  mutable Condition changed_;
  uint64_t wakes_ GUARDED_BY(mutex_) = 0;
  std::unique_ptr<SpoolFolder> folder_ GUARDED_BY(mutex_);
  SpoolIndex index_ GUARDED_BY(mutex_);
  int file_ GUARDED_BY(mutex_) = -1;  // the last segment of index_, while it is written
  std::chrono::nanoseconds begun_ GUARDED_BY(mutex_){};
  uint64_t folder_synced_ GUARDED_BY(mutex_) = 0;  // the last segment that is surely in the folder
};

}  // namespace logmill
