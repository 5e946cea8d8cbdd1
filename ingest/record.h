// The record: what `ingest/` hands to `rules/` (and later to `shipping/`), one a line.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

enum class RecordFormat : uint8_t {
  kJson,  // the line was one JSON object, or said the same in another way: in the console format, or through what came along with it
  kText,  // any other line: the whole line is the message, without colours; no level, no context, no fields
};

// One JSON value. `text` is the unescaped text of a string, and the value's own JSON text for everything else
// (`12.5`, `true`, `null`, `{"a":1}`). Valid as long as the record that holds it.
struct Value {
  enum class Type : uint8_t { kAbsent, kNull, kBool, kNumber, kString, kObject, kArray };
  Type type = Type::kAbsent;
  std::string_view text;

  [[nodiscard]] bool absent() const { return type == Type::kAbsent; }
};

// Views point into the decoder's buffers and into the line: valid until the decoder's next call.
// All text of a JSON record but `line` is valid UTF-8; text of a text record is whatever bytes the line held.
struct Record {
  RecordFormat format = RecordFormat::kText;
  bool cut = false;                     // the line was longer than the limit and lost its rest
  bool console = false;                 // the console format, read as JSON would have been
  std::string_view level;               // as written, or translated by a key preset to the names of logging/schema.h; "" when absent
  std::string_view context;             // "" when absent
  Value message;                        // a text record: kString with the whole line
  std::optional<int64_t> pid;           // these two only when the decoder was asked for them
  std::optional<int64_t> timestamp_ms;  // Unix milliseconds
  std::span<const Value> fields;        // the paths that the decoder was asked for, in their order; absent ones are kAbsent
  std::string_view line;                // the raw line, without its line end; joined ones with "\n" between them
};

// Paths of fields that somebody downstream wants, decided before the first line is read. A path is a list of keys joined
// with dots: "req.method". It finds the nested value, and otherwise a flat key that itself contains the dots ("log.level").
// Numbers index arrays: "errors.0.code". Inside of a nested value, too, the rest of a path may be one flat key.
using FieldPaths = std::vector<std::string>;

// Which of a record's numbers somebody downstream wants; those that nobody wants stay empty, and a line costs less.
struct WantedNumbers {
  bool pid = false;
  bool timestamp = false;
};

}  // namespace logmill
