#include "shipping/intake.h"

#include <algorithm>

namespace logmill {

Intake::Intake(IntakeOptions options, Spool& spool)
    : batch_bytes_(options.batch_bytes),
      knows_(options.admission.known != nullptr),
      ships_rejected_(options.admission.redaction.fields.empty()),
      spool_(spool),
      admission_(std::move(options.admission), counts_),
      writer_(std::move(options.writer), admission_, spool, counts_) {}

void Intake::Restore(uint64_t appended, uint64_t filtered, uint64_t known, uint64_t failed) {
  counts_.appended = appended;
  counts_.filtered = filtered;
  counts_.known = known;
  counts_.failed = failed;
}

void Intake::Begin(const Whence& whence) {
  whence_ = whence;
  begun_ = false;
}

void Intake::Take(const Record& record, uint64_t place, std::string_view lane, bool wanted) {
  const int64_t time_ms = TimeOf(record);
  if (!wanted) {
    counts_.filtered.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (!std::exchange(begun_, true)) batch_->Begin(whence_);
  batch_->Add(record, time_ms, place, lane);
  if (batch_->bytes() >= batch_bytes_) Flush();
}

void Intake::TakeRejected(const Record& record, uint64_t place, std::string_view lane) { Take(record, place, lane, ships_rejected_); }

// A text that says no time belongs to the time of its reading; or, when it was written long before, to what stands before it.
int64_t Intake::TimeOf(const Record& record) {
  const bool before_start = whence_.catching_up && *whence_.last_ms != 0;
  const int64_t said = record.timestamp_ms.value_or(before_start ? *whence_.last_ms : whence_.now_ms);
  const int64_t time_ms = std::clamp(said, -TakenBatch::kMostMillis + 1, TakenBatch::kMostMillis - 1);
  if (record.timestamp_ms) *whence_.last_ms = time_ms;
  return time_ms;
}

void Intake::Flush() {
  if (batch_->empty()) return;
  batch_ = writer_.Put(std::move(batch_));
  begun_ = false;
}

uint64_t Intake::Settle() {
  Flush();
  writer_.Settle();
  return spool_.next_sequence();
}

}  // namespace logmill
