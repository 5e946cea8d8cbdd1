// What makes frames of one salt and nobody else's: their marker and their check.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "shipping/spool_format.h"

namespace logmill {

// Immutable; any thread.
//
// secret: 24 words, little-endian; word i is XXH64 of the salt, seeded by i. hash: XXH3 (64 bits) of the payload with this secret. check:
// hash mixed with length and sequence, so that a frame gets its sequence without another walk over its payload. marker: the low half of the
// hash of "marker".
class SpoolKey {
 public:
  explicit SpoolKey(const SpoolSalt& salt);

  [[nodiscard]] const SpoolSalt& salt() const { return salt_; }
  [[nodiscard]] uint32_t marker() const { return marker_; }
  [[nodiscard]] uint64_t Hash(std::string_view payload) const;

  static uint64_t Check(uint64_t hash, uint32_t length, uint64_t sequence) {
    uint64_t mixed = hash ^ (sequence * 0x9E3779B97F4A7C15 + length * 0xC2B2AE3D27D4EB4F);
    mixed = (mixed ^ (mixed >> 37)) * 0x165667919E3779F9;
    return mixed ^ (mixed >> 32);
  }

 private:
  static constexpr size_t kSecretBytes = 192;  // as XXH3's own

  SpoolSalt salt_;
  std::array<char, kSecretBytes> secret_;
  uint32_t marker_;
};

// From the system's source of randomness.
SpoolSalt RandomSpoolSalt();

}  // namespace logmill
