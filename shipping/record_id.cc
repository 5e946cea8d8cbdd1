#include "shipping/record_id.h"

#define XXH_INLINE_ALL  // so that the compiler sees the whole walk
#include <xxhash.h>

namespace logmill {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr size_t kIdDigits = 22;                   // of 6 bits each, of 128
constexpr uint64_t kOddHigh = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
constexpr uint64_t kOddLow = 0xC2B2AE3D27D4EB4F;   // a prime of XXH64

}  // namespace

OriginId MakeOriginId(std::string_view identity) { return XXH3_64bits(identity.data(), identity.size()); }

RecordId MakeRecordId(OriginId origin, uint64_t place, std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(text.data(), text.size(), origin ^ (place * kOddHigh));
  return {hash.high64 ^ (origin * kOddLow), hash.low64 ^ (place * kOddHigh)};
}

uint64_t HashPlace(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string FormatRecordId(const RecordId& id) {
  std::string text(kIdDigits, 'A');
  uint64_t high = id.high;
  uint64_t low = id.low;
  for (char& digit : text) {
    digit = kDigits[high >> 58];
    high = high << 6 | low >> 58;
    low <<= 6;
  }
  return text;
}

}  // namespace logmill
