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

void FileOrigins::Truncated(const std::string& path, const FileId& id, OriginId origin) {
  if (id == FileId{}) {
    by_path_[path] = origin;
  } else {
    by_file_[id] = origin;
  }
}

OriginId FileOrigins::Of(const std::string& path, const FileId& id, uint64_t generation) {
  const auto next = [](OriginId origin) { return MakeOriginId("truncated" + std::to_string(origin)); };
  const auto by_path = by_path_.extract(path);
  if (const auto by_file = by_file_.extract(id)) return next(by_file.mapped());
  return by_path ? next(by_path.mapped()) : OriginOfFile(source_, id, generation);
}

OriginId OriginOfThisLife(const std::string& source) {
  std::random_device random;
  return MakeOriginId(source + '\0' + std::to_string(uint64_t{random()} << 32 | random()));
}

}  // namespace logmill
