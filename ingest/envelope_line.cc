#include "ingest/envelope_line.h"

#include "ingest/scalar.h"
#include "sources/envelope.h"

namespace logmill {
namespace {

enum Slot : size_t { kLog, kStream, kTime, kKey, kTimeNs, kLevel, kContext, kPid, kCut };

std::vector<std::string> SlotNames() {
  return {envelope_keys::kLog,   envelope_keys::kStream,  envelope_keys::kTime, envelope_keys::kKey, envelope_keys::kTimeNs,
          envelope_keys::kLevel, envelope_keys::kContext, envelope_keys::kPid,  envelope_keys::kCut};
}

int64_t FloorToMillis(int64_t nanos) { return nanos / 1'000'000 - (nanos % 1'000'000 < 0 ? 1 : 0); }

bool IsString(const json::RawValue& value) { return value.type == Value::Type::kString; }

}  // namespace

EnvelopeReader::EnvelopeReader() : object_(SlotNames()) {}

bool EnvelopeReader::Read(std::string_view line, Unwrapped* unwrapped) {
  if (!ReadObject(line)) return false;
  if (unescaped_.size() < line.size()) unescaped_.resize(line.size());
  unescaped_used_ = 0;
  *unwrapped = Unwrapped();
  if (!ReadText(unwrapped)) return false;
  ReadTime(unwrapped);
  unwrapped->level = StringIn(kLevel);
  unwrapped->context = StringIn(kContext);
  int64_t pid = 0;
  if (IntegerOf(object_.slot(kPid).type, object_.slot(kPid).text, &pid)) unwrapped->pid = pid;
  unwrapped->cut = object_.slot(kCut).text == "true";
  return true;
}

bool EnvelopeReader::ReadObject(std::string_view line) {
  using enum json::ObjectReader::Trust;
  if (object_.Read(line, kStrict)) return !object_.high_bit_seen() || json::ValidUtf8(line);
  return checker_.Check(line) == Reject::kNone && object_.Read(line, kProven);
}

bool EnvelopeReader::ReadText(Unwrapped* unwrapped) {
  const bool ours = IsString(object_.slot(kKey));
  if (!IsString(object_.slot(kLog))) {
    if (ours || !object_.slot(kLog).text.empty() || !IsString(object_.slot(kStream)) || !IsString(object_.slot(kTime))) return false;
  }
  unwrapped->stream = StringIn(ours ? kKey : kStream);
  unwrapped->text = StringIn(kLog);
  const bool ended = unwrapped->text.ends_with('\n');
  if (ended) unwrapped->text.remove_suffix(1);
  unwrapped->whole = ended || ours;
  return true;
}

void EnvelopeReader::ReadTime(Unwrapped* unwrapped) {
  int64_t nanos = 0;
  const json::RawValue& time_ns = object_.slot(kTimeNs);
  if (IntegerOf(time_ns.type, time_ns.text, &nanos)) {
    unwrapped->time_ms = FloorToMillis(nanos);
  } else {
    unwrapped->time_ms = ParseRfc3339(StringIn(kTime));
  }
}

// The strings of a line together are no longer than the line.
std::string_view EnvelopeReader::StringIn(size_t slot) {
  const json::RawValue& value = object_.slot(slot);
  if (!IsString(value)) return {};
  if (!value.escaped) return value.text;
  char* const out = unescaped_.data() + unescaped_used_;
  const size_t size = json::Unescape(value.text, out);
  unescaped_used_ += size;
  return {out, size};
}

}  // namespace logmill
