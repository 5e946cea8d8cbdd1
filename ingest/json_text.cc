#include "ingest/json_text.h"

#include <algorithm>
#include <cstring>

namespace logmill::json {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsShortEscape(char c) { return c == '"' || c == 'n' || c == '\\' || c == '/' || c == 'b' || c == 'f' || c == 'r' || c == 't'; }

// -1 when `c` is no hexadecimal digit.
int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits at `p`, known to be valid.
uint32_t HexUnit(const char* p) {
  uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) unit = unit * 16 + static_cast<uint32_t>(HexDigit(p[i]));
  return unit;
}

size_t EncodeUtf8(uint32_t code, char* out) {
  const auto put = [&](size_t i, uint32_t byte) { out[i] = static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(0, code);
    return 1;
  }
  if (code < 0x800) {
    put(0, 0xC0 | (code >> 6));
    put(1, 0x80 | (code & 0x3F));
    return 2;
  }
  if (code < 0x10000) {
    put(0, 0xE0 | (code >> 12));
    put(1, 0x80 | ((code >> 6) & 0x3F));
    put(2, 0x80 | (code & 0x3F));
    return 3;
  }
  put(0, 0xF0 | (code >> 18));
  put(1, 0x80 | ((code >> 12) & 0x3F));
  put(2, 0x80 | ((code >> 6) & 0x3F));
  put(3, 0x80 | (code & 0x3F));
  return 4;
}

struct Decoded {
  const char* next = nullptr;
  char bytes[4] = {};
  size_t size = 0;
};

Decoded DecodeUnicode(const char* p, const char* end) {
  Decoded result{.next = p + 6};
  uint32_t code = HexUnit(p + 2);
  if (code >= 0xD800 && code < 0xDC00 && end - result.next >= 6 && result.next[0] == '\\' && result.next[1] == 'u') {
    const uint32_t low = HexUnit(result.next + 2);
    if (low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      result.next += 6;
    }
  }
  if (code >= 0xD800 && code < 0xE000) code = kReplacement;
  result.size = EncodeUtf8(code, result.bytes);
  return result;
}

// The valid escape at `p`.
Decoded DecodeEscape(const char* p, const char* end) {
  Decoded result{.next = p + 2, .size = 1};
  switch (p[1]) {
    case 'b':
      result.bytes[0] = '\b';
      break;
    case 'f':
      result.bytes[0] = '\f';
      break;
    case 'n':
      result.bytes[0] = '\n';
      break;
    case 'r':
      result.bytes[0] = '\r';
      break;
    case 't':
      result.bytes[0] = '\t';
      break;
    case 'u':
      return DecodeUnicode(p, end);
    default:
      result.bytes[0] = p[1];
  }
  return result;
}

const char* FindBackslash(const char* p, const char* end) {
  const void* found = std::memchr(p, '\\', static_cast<size_t>(end - p));
  return found != nullptr ? static_cast<const char*>(found) : end;
}

}  // namespace

Stop ScanEscape(const char* p, const char* end) {
  if (++p == end) return {p, false};
  if (*p != 'u') return IsShortEscape(*p) ? Stop{p + 1, true} : Stop{p, false};
  ++p;
  for (int i = 0; i < 4; ++i, ++p) {
    if (p == end || HexDigit(*p) < 0) return {p, false};
  }
  return {p, true};
}

Stop ScanNumber(const char* p, const char* end) {
  if (p != end && *p == '-') ++p;
  const bool zero = p != end && *p == '0';
  Stop stop = zero ? Stop{p + 1, true} : ScanDigits(p, end);
  if (stop.ok && stop.at != end && *stop.at == '.') stop = ScanDigits(stop.at + 1, end);
  if (!stop.ok || stop.at == end || (*stop.at | 0x20) != 'e') return stop;
  p = stop.at + 1;
  if (p != end && (*p == '+' || *p == '-')) ++p;
  return ScanDigits(p, end);
}

Stop ScanLiteral(const char* p, const char* end) {
  const std::string_view word = p == end ? "" : *p == 't' ? "true" : *p == 'f' ? "false" : *p == 'n' ? "null" : "";
  if (word.empty()) return {p, false};
  for (const char c : word) {
    if (p == end || *p != c) return {p, false};
    ++p;
  }
  return {p, true};
}

size_t Unescape(std::string_view raw, char* out) {
  const char* const start = out;
  const char* p = raw.data();
  const char* const end = p + raw.size();
  while (p != end) {
    const char* const plain_end = FindBackslash(p, end);
    out = std::copy(p, plain_end, out);
    p = plain_end;
    if (p == end) break;
    const Decoded escape = DecodeEscape(p, end);
    out = std::copy_n(escape.bytes, escape.size, out);
    p = escape.next;
  }
  return static_cast<size_t>(out - start);
}

bool UnescapesTo(std::string_view raw, std::string_view text) {
  const char* p = raw.data();
  const char* const end = p + raw.size();
  while (p != end) {
    Decoded piece{.next = p + 1, .bytes = {*p}, .size = 1};
    if (*p == '\\') piece = DecodeEscape(p, end);
    if (!text.starts_with(std::string_view(piece.bytes, piece.size))) return false;
    text.remove_prefix(piece.size);
    p = piece.next;
  }
  return text.empty();
}

Stop Scanner::Nested(const char* p) {
  size_t depth = 0;
  while (p != end_) {
    const char c = *p++;
    if (c == '"') {
      bool escaped = false;
      const Stop string = String(p, &escaped);
      if (!string.ok) return string;
      p = string.at;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return {p, true};
    }
  }
  return {p, false};
}

}  // namespace logmill::json
