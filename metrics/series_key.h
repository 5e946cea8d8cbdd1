// The key of a series: its family and label values in one string of bytes, hashed and compared without being built.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "metrics/family.h"

namespace logmill {

using LabelValues = std::span<const std::string_view>;

// A key is the family's id, then each value's length and bytes; ids and lengths are uint32_t in the machine's order. As each value
// says where it ends, no two lists of values make the same key.
namespace series_key {

// The first bytes (at most 8) of `text` as a number; different for different texts of one length.
inline uint64_t Word(const char* text, size_t bytes) {
  uint64_t word = 0;
  if (bytes >= 8) {
    std::memcpy(&word, text, 8);
  } else if (bytes >= 4) {
    uint32_t first = 0;
    uint32_t last = 0;
    std::memcpy(&first, text, 4);
    std::memcpy(&last, text + bytes - 4, 4);
    word = (uint64_t{first} << 32) | last;
  } else if (bytes > 0) {
    word = (uint64_t{static_cast<uint8_t>(text[0])} << 16) | (uint64_t{static_cast<uint8_t>(text[bytes / 2])} << 8) |
           static_cast<uint8_t>(text[bytes - 1]);
  }
  return word;
}

// Both halves of the 128-bit product, folded: every bit of the result depends on every bit of `a` and `b`.
inline uint64_t Fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline constexpr uint64_t kOdd1 = 0x9E3779B97F4A7C15;
inline constexpr uint64_t kOdd2 = 0xD1B54A32D192ED03;

inline uint64_t HashValue(uint64_t hash, std::string_view value) {
  const char* at = value.data();
  size_t left = value.size();
  hash ^= left * kOdd1;
  for (; left > 16; at += 8, left -= 8) hash = Fold(hash ^ Word(at, 8), kOdd2);
  const uint64_t tail = left > 8 ? Word(at + left - 8, 8) : kOdd1;
  return Fold(hash ^ Word(at, left), tail ^ kOdd2);
}

// `seed` differs from one run of the program to the next, so that nobody can write a log that makes the tables slow.
inline uint64_t Hash(uint64_t seed, FamilyId family, LabelValues values) {
  uint64_t hash = Fold(seed ^ family, kOdd1);
  for (const std::string_view value : values) hash = HashValue(hash, value);
  return hash;
}

inline uint32_t Number(const char* bytes) {
  uint32_t number = 0;
  std::memcpy(&number, bytes, sizeof(number));
  return number;
}

inline bool SameBytes(const char* a, const char* b, size_t bytes) {
  if (bytes > 16) return std::memcmp(a, b, bytes) == 0;
  if (Word(a, bytes) != Word(b, bytes)) return false;
  return bytes <= 8 || Word(a + bytes - 8, 8) == Word(b + bytes - 8, 8);
}

// True when `key` is the one of this family and these values; as many values as the family has labels.
inline bool Equals(const char* key, FamilyId family, LabelValues values) {
  if (Number(key) != family) return false;
  key += sizeof(uint32_t);
  for (const std::string_view value : values) {
    if (Number(key) != value.size() || !SameBytes(key + sizeof(uint32_t), value.data(), value.size())) return false;
    key += sizeof(uint32_t) + value.size();
  }
  return true;
}

// Values are shorter than 4 GiB.
size_t Bytes(LabelValues values);
void Write(FamilyId family, LabelValues values, char* key);

// The values in a key, `count` of them; views into it.
std::vector<std::string_view> ValuesOf(const char* key, size_t count);

// The seed of this run.
uint64_t Seed();

}  // namespace series_key
}  // namespace logmill
