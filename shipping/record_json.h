// A record as the members of a JSON object, for files that people and programs read.
#pragma once

#include <string>

#include "shipping/json_writer.h"
#include "shipping/ship_identity.h"
#include "shipping/ship_record.h"

namespace logmill {

// "id" (FormatRecordId), "time" (RFC 3339, UTC, nanoseconds), "level", "context", "pid", "source", "stream", "cut" and "line"; what is
// empty is left out, but for the first two and the last. "line" is a string, whatever the line is.
void WriteRecord(JsonWriter& json, const ShipRecord& record);

// Appends one line for a file or standard output, with its "\n": an object of "service", "host", "environment" (those that are known) and
// the members above. `raw`: the record's line alone, as it was, in place of an object.
void AppendRecordLine(const ShipRecord& record, const ShipIdentity& identity, bool raw, std::string& out);

}  // namespace logmill
