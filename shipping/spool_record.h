// A record as the payload of a frame, and back (spool_format.h).
#pragma once

#include <cstddef>
#include <string_view>

#include "shipping/ship_record.h"

namespace logmill {

// No payload of `record` is longer.
size_t MostSpoolRecordBytes(const ShipRecord& record);
// Writes its payload to `to`, where there is room for MostSpoolRecordBytes(). Returns its texts, with which it ends. Level, context and
// message that stand inside of the line, by their addresses, are not copied, nor a stream that reads as the source does. Every text of
// `record` has at most kMaxTextBytes.
std::string_view EncodeSpoolRecord(const ShipRecord& record, char* to);

// Any bytes are survived; false when they are no record. The texts of `*record` are views of `payload`.
bool DecodeSpoolRecord(std::string_view payload, ShipRecord* record);

}  // namespace logmill
