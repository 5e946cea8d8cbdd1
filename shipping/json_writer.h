// Writes JSON into a string, front to back. Commas come by themselves.
//
//   JsonWriter json(body);
//   json.BeginObject().Key("level").Text(record.level).Key("pid").Number(*record.pid).EndObject();
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace logmill {

// One thread; `out` outlives it and is only appended to, by others in between as well: several values in a row, as NDJSON has them, get no
// comma. As deep as one likes. That Begin and End fit, and every member has a key, is up to the caller.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  JsonWriter& Text(std::string_view text);  // escaped as JSON.stringify does it; what is no UTF-8 becomes U+FFFD
  JsonWriter& Number(int64_t number);
  JsonWriter& Number(uint64_t number);
  JsonWriter& Number(double number);  // shortest that reads back the same; null when not finite
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  JsonWriter& Raw(std::string_view json);  // a value that is JSON already

 private:
  void Separate();
  JsonWriter& Begin(char bracket);
  JsonWriter& End(char bracket);

  std::string& out_;
  size_t depth_ = 0;
  bool comma_ = false;  // before the next key or value of this array or object
};

// Appends `text` as the inside of a JSON string, without quotes around it: `"`, `\` and control characters escaped, one U+FFFD for what is
// no UTF-8 (base/utf8.h). Linear.
void AppendJsonText(std::string_view text, std::string& out);

}  // namespace logmill
