#include "shipping/admission.h"

#include <string_view>

namespace logmill {
namespace {

constexpr int64_t kNanoseconds = 1'000'000;  // of a millisecond

void Bump(std::atomic<uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

// White space or a byte order mark may stand before the object.
std::string_view ShippedLine(const ShipRecord& record) {
  const size_t object = record.format == RecordFormat::kJson && !record.console ? record.line.find('{') : std::string_view::npos;
  return object != std::string_view::npos ? record.line.substr(object) : record.message;
}

}  // namespace

Admission::Admission(AdmissionOptions options, IntakeCounts& counts)
    : options_(std::move(options)), counts_(counts), redactor_(options_.redaction) {}

void Admission::Admit(const TakenBatch& taken, SpoolBatch& batch) {
  for (size_t i = 0; i < taken.records(); ++i) Admit(taken.At(i), batch);
}

void Admission::Admit(TakenRecord taken, SpoolBatch& batch) {
  ShipRecord& record = taken.record;
  record.id = MakeRecordId(taken.origin, taken.place, record.line);
  record.time_ns = Distinct(record.time_ns);
  record.line = ShippedLine(record);
  // By its id a filter tells which share of the records goes on.
  if (!options_.filter->Passes(record)) return Bump(counts_.filtered);
  if (options_.known != nullptr && Knows(taken)) return Bump(counts_.known);
  if (redactor_.active()) redactor_.Redact(record);
  batch.Add(record);
}

bool Admission::Knows(const TakenRecord& taken) {
  if (!taken.catching_up) options_.known.reset();
  return options_.known != nullptr && options_.known->Has(taken.record.id);
}

int64_t Admission::Distinct(int64_t time_ns) {
  Millisecond& slot = milliseconds_[static_cast<uint64_t>(time_ns / kNanoseconds) % milliseconds_.size()];
  if (slot.time_ns != time_ns) slot = {time_ns, 0};
  const uint64_t nanosecond = options_.index + uint64_t{options_.count} * slot.records++;
  return time_ns + static_cast<int64_t>(nanosecond % kNanoseconds);
}

}  // namespace logmill
