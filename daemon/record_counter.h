// Entries → records → series, and what became of each in the ledger: what the streams of one source share in one worker.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "ingest/assembler.h"
#include "ingest/decoder.h"
#include "ingest/ledger.h"
#include "rules/matcher.h"

namespace logmill {

// Used by one thread.
class RecordCounter {
 public:
  // `matcher` and `ledger` outlive the counter, and so does `clock`: with one, the time from each record's timestamp to now is observed.
  RecordCounter(InputFormat format, const KeyNames& keys, Matcher& matcher, Ledger& ledger, const Clock* clock);

  // A batch of lines begins: their counting takes place now.
  void Begin();
  // A line that is an entry as it stands; an entry of one or more lines.
  void Count(std::string_view line, bool cut);
  void Count(const Entry& entry);
  // A line that is none.
  void Reject(Reject reason);
  // Whether `text`, which has no newline yet, can be a whole line: false for JSON that has not come to its end.
  [[nodiscard]] bool MayBeWhole(std::string_view text);
  // The rest of a line that was counted before its newline came.
  void Skip();
  // The batch ends; so many bytes were in its lines.
  void End(uint64_t bytes);

 private:
  void Account(enum Reject reject, uint64_t lines, bool cut);

  Decoder decoder_;
  Matcher& matcher_;
  Ledger& ledger_;
  const Clock* clock_;
  int64_t now_ms_ = 0;
  Record record_;
};

}  // namespace logmill
