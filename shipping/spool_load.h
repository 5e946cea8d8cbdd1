// What an earlier life left in a spool's folder.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "shipping/spool_calls.h"
#include "shipping/spool_folder.h"
#include "shipping/spool_header.h"
#include "shipping/spool_index.h"

namespace logmill {

struct LoadedSpool {
  SpoolIndex index{};
  uint64_t next_sequence = 1;
  uint64_t torn_bytes = 0;  // behind the last whole record, cut off
  std::string aside = {};   // what the last segment is called now, when its header and all its records are damaged
};

// Reads the headers of all segments and all of the last one, and cuts off its torn end. An error, with nothing changed, when a
// segment is of another version, or may not be read.
std::expected<LoadedSpool, std::string> LoadSpool(SpoolFolder& folder, SpoolCalls& calls);

// Of an open segment.
struct FoundHeader {
  SpoolHeader header;
  bool whole;  // false: of it, only the salt is what the file says; if that is damaged as well, no record will be found by it
};
// Of the segment that is named after `first`; nothing when the file is shorter than a header, or cannot be read.
std::optional<FoundHeader> FindSpoolHeader(SpoolCalls& calls, int file, uint64_t first);

}  // namespace logmill
