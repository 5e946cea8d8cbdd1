// Brings records into the spool on a thread of its own, so that counting waits neither for their encoding nor for the system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "shipping/admission.h"
#include "shipping/spool.h"
#include "shipping/spool_batch.h"
#include "shipping/taken_batch.h"

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
  // `admission`, used on its thread, `spool` and `counts` outlive it.
  SpoolWriter(SpoolWriterOptions options, Admission& admission, Spool& spool, IntakeCounts& counts);
  // Tries once more to write what waits.
  ~SpoolWriter();
  SpoolWriter(const SpoolWriter&) = delete;
  SpoolWriter& operator=(const SpoolWriter&) = delete;

  // Takes a batch, and gives an empty one for it. Waits for room as long as the spool can be written: shipping is slower than reading then.
  std::unique_ptr<TakenBatch> Put(std::unique_ptr<TakenBatch> batch) EXCLUDES(mutex_);
  // Waits until every batch is in the spool, or was given up and counted.
  void Settle() EXCLUDES(mutex_);

 private:
  void Run();
  std::unique_ptr<TakenBatch> Take() EXCLUDES(mutex_);
  void Write() EXCLUDES(mutex_);
  bool TryAgain(const std::string& error) EXCLUDES(mutex_);
  void Recover() EXCLUDES(mutex_);
  void Done(std::unique_ptr<TakenBatch> batch) EXCLUDES(mutex_);
  void CountFailed(size_t records);

  const SpoolWriterOptions options_;
  Admission& admission_;
  Spool& spool_;
  IntakeCounts& counts_;
  SpoolBatch spooled_;  // of the thread

  Mutex mutex_;
  Condition changed_;
  std::deque<std::unique_ptr<TakenBatch>> waiting_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<TakenBatch>> empty_ GUARDED_BY(mutex_);
  size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;  // with those of the one at hand
  bool writing_ GUARDED_BY(mutex_) = false;      // one is at hand
  bool failing_ GUARDED_BY(mutex_) = false;
  bool giving_up_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace logmill
