// Members of a JSON line that repeat what a record says anyway, under the names that they usually have.
#pragma once

#include "shipping/json_members.h"
#include "shipping/ship_record.h"

namespace logmill {

// The member is the record's level, pid, timestamp, message or context: by its name and by its value. Another value under such a name (a
// level that is a number, a time as text) is not.
bool IsSaidElsewhere(const JsonValue& key, const JsonValue& value, const ShipRecord& record);

// A stack trace, as Nest logs it: `stack`, a string.
bool IsStack(const JsonValue& key, const JsonValue& value);

}  // namespace logmill
