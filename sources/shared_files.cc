#include "sources/shared_files.h"

#include <utility>

namespace logmill {

bool SharedFiles::Note(const std::string& path, const FileId& id) {
  std::string reader = registry_.TakenBy(id);
  if (reader.empty() || reader == source_ || !told_.insert(path).second) return true;
  new_.push_back({.path = path, .reader = std::move(reader)});
  return true;
}

void SharedFiles::Keep(const std::unordered_set<std::string>& present) {
  std::erase_if(told_, [&present](const std::string& path) { return !present.contains(path); });
}

std::vector<SharedFiles::Shared> SharedFiles::Take() { return std::exchange(new_, {}); }

}  // namespace logmill
