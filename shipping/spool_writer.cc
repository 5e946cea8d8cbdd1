#include "shipping/spool_writer.h"

#include <chrono>
#include <utility>

namespace logmill {
namespace {

constexpr std::chrono::milliseconds kPause{100};  // between two attempts to write
constexpr std::chrono::hours kForever{24};

}  // namespace

SpoolWriter::SpoolWriter(SpoolWriterOptions options, Admission& admission, Spool& spool, IntakeCounts& counts)
    : options_(std::move(options)), admission_(admission), spool_(spool), counts_(counts), spooled_(spool.key()), thread_([this] {
        Run();
      }) {}

SpoolWriter::~SpoolWriter() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  changed_.NotifyAll();
}

std::unique_ptr<TakenBatch> SpoolWriter::Put(std::unique_ptr<TakenBatch> batch) {
  const MutexLock lock(mutex_);
  const auto has_room = [&]() REQUIRES(mutex_) { return failing_ || waiting_bytes_ < options_.most_bytes; };
  while (!changed_.WaitFor(mutex_, kForever, has_room)) {
  }
  if (waiting_bytes_ >= options_.most_bytes) {
    CountFailed(batch->records());
    batch->Clear();
    return batch;
  }
  waiting_bytes_ += batch->bytes();
  waiting_.push_back(std::move(batch));
  changed_.NotifyAll();
  if (empty_.empty()) return std::make_unique<TakenBatch>();
  batch = std::move(empty_.back());
  empty_.pop_back();
  return batch;
}

void SpoolWriter::Settle() {
  const MutexLock lock(mutex_);
  giving_up_ = true;
  changed_.NotifyAll();
  const auto settled = [&]() REQUIRES(mutex_) { return waiting_.empty() && !writing_; };
  while (!changed_.WaitFor(mutex_, kForever, settled)) {
  }
  giving_up_ = false;
}

void SpoolWriter::Run() {
  while (std::unique_ptr<TakenBatch> batch = Take()) {
    admission_.Admit(*batch, spooled_);
    if (!spooled_.empty()) Write();
    Done(std::move(batch));
  }
}

// Null when there will be no more.
std::unique_ptr<TakenBatch> SpoolWriter::Take() {
  const MutexLock lock(mutex_);
  const auto has_work = [&]() REQUIRES(mutex_) { return !waiting_.empty() || stopping_; };
  while (!changed_.WaitFor(mutex_, kForever, has_work)) {
  }
  if (waiting_.empty()) return nullptr;
  std::unique_ptr<TakenBatch> batch = std::move(waiting_.front());
  waiting_.pop_front();
  writing_ = true;
  return batch;
}

void SpoolWriter::Write() {
  const uint64_t records = spooled_.records();
  for (;;) {
    const auto appended = spool_.Append(spooled_);
    if (appended) {
      counts_.appended.fetch_add(records, std::memory_order_relaxed);
      return Recover();
    }
    if (TryAgain(appended.error())) continue;
    CountFailed(records);
    return spooled_.Clear();
  }
}

// After a pause; or not, when somebody waits for the end.
bool SpoolWriter::TryAgain(const std::string& error) {
  const MutexLock lock(mutex_);
  if (!std::exchange(failing_, true) && options_.on_error) options_.on_error(error);
  changed_.NotifyAll();
  const auto ends = [&]() REQUIRES(mutex_) { return giving_up_ || stopping_; };
  return !changed_.WaitFor(mutex_, kPause, ends);
}

void SpoolWriter::Recover() {
  const MutexLock lock(mutex_);
  if (std::exchange(failing_, false) && options_.on_recovery) options_.on_recovery("The spool is written again");
}

void SpoolWriter::Done(std::unique_ptr<TakenBatch> batch) {
  const size_t bytes = batch->bytes();
  batch->Clear();
  const MutexLock lock(mutex_);
  waiting_bytes_ -= bytes;
  writing_ = false;
  empty_.push_back(std::move(batch));
  changed_.NotifyAll();
}

void SpoolWriter::CountFailed(size_t records) { counts_.failed.fetch_add(records, std::memory_order_relaxed); }

}  // namespace logmill
