#include "shipping/json_writer.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/utf8.h"
#include "ingest/json_text.h"

namespace logmill {
namespace {

bool IsSpecial(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

// Where the first special character at or behind `at` stands, or the end.
size_t FindSpecial(std::string_view text, size_t at) {
#if defined(__SSE2__)
  uint32_t high = 0;
  for (; text.size() - at >= 32; at += 32) {
    const uint32_t bits = json::SpecialBits32(text.data() + at, &high);
    if (bits != 0) return at + static_cast<size_t>(std::countr_zero(bits));
  }
#endif
  while (at < text.size() && !IsSpecial(text[at])) ++at;
  return at;
}

// The letter behind the backslash for control characters that have one, 'u' for the others.
constexpr std::array<char, 32> kControlLetters = [] {
  std::array<char, 32> letters{};
  letters.fill('u');
  letters['\b'] = 'b', letters['\f'] = 'f', letters['\n'] = 'n', letters['\r'] = 'r', letters['\t'] = 't';
  return letters;
}();

void AppendEscape(char special, std::string& out) {
  const auto byte = static_cast<unsigned char>(special);
  const char letter = byte >= 0x20 ? special : kControlLetters[byte];
  out += '\\';
  out += letter;
  if (letter != 'u') return;
  out.append("00");
  out += "01"[byte >> 4];
  out += "0123456789abcdef"[byte & 15];
}

// `text` is UTF-8.
void AppendValid(std::string_view text, std::string& out) {
  for (size_t at = 0; at < text.size();) {
    const size_t special = FindSpecial(text, at);
    out.append(text, at, special - at);
    if (special == text.size()) return;
    AppendEscape(text[special], out);
    at = special + 1;
  }
}

// A validator of long texts takes its time to begin.
bool IsShortAscii(std::string_view text) {
  return text.size() <= 64 && std::ranges::none_of(text, [](char c) { return (c & 0x80) != 0; });
}

template <typename T>
void AppendNumber(T number, std::string& out) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void AppendJsonText(std::string_view text, std::string& out) {
  if (IsShortAscii(text) || simdjson::validate_utf8(text)) return AppendValid(text, out);
  while (!text.empty()) {
    const size_t valid = std::min(FindInvalidUtf8(text), text.size());
    AppendValid(text.substr(0, valid), out);
    text.remove_prefix(valid);
    if (text.empty()) return;
    out.append("\xEF\xBF\xBD");
    text.remove_prefix(FirstUtf8Sequence(text).bytes);
  }
}

JsonWriter& JsonWriter::BeginObject() { return Begin('{'); }
JsonWriter& JsonWriter::EndObject() { return End('}'); }
JsonWriter& JsonWriter::BeginArray() { return Begin('['); }
JsonWriter& JsonWriter::EndArray() { return End(']'); }

JsonWriter& JsonWriter::Begin(char bracket) {
  Separate();
  out_ += bracket;
  ++depth_;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::End(char bracket) {
  out_ += bracket;
  comma_ = --depth_ != 0;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Text(key);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Text(std::string_view text) {
  Separate();
  out_ += '"';
  AppendJsonText(text, out_);
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::Number(int64_t number) {
  Separate();
  AppendNumber(number, out_);
  return *this;
}

JsonWriter& JsonWriter::Number(uint64_t number) {
  Separate();
  AppendNumber(number, out_);
  return *this;
}

JsonWriter& JsonWriter::Number(double number) {
  if (!std::isfinite(number)) return Null();
  Separate();
  AppendNumber(number, out_);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) { return Raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::Null() { return Raw("null"); }

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  out_ += json;
  return *this;
}

void JsonWriter::Separate() {
  if (comma_) out_ += ',';
  comma_ = depth_ != 0;
}

}  // namespace logmill
