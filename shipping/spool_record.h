// A record as the payload of a frame, and back (spool_format.h).
#pragma once

#include <cstddef>
#include <string_view>

#include "shipping/ship_record.h"

namespace logmill {

// Every text of `record` has at most kMaxTextBytes.
size_t SpoolRecordBytes(const ShipRecord& record);
// Writes exactly SpoolRecordBytes() of them. Level, context and message that stand inside of the line, by their addresses, are not copied.
void EncodeSpoolRecord(const ShipRecord& record, char* to);

// Any bytes are survived; false when they are no record. The texts of `*record` are views of `payload`.
bool DecodeSpoolRecord(std::string_view payload, ShipRecord* record);

}  // namespace logmill
