// Numbers and times out of the text of a JSON value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ingest/key_names.h"
#include "ingest/record.h"

namespace logmill {

// A number or a string that is one, when it is an integer in the range of int64 ("36", "36.0" and "1e3" are). False otherwise.
// (These two return no std::optional: g++ 12 assembles one in memory, a stall of some 10 ns.)
bool IntegerOf(Value::Type type, std::string_view text, int64_t* integer);

// Unix milliseconds. `unit` says what a number, or a string that is one, means (kAuto: by its size; kRfc3339: nothing);
// any other string is read as RFC 3339 whatever the unit is. The text of a kNumber has to be a JSON number, as in a Value. False when it is
// neither or out of range.
bool TimestampOf(Value::Type type, std::string_view text, TimestampUnit unit, int64_t* unix_ms);

// "2026-11-22T09:24:30.123456789+01:00" in Unix milliseconds (the rest cut off). 't', 'z' and a space instead of 'T' are allowed, so is
// an offset without colon and a comma before the fraction. Nothing when it is no such time, or no such day.
std::optional<int64_t> ParseRfc3339(std::string_view text);

}  // namespace logmill
