#include "sources/envelope.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <iterator>

#include "base/utf8.h"

namespace logmill {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = kOnes << 7;

constexpr size_t kLongestEscape = 6;  // of one byte

// The high bit is set in the first of eight bytes that cannot stand in a JSON string as it is, and perhaps in later ones.
uint64_t FindSpecial(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const uint64_t quotes = word ^ (kOnes * '"');
  const uint64_t slashes = word ^ (kOnes * '\\');
  return ((word - kOnes * 0x20) | word | ((quotes - kOnes) & ~quotes) | ((slashes - kOnes) & ~slashes)) & kHighs;
}

// Copies plain bytes from `text`, at most so many as there is `room`; where the processor allows, eight at once (`to` has room for more).
size_t CopyPlain(std::string_view text, char* to, size_t room) {
  const size_t most = std::min(text.size(), room);
  for (size_t at = 0; at + 8 <= most; at += 8) {
    std::memcpy(to + at, text.data() + at, 8);
    const uint64_t special = FindSpecial(text.data() + at);
    if (special == 0) continue;
    if constexpr (std::endian::native == std::endian::little) return at + static_cast<size_t>(std::countr_zero(special)) / 8;
    return at;
  }
  return most & ~size_t{7};
}

char* WriteControl(char byte, char* to) {
  constexpr std::string_view kShort = "btnvfr";  // 8 to 13; JSON has no \v
  constexpr char kDigits[] = "0123456789abcdef";
  *to++ = '\\';
  if (byte >= '\b' && byte <= '\r' && byte != '\v') {
    *to++ = kShort[static_cast<size_t>(byte - '\b')];
    return to;
  }
  to = std::copy_n("u00", 3, to);
  *to++ = kDigits[byte >> 4];
  *to++ = kDigits[byte & 15];
  return to;
}

// The character at the start of `text`, as it stands in a JSON string. Takes it off.
char* WriteCharacter(std::string_view& text, char* to) {
  const char byte = text[0];
  size_t bytes = 1;
  if (static_cast<uint8_t>(byte) >= 0x80) {
    const Utf8Sequence sequence = FirstUtf8Sequence(text);
    bytes = sequence.bytes;
    to = sequence.valid ? std::copy_n(text.data(), bytes, to) : std::copy_n("\xEF\xBF\xBD", 3, to);
  } else if (static_cast<uint8_t>(byte) < 0x20) {
    to = WriteControl(byte, to);
  } else {
    if (byte == '"' || byte == '\\') *to++ = '\\';
    *to++ = byte;
  }
  text.remove_prefix(bytes);
  return to;
}

// As many characters as have room.
void AppendWhatFits(std::string_view text, std::string& out, size_t limit) {
  char character[kLongestEscape];
  while (!text.empty()) {
    const std::string_view written(character, static_cast<size_t>(WriteCharacter(text, character) - character));
    if (out.size() + written.size() > limit) return;
    out += written;
  }
}

// Appends `text` as the inside of a JSON string while `out` stays within `limit`. False when it did not fit; what fitted is whole
// characters.
bool AppendEscaped(std::string_view text, std::string& out, size_t limit = SIZE_MAX) {
  char buffer[512];
  while (!text.empty()) {
    const std::string_view before = text;
    char* to = buffer;
    while (!text.empty() && to + kLongestEscape <= std::end(buffer)) {
      const size_t plain = CopyPlain(text, to, static_cast<size_t>(std::end(buffer) - to));
      to += plain;
      text.remove_prefix(plain);
      if (!text.empty() && to + kLongestEscape <= std::end(buffer)) to = WriteCharacter(text, to);
    }
    const auto written = static_cast<size_t>(to - buffer);
    if (out.size() > limit || written > limit - out.size()) {
      AppendWhatFits(before.substr(0, before.size() - text.size()), out, limit);
      return false;
    }
    out.append(buffer, written);
  }
  return true;
}

void AppendKey(const char* key, std::string& out) {
  out += ",\"";
  out += key;
  out += "\":";
}

void AppendText(const char* key, std::string_view value, std::string& out) {
  if (value.empty()) return;
  AppendKey(key, out);
  out += '"';
  AppendEscaped(value, out);
  out += '"';
}

void AppendNumber(const char* key, std::optional<int64_t> value, std::string& out) {
  if (!value) return;
  AppendKey(key, out);
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, *value).ptr);
}

}  // namespace

void AppendEnvelope(const Envelope& envelope, std::string& out, size_t most_bytes) {
  constexpr std::string_view kEnd = ",\"cut\":true}\n";
  std::string rest = "\"";
  AppendKey(envelope_keys::kKey, rest);  // even when it is empty: it says that the message is whole
  rest += '"';
  AppendEscaped(envelope.key, rest);
  rest += '"';
  AppendNumber(envelope_keys::kTimeNs, envelope.time_ns, rest);
  AppendText(envelope_keys::kLevel, envelope.level, rest);
  AppendText(envelope_keys::kContext, envelope.context, rest);
  AppendNumber(envelope_keys::kPid, envelope.pid, rest);

  const size_t start = out.size();
  out += "{\"log\":\"";
  const size_t others = out.size() - start + rest.size() + kEnd.size();
  const size_t room = most_bytes > others ? most_bytes - others : 0;
  const size_t limit = most_bytes == SIZE_MAX ? SIZE_MAX : out.size() + room;
  const bool whole = AppendEscaped(envelope.text, out, limit);
  out += rest;
  out += whole && !envelope.cut ? kEnd.substr(kEnd.size() - 2) : kEnd;
}

}  // namespace logmill
