#include "shipping/spool_key.h"

#define XXH_INLINE_ALL  // so that the compiler sees the whole walk
#include <xxhash.h>

#include <random>

#include "shipping/little_endian.h"

namespace logmill {

SpoolKey::SpoolKey(const SpoolSalt& salt) : salt_(salt) {
  for (size_t at = 0; at < kSecretBytes; at += sizeof(uint64_t)) {
    StoreLittle<uint64_t>(secret_.data() + at, XXH64(salt_.data(), salt_.size(), at / sizeof(uint64_t)));
  }
  marker_ = static_cast<uint32_t>(Hash("marker"));
}

uint64_t SpoolKey::Hash(std::string_view payload) const {
  return XXH3_64bits_withSecret(payload.data(), payload.size(), secret_.data(), secret_.size());
}

SpoolSalt RandomSpoolSalt() {
  std::random_device random;
  SpoolSalt salt;
  for (size_t at = 0; at < salt.size(); at += sizeof(uint32_t)) StoreLittle<uint32_t>(salt.data() + at, random());
  return salt;
}

}  // namespace logmill
