// One line of JSON around a message: Docker's json-file format and our own (sources/envelope.h), told apart by their keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ingest/json_check.h"
#include "ingest/json_object.h"

namespace logmill {

// A line out of its envelope, and what the envelope says about it: "" and nothing where it does not.
struct Unwrapped {
  std::string_view text;    // without the "\n" that ends it in Docker's files
  bool whole = true;        // false: a part, more of the line follows
  std::string_view stream;  // "stdout", "stderr", or the key of our own envelope
  std::optional<int64_t> time_ms = {};
  std::string_view level = {};
  std::string_view context = {};
  std::optional<int64_t> pid = {};
  bool cut = false;  // something of the text was lost before it came into the envelope
};

// Keys in any order, others (Docker's `attrs`) are skipped. Docker leaves `log` out where a part is empty.
// Docker cuts a long line every 16 KiB, wherever that falls, and writes U+FFFD for each byte that is no UTF-8 by itself. A character that
// was cut is therefore lost in the file, and 2 to 4 U+FFFD stand in its place: nothing here can tell what it was.
// Linear in the size of the line; memory for about 20 times the longest line. One thread.
class EnvelopeReader {
 public:
  EnvelopeReader();

  // False when `line` is no JSON object, or one that holds no message. Views are valid until the next call, as long as `line`.
  bool Read(std::string_view line, Unwrapped* unwrapped);

 private:
  bool ReadObject(std::string_view line);
  bool ReadText(Unwrapped* unwrapped);
  void ReadTime(Unwrapped* unwrapped);
  std::string_view StringIn(size_t slot);

  json::ObjectReader object_;
  json::Checker checker_;
  std::vector<char> unescaped_;  // room for all strings of a line
  size_t unescaped_used_ = 0;
};

}  // namespace logmill
