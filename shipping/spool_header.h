// The header of a segment, and its name (spool_format.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shipping/spool_format.h"

namespace logmill {

struct SpoolHeader {
  uint32_t version = spool_format::kVersion;
  SpoolSalt salt{};
  uint64_t first = 0;      // sequence number
  int64_t created_ms = 0;  // Unix time

  auto operator<=>(const SpoolHeader&) const = default;
};

std::string EncodeSpoolHeader(const SpoolHeader& header);
// Nothing when `bytes` do not begin with a whole header. It is the same in all versions; the frames of a newer one are not to be read.
std::optional<SpoolHeader> DecodeSpoolHeader(std::string_view bytes);

std::string SegmentName(uint64_t first);
// Nothing when it is no segment's name.
std::optional<uint64_t> FirstOfSegmentName(std::string_view name);

}  // namespace logmill
