#include "daemon/record_counter.h"

#include <cassert>

namespace logmill {

RecordCounter::RecordCounter(InputFormat format, const KeyNames& keys, Matcher& matcher, Ledger& ledger, const Clock* clock, Intake* intake)
    : decoder_({.format = format,
                .keys = keys,
                .fields = matcher.rules().field_paths(),
                .numbers = {.pid = intake != nullptr || matcher.rules().numbers().pid,
                            .timestamp = clock != nullptr || matcher.rules().numbers().timestamp}}),
      matcher_(matcher),
      ledger_(ledger),
      clock_(clock),
      intake_(intake) {}

void RecordCounter::Begin(Whence whence) {
  if (clock_ == nullptr) return;
  now_ms_ = clock_->UnixMillis();
  whence.now_ms = now_ms_;
  if (intake_ != nullptr) intake_->Begin(whence);
}

void RecordCounter::Count(std::string_view line, bool cut, uint64_t place) {
  if (Account(decoder_.Decode(line, cut, &record_), 1, cut)) return Use(place, {});
  Refuse({.text = line, .cut = cut, .place = place});
}

void RecordCounter::Count(const Entry& entry) {
  if (Account(decoder_.Decode(entry, &record_), entry.lines, entry.cut)) return Use(entry.place, entry.lane);
  Refuse(entry);
}

void RecordCounter::Reject(enum Reject reason, std::string_view line, bool cut, uint64_t place) {
  (void)Account(reason, 1, false);
  Refuse({.text = line, .cut = cut, .place = place});
}

// No record: shipped as the text that it is.
void RecordCounter::Refuse(const Entry& entry) {
  if (intake_ == nullptr) return;
  Record text;
  text.cut = entry.cut;
  text.level = entry.level;
  text.context = entry.context;
  text.message = {Value::Type::kString, entry.text};
  text.pid = entry.pid;
  text.timestamp_ms = entry.time_ms;
  text.line = entry.text;
  intake_->TakeRejected(text, entry.place, entry.lane);
}

void RecordCounter::Skip() {
  ++ledger_.lines_read;
  ++ledger_.lines_skipped;
}

bool RecordCounter::MayBeWhole(std::string_view text) {
  if (!text.starts_with('{')) return true;
  return decoder_.Decode(text, false, &record_) == Reject::kNone && record_.format == RecordFormat::kJson;
}

// True when there is a record.
bool RecordCounter::Account(enum Reject reject, uint64_t lines, bool cut) {
  ledger_.lines_read += lines;
  if (lines > 1) ledger_.lines_joined += lines - 1;
  if (cut) ++ledger_.lines_cut;
  if (reject != Reject::kNone) {
    ++ledger_.rejected[static_cast<size_t>(reject)];
    return false;
  }
  if (record_.console) {
    ++ledger_.records_console;
  } else if (record_.format == RecordFormat::kJson) {
    ++ledger_.records_json;
  } else {
    ++ledger_.records_text;
  }
  return true;
}

void RecordCounter::Use(uint64_t place, std::string_view lane) {
  if (clock_ != nullptr && record_.timestamp_ms) ledger_.lag.Observe(now_ms_, *record_.timestamp_ms);
  const bool ship = matcher_.Apply(record_);
  if (intake_ != nullptr) intake_->Take(record_, place, lane, ship);
}

void RecordCounter::End(uint64_t bytes) {
  ledger_.bytes_read += bytes;
  assert(ledger_.Balanced());
}

}  // namespace logmill
