// Lines → records.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ingest/key_names.h"
#include "ingest/record.h"

namespace logmill {

struct Entry;  // ingest/entry.h

enum class InputFormat : uint8_t {
  kAuto,     // a line that begins like a JSON object (`{` then `"` or `}`, white space allowed) is JSON, every other one as with kConsole
  kJson,     // every line has to be a JSON object, an empty one too
  kText,     // every line is text, colours and all
  kConsole,  // a line that begins with a head of the console format (console_line.h) is a console entry, every other line is text
};

// Why a line became no record. Names are label values of logmill_records_rejected_total; RejectName() gives them.
enum class Reject : uint8_t {
  kNone,
  kSyntax,     // not valid JSON (RFC 8259)
  kTruncated,  // valid as far as it goes, but it ends too early (within a UTF-8 character, perhaps)
  kInvalidUtf8,
  kTooDeep,      // nested deeper than 1024
  kTooLong,      // JSON that was cut at the line limit
  kNotAnObject,  // valid JSON, but a number, string, array...; or, with kJson, no JSON at all
  kNoEnvelope,   // not what a line of this source's framing (Docker, CRI) looks like
};
inline constexpr size_t kRejects = static_cast<size_t>(Reject::kNoEnvelope) + 1;
std::string_view RejectName(Reject reject);

// Decides JSON or text, finds the record's keys and the wanted field paths. JSON is accepted exactly when simdjson's DOM parser accepts
// the line, with two exceptions that are valid JSON and do occur, as JavaScript writes them: numbers too large for 64 bits or a double
// (their text is kept), and \u escapes of surrogates without their partner (each becomes U+FFFD).
// Duplicate keys: the last one wins. Keys may be escaped. A UTF-8 byte order mark before the object is skipped.
// Console entries become records as if the same had been logged as JSON (console_record.h). Text loses its colours, but with kText.
// Flat objects take a fast way (no allocation, no copy but of unescaped text); objects with nested values are proven by simdjson first.
// Linear in the size of the line; memory for about 20 times the longest line. Not thread-safe, one a worker.
class Decoder {
 public:
  struct Options {
    InputFormat format = InputFormat::kAuto;
    KeyNames keys;      // which keys mean level, message, ...
    FieldPaths fields;  // what Record::fields shall hold
    WantedNumbers numbers{.pid = true, .timestamp = true};
  };
  explicit Decoder(Options options);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // Decodes one line (no line end in it). On kNone `*record` is set and valid until the next call; on anything else it is not.
  Reject Decode(std::string_view line, bool cut, Record* record);
  // The same for a text with what is known of it from outside, which fills in what the text itself does not say. A text that is given a
  // level or a context that way is a record with format kJson.
  Reject Decode(const Entry& entry, Record* record);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace logmill
