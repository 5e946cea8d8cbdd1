// Entries → records → series, what became of each in the ledger, and on to where logs are shipped: what the streams of one source share in
// one worker.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "ingest/assembler.h"
#include "ingest/decoder.h"
#include "ingest/ledger.h"
#include "rules/matcher.h"
#include "shipping/intake.h"

namespace logmill {

// Used by one thread.
class RecordCounter {
 public:
  // `matcher` and `ledger` outlive the counter, and so does `clock`: with one, the time from each record's timestamp to now is observed.
  // `intake` too; null: nothing is shipped.
  RecordCounter(InputFormat format, const KeyNames& keys, Matcher& matcher, Ledger& ledger, const Clock* clock, Intake* intake);

  // What is counted is shipped, too.
  [[nodiscard]] bool ships() const { return intake_ != nullptr; }
  // A batch of lines begins, from here: their counting takes place now (`now_ms` is filled in).
  void Begin(Whence whence);
  // A line that is an entry as it stands, and where it begins; an entry of one or more lines.
  void Count(std::string_view line, bool cut, uint64_t place);
  void Count(const Entry& entry);
  // A line that is none.
  void Reject(Reject reason, std::string_view line, bool cut, uint64_t place);
  // Whether `text`, which has no newline yet, can be a whole line: false for JSON that has not come to its end.
  [[nodiscard]] bool MayBeWhole(std::string_view text);
  // The rest of a line that was counted before its newline came.
  void Skip();
  // The batch ends; so many bytes were in its lines.
  void End(uint64_t bytes);

 private:
  [[nodiscard]] bool Account(enum Reject reject, uint64_t lines, bool cut);
  void Use(uint64_t place, std::string_view lane);
  void Refuse(const Entry& entry);

  Decoder decoder_;
  Matcher& matcher_;
  Ledger& ledger_;
  const Clock* clock_;
  Intake* intake_;
  int64_t now_ms_ = 0;
  Record record_;
};

}  // namespace logmill
