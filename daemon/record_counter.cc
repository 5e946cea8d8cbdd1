#include "daemon/record_counter.h"

#include <cassert>

namespace logmill {

RecordCounter::RecordCounter(InputFormat format, const KeyNames& keys, Matcher& matcher, Ledger& ledger, const Clock* clock)
    : decoder_({.format = format,
                .keys = keys,
                .fields = matcher.rules().field_paths(),
                .numbers = clock != nullptr || matcher.rules().needs_numbers()}),
      matcher_(matcher),
      ledger_(ledger),
      clock_(clock) {}

void RecordCounter::Begin() {
  if (clock_ != nullptr) now_ms_ = clock_->UnixMillis();
}

void RecordCounter::Count(std::string_view line, bool cut) { Account(decoder_.Decode(line, cut, &record_), 1, cut); }

void RecordCounter::Count(const Entry& entry) { Account(decoder_.Decode(entry, &record_), entry.lines, entry.cut); }

void RecordCounter::Reject(enum Reject reason) { Account(reason, 1, false); }

void RecordCounter::Skip() {
  ++ledger_.lines_read;
  ++ledger_.lines_skipped;
}

bool RecordCounter::MayBeWhole(std::string_view text) {
  if (!text.starts_with('{')) return true;
  return decoder_.Decode(text, false, &record_) == Reject::kNone && record_.format == RecordFormat::kJson;
}

void RecordCounter::Account(enum Reject reject, uint64_t lines, bool cut) {
  ledger_.lines_read += lines;
  if (lines > 1) ledger_.lines_joined += lines - 1;
  if (cut) ++ledger_.lines_cut;
  if (reject != Reject::kNone) {
    ++ledger_.rejected[static_cast<size_t>(reject)];
    return;
  }
  if (record_.console) {
    ++ledger_.records_console;
  } else if (record_.format == RecordFormat::kJson) {
    ++ledger_.records_json;
  } else {
    ++ledger_.records_text;
  }
  if (clock_ != nullptr && record_.timestamp_ms) ledger_.lag.Observe(now_ms_ - *record_.timestamp_ms);
  matcher_.Apply(record_);
}

void RecordCounter::End(uint64_t bytes) {
  ledger_.bytes_read += bytes;
  assert(ledger_.Balanced());
}

}  // namespace logmill
