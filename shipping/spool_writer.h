// Appends batches to the spool on a thread of its own, so that counting does not wait while the system copies bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "shipping/spool.h"
#include "shipping/spool_batch.h"

namespace logmill {

struct SpoolWriterOptions {
  size_t most_bytes = size_t{8} << 20;  // of batches that wait
  // A sentence, on the writer's thread: the spool could not be written; it can be again. Either may be empty.
  std::function<void(const std::string& sentence)> on_error = {};
  std::function<void(const std::string& sentence)> on_recovery = {};
};

// Used by one thread. What cannot be written is tried again, while there is room for what comes; then what comes is dropped, and counted.
class SpoolWriter {
 public:
  // `spool` outlives it, and so do the counts, of records, which any thread may read.
  SpoolWriter(SpoolWriterOptions options, Spool& spool, std::atomic<uint64_t>& appended, std::atomic<uint64_t>& failed);
  // Tries once more to write what waits.
  ~SpoolWriter();
  SpoolWriter(const SpoolWriter&) = delete;
  SpoolWriter& operator=(const SpoolWriter&) = delete;

  // Takes a batch, and gives an empty one for it. Waits for room as long as the spool can be written: the disk is slower than reading then.
  std::unique_ptr<SpoolBatch> Put(std::unique_ptr<SpoolBatch> batch) EXCLUDES(mutex_);
  // Waits until every batch is in the spool, or was given up and counted.
  void Settle() EXCLUDES(mutex_);

 private:
  void Run();
  std::unique_ptr<SpoolBatch> Take() EXCLUDES(mutex_);
  void Write(SpoolBatch& batch) EXCLUDES(mutex_);
  bool TryAgain(const std::string& error) EXCLUDES(mutex_);
  void Recover() EXCLUDES(mutex_);
  void Done(std::unique_ptr<SpoolBatch> batch, size_t bytes) EXCLUDES(mutex_);
  void Drop(SpoolBatch& batch);

  const SpoolWriterOptions options_;
  Spool& spool_;
  std::atomic<uint64_t>& appended_;
  std::atomic<uint64_t>& failed_;

  Mutex mutex_;
  Condition changed_;
  std::deque<std::unique_ptr<SpoolBatch>> waiting_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<SpoolBatch>> empty_ GUARDED_BY(mutex_);
  size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;  // with those of the one at hand
  bool writing_ GUARDED_BY(mutex_) = false;      // one is at hand
  bool failing_ GUARDED_BY(mutex_) = false;
  bool giving_up_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace logmill
