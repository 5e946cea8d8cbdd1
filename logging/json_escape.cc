#include "logging/json_escape.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace logmill {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kSlack = 32;  // more than one step writes beyond the text that is left: an escape of 6 bytes

bool IsPlain(char c) { return c >= 0x20 && static_cast<unsigned char>(c) < 0x80 && c != '"' && c != '\\'; }

constexpr uint64_t Repeat(unsigned char byte) { return 0x0101010101010101ULL * byte; }

// Not zero exactly when one of the 8 bytes is zero.
constexpr uint64_t ZeroBytes(uint64_t word) { return (word - Repeat(0x01)) & ~word & Repeat(0x80); }

bool AllPlain(uint64_t word) {
  const uint64_t below_space = (word - Repeat(0x20)) & ~word & Repeat(0x80);
  return ((word & Repeat(0x80)) | below_space | ZeroBytes(word ^ Repeat('"')) | ZeroBytes(word ^ Repeat('\\'))) == 0;
}

// Copies the plain characters that `text` begins with, perhaps with some bytes behind them (never beyond the end of `text`). Returns how
// many are plain.
struct CopyByWords {
  static size_t Copy(std::string_view text, char* to) {
    size_t at = 0;
    for (uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
      std::memcpy(&word, text.data() + at, sizeof word);
      if (!AllPlain(word)) break;
      std::memcpy(to + at, &word, sizeof word);
    }
    for (; at < text.size() && IsPlain(text[at]); ++at) to[at] = text[at];
    return at;
  }
};

#if defined(__SSE2__)
struct CopyByBlocks {
  static size_t Copy(std::string_view text, char* to) {
    const __m128i space = _mm_set1_epi8(0x20), quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    size_t at = 0;
    for (; at + 16 <= text.size(); at += 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), block);
      // As signed bytes, everything from 0x80 on is below the space too.
      const __m128i escapes = _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash));
      const int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmplt_epi8(block, space), escapes));
      if (found != 0) return at + static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(found)));
    }
    return at + CopyByWords::Copy(text.substr(at), to + at);
  }
};
#else
using CopyByBlocks = CopyByWords;
#endif

char* Put(std::string_view text, char* to) { return std::copy(text.begin(), text.end(), to); }

// The letter behind the backslash for control characters that have one, 'u' for the others.
constexpr std::array<char, 32> kControlLetters = [] {
  std::array<char, 32> letters{};
  letters.fill('u');
  letters['\b'] = 'b', letters['\f'] = 'f', letters['\n'] = 'n', letters['\r'] = 'r', letters['\t'] = 't';
  return letters;
}();

// `c` is ASCII and not plain.
char* PutEscape(char c, char* to) {
  *to++ = '\\';
  const char letter = c >= 0x20 ? c : kControlLetters[static_cast<unsigned char>(c)];
  *to++ = letter;
  if (letter != 'u') return to;
  const auto byte = static_cast<unsigned char>(c);
  to = Put("00", to);
  *to++ = "01"[byte >> 4];
  *to++ = "0123456789abcdef"[byte & 15];
  return to;
}

// Makes sure that there is room for `bytes` behind `at`, which points into `out`.
char* Reserve(size_t bytes, char* at, spdlog::memory_buf_t& out) {
  const auto used = static_cast<size_t>(at - out.data());
  if (used + bytes <= out.capacity()) return at;
  out.resize(used);
  out.reserve(used + bytes);
  return out.data() + used;
}

template <typename Plain>
void AppendEscaped(std::string_view text, spdlog::memory_buf_t& out) {
  char* to = Reserve(text.size() + kSlack, out.data() + out.size(), out);
  for (;;) {
    const size_t plain = Plain::Copy(text, to);
    to += plain;
    text.remove_prefix(plain);
    if (text.empty()) break;
    to = Reserve(text.size() + kSlack, to, out);
    const Utf8Unit sequence = FirstUtf8Unit(text);
    to = sequence.size == 1 && sequence.valid ? PutEscape(text[0], to)
                                              : Put(sequence.valid ? text.substr(0, sequence.size) : kReplacement, to);
    text.remove_prefix(sequence.size);
  }
  out.resize(static_cast<size_t>(to - out.data()));
}

bool InRange(unsigned char byte, unsigned char low, unsigned char high) { return byte >= low && byte <= high; }

// What may follow a lead byte: how many continuation bytes, and the range of the first of them.
struct Lead {
  size_t continuations = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

Lead LeadOf(unsigned char byte) {
  if (InRange(byte, 0xC2, 0xDF)) return {1};
  if (byte == 0xE0) return {2, 0xA0};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (InRange(byte, 0xE1, 0xEF)) return {2};
  if (byte == 0xF0) return {3, 0x90};
  if (InRange(byte, 0xF1, 0xF3)) return {3};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {};
}

}  // namespace

Utf8Unit FirstUtf8Unit(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {1, true};
  const Lead lead = LeadOf(byte(0));
  if (lead.continuations == 0 || text.size() < 2 || !InRange(byte(1), lead.low, lead.high)) return {1, false};
  size_t size = 2;
  while (size <= lead.continuations && size < text.size() && InRange(byte(size), 0x80, 0xBF)) ++size;
  return {size, size == lead.continuations + 1};
}

void AppendJsonEscaped(std::string_view text, spdlog::memory_buf_t& out) { AppendEscaped<CopyByBlocks>(text, out); }

void AppendJsonEscapedPortable(std::string_view text, spdlog::memory_buf_t& out) { AppendEscaped<CopyByWords>(text, out); }

}  // namespace logmill
