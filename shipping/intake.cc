#include "shipping/intake.h"

#include <algorithm>

namespace logmill {
namespace {

constexpr int64_t kNanoseconds = 1'000'000;  // of a millisecond
constexpr int64_t kMostMillis = INT64_MAX / kNanoseconds;

void Bump(std::atomic<uint64_t>& counter, uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

Intake::Intake(IntakeOptions options, Spool& spool)
    : options_(std::move(options)),
      spool_(spool),
      redactor_(options_.redaction),
      batch_(std::make_unique<SpoolBatch>(spool.key())),
      writer_(options_.writer, spool, counts_.appended, counts_.failed) {}

void Intake::Restore(uint64_t appended, uint64_t filtered, uint64_t known, uint64_t failed) {
  counts_.appended = appended;
  counts_.filtered = filtered;
  counts_.known = known;
  counts_.failed = failed;
}

void Intake::Take(const Record& record, uint64_t place, std::string_view lane, bool wanted) {
  ShipRecord shipped = Describe(record, lane);
  // By its id a filter tells which share of the records goes on.
  shipped.id = MakeRecordId(whence_.origin, place, record.line);
  if (!wanted || !options_.filter->Passes(shipped)) return Bump(counts_.filtered);
  if (options_.known != nullptr && whence_.catching_up && options_.known->contains(shipped.id)) return Bump(counts_.known);
  if (redactor_.active()) redactor_.Redact(shipped);
  batch_->Add(shipped);
  if (batch_->bytes() >= options_.batch_bytes) Flush();
}

ShipRecord Intake::Describe(const Record& record, std::string_view lane) {
  // White space or a byte order mark may stand before the object.
  const size_t object = record.format == RecordFormat::kJson && !record.console ? record.line.find('{') : std::string_view::npos;
  return {.time_ns = TimeOf(record),
          .read_ms = whence_.now_ms,
          .format = record.format,
          .cut = record.cut,
          .console = record.console,
          .message_type = record.message.type,
          .level = record.level,
          .context = record.context,
          .message = record.message.text,
          .pid = record.pid,
          .source = whence_.source,
          .stream = whence_.stream.empty() ? lane : whence_.stream,
          .line = object != std::string_view::npos ? record.line.substr(object) : record.message.text};
}

// A text that says no time belongs to the time of its reading; or, when it was written long before, to what stands before it.
int64_t Intake::TimeOf(const Record& record) {
  int64_t time_ms = record.timestamp_ms.value_or(whence_.catching_up && *whence_.last_ms != 0 ? *whence_.last_ms : whence_.now_ms);
  time_ms = std::clamp(time_ms, -kMostMillis + 1, kMostMillis - 1);
  if (record.timestamp_ms) *whence_.last_ms = time_ms;
  Millisecond& slot = milliseconds_[static_cast<uint64_t>(time_ms) % milliseconds_.size()];
  if (slot.time_ms != time_ms) slot = {time_ms, 0};
  const uint64_t nanosecond = options_.index + uint64_t{options_.count} * slot.records++;
  return time_ms * kNanoseconds + static_cast<int64_t>(nanosecond % kNanoseconds);
}

void Intake::Flush() {
  if (!batch_->empty()) batch_ = writer_.Put(std::move(batch_));
}

uint64_t Intake::Settle() {
  Flush();
  writer_.Settle();
  return spool_.next_sequence();
}

}  // namespace logmill
