// A record on its way out: what the spool keeps and what a destination encodes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ingest/record.h"
#include "shipping/record_id.h"

namespace logmill {

// Views are valid as long as what holds the record: the caller's line before the spool, a ShipBatch after it.
// All text is valid UTF-8 but what stands in a text record's line before the spool, which repairs it (U+FFFD).
struct ShipRecord {
  RecordId id = {};
  // When it was logged, Unix time: its own timestamp, or what came along with it; without both, when it was read. The digits below the
  // millisecond tell records of the same millisecond apart and keep their order (Loki takes equal lines of one nanosecond for one).
  int64_t time_ns = 0;
  int64_t read_ms = 0;  // when it was read
  RecordFormat format = RecordFormat::kText;
  bool cut = false;      // something of the line was lost
  bool console = false;  // was logged in the console format
  Value::Type message_type = Value::Type::kString;
  std::string_view level = {};    // a name of logging/schema.h, or as written; "" when there is none
  std::string_view context = {};  // "" when there is none
  std::string_view message = {};  // a string's text, the JSON text of any other value, "" when absent; a text record: all of it
  std::optional<int64_t> pid = {};
  std::string_view source = {};  // entry of `sources`
  std::string_view stream = {};  // within the source: path of the file; container and its output; "" when there is nothing to tell
  // kJson and not console: the JSON object as the application wrote it (redacted where that is wanted). Everything else: the message.
  std::string_view line = {};

  [[nodiscard]] bool is_json_object() const { return format == RecordFormat::kJson && !console && line.starts_with('{'); }
};

}  // namespace logmill
