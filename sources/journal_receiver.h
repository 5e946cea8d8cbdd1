// Reads the journal of systemd, through its library.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sources/feed.h"
#include "sources/source.h"

namespace logmill {

struct JournalOptions {
  std::string directory = {};                  // with the journal's files; "": this machine's journal
  std::vector<std::string> units = {};         // entries of any of them; a name without "." means the service. None: of all
  std::vector<std::string> matches = {};       // FIELD=value: of one field any, of different fields all (and the unit)
  StartAt start = StartAt::kStart;             // when no earlier life read this journal
  size_t max_line_bytes = size_t{1} << 20;     // of an envelope; longer messages are cut, and say so
  std::chrono::milliseconds retry{1000};       // for a journal that cannot be opened or read
  std::chrono::milliseconds patience{10'000};  // likewise at the start: then it holds up nobody any more
};

// Starts to read. Each entry with a message goes into `feed` as one envelope, exactly once, across rotation of the journal and, by the
// feed's cursor (key ""), restarts of this program. If the entry that was read last has been vacuumed meanwhile, reading goes on with the
// oldest that is left and newer, which is said as trouble. PRIORITY gives the level, SYSLOG_IDENTIFIER or else _SYSTEMD_UNIT the context,
// _PID the pid; the key is "CONTEXT[PID]". `feed` and `clock` outlive the receiver. An error only when a match is none: a journal that is
// not there is waited for.
std::expected<std::unique_ptr<Receiver>, std::string> StartJournal(JournalOptions options, Feed& feed, const Clock& clock);

}  // namespace logmill
