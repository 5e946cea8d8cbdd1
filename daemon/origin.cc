#include "daemon/origin.h"

#include <random>

namespace logmill {

OriginId OriginOfFile(const std::string& source, const FileId& id, uint64_t generation) {
  std::string identity = source;
  for (const uint64_t number : {id.device, id.inode, static_cast<uint64_t>(id.born_ns), generation}) {
    identity += '\0' + std::to_string(number);
  }
  return MakeOriginId(identity);
}

OriginId OriginOfThisLife(const std::string& source) {
  std::random_device random;
  return MakeOriginId(source + '\0' + std::to_string(uint64_t{random()} << 32 | random()));
}

}  // namespace logmill
