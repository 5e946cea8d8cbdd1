// The words of JSON: strings, numbers, literals, white space. Nothing here reads past the end of the text, allocates or throws.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace logmill::json {

// Where a scan stopped. `ok`: `at` is just behind the token. Otherwise `at` is the first byte that cannot stand there, and the
// end of the text when the text ended too early.
struct Stop {
  const char* at = nullptr;
  bool ok = false;
};

// Eight characters, the first one lowest: how many of them are decimal digits before the first that is none.
inline size_t LeadingDigits(uint64_t characters) {
  constexpr uint64_t kHighHalves = 0xF0F0F0F0F0F0F0F0;
  const uint64_t carried = characters + 0x0606060606060606;  // a byte from '0' to '9' keeps its high half, 3
  const uint64_t others = ((characters & kHighHalves) | ((carried & kHighHalves) >> 4)) ^ 0x3333333333333333;
  return static_cast<size_t>(std::countr_zero(others)) / 8;
}

// At least one decimal digit from `p` on.
inline Stop ScanDigits(const char* p, const char* end) {
  const char* const begin = p;
  while (std::endian::native == std::endian::little && end - p >= 8) {
    uint64_t characters;
    std::memcpy(&characters, p, sizeof(characters));
    const size_t digits = LeadingDigits(characters);
    p += digits;
    if (digits < 8) return {p, p != begin};
  }
  while (p != end && *p >= '0' && *p <= '9') ++p;
  return {p, p != begin};
}

// A backslash stands at `p`. Knows \" \\ \/ \b \f \n \r \t and \uXXXX.
Stop ScanEscape(const char* p, const char* end);
// A number begins at `p`, by the grammar of RFC 8259, of any size.
Stop ScanNumber(const char* p, const char* end);
// One of true, false, null begins at `p`.
Stop ScanLiteral(const char* p, const char* end);

// Writes the text of a string (without its quotes, escapes known to be valid) to `out` and returns its length, which is never more
// than raw.size(). A surrogate without its partner becomes U+FFFD.
size_t Unescape(std::string_view raw, char* out);
// Whether a string (as above) means `text`.
bool UnescapesTo(std::string_view raw, std::string_view text);

// One text, scanned from front to back. Remembers whether a byte outside of ASCII was seen in a string (it may say so for a byte near one
// too).
class Scanner {
 public:
  explicit Scanner(std::string_view text) : begin_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] const char* begin() const { return begin_; }
  [[nodiscard]] const char* end() const { return end_; }
  [[nodiscard]] bool high_bit_seen() const { return high_ != 0; }

  [[nodiscard]] const char* SkipSpace(const char* p) const {
    while (p != end_ && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) ++p;
    return p;
  }

  // `p` is behind the opening quote. Sets `*escaped` when there is a backslash; control characters below 0x20 are refused.
  Stop String(const char* p, bool* escaped) {
    for (;;) {
      p = FindSpecial(p);
      if (p == end_) return {p, false};
      if (*p == '"') return {p + 1, true};
      if (*p != '\\') return {p, false};
      *escaped = true;
      const Stop escape = ScanEscape(p, end_);
      if (!escape.ok) return escape;
      p = escape.at;
    }
  }

  // `p` is at the opening bracket of an object or array in a text that is known to be valid.
  Stop Nested(const char* p);

 private:
  // The first quote, backslash or control character, or the end.
  const char* FindSpecial(const char* p);

  const char* begin_;
  const char* end_;
  uint32_t high_ = 0;
};

#if defined(__SSE2__)

// Bit i: byte i of the 16 at `p` is special. `*high` gathers the bytes outside of ASCII.
inline uint32_t SpecialBits(const char* p, uint32_t* high) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  *high |= static_cast<uint32_t>(_mm_movemask_epi8(bytes));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control)));
}

// Of the 32 at `p`: most strings end within them, so that the processor guesses right that they do.
inline uint32_t SpecialBits32(const char* p, uint32_t* high) { return SpecialBits(p, high) | SpecialBits(p + 16, high) << 16; }

inline const char* Scanner::FindSpecial(const char* p) {
  for (; end_ - p >= 32; p += 32) {
    const uint32_t bits = SpecialBits32(p, &high_);
    if (bits != 0) return p + std::countr_zero(bits);
  }
  if (p != end_ && end_ - begin_ >= 32) {  // the last bytes: a load that ends where the text ends
    const uint32_t bits = SpecialBits32(end_ - 32, &high_) >> (32 - (end_ - p));
    return bits != 0 ? p + std::countr_zero(bits) : end_;
  }
  for (; p != end_ && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20; ++p) high_ |= static_cast<uint32_t>(*p & 0x80);
  return p;
}

#else

inline const char* Scanner::FindSpecial(const char* p) {
  for (; p != end_ && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20; ++p) high_ |= static_cast<uint32_t>(*p & 0x80);
  return p;
}

#endif

}  // namespace logmill::json
