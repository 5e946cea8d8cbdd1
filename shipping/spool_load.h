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
};

// Reads the headers of all segments and all of the last one, and cuts off its torn end. An error, with nothing changed, when a
// segment is of a newer version, or may not be read.
std::expected<LoadedSpool, std::string> LoadSpool(SpoolFolder& folder, SpoolCalls& calls);

// Of an open segment; nothing when it is damaged.
std::optional<SpoolHeader> ReadSpoolHeader(SpoolCalls& calls, int file);

}  // namespace logmill
