#include "sources/shared_files.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sources/glob.h"

namespace logmill {

bool SharedFiles::BelongsToOther(const std::string& path) {
  if (before_.empty()) return false;
  const std::string normal = std::filesystem::path(path).lexically_normal();
  const auto first = std::ranges::find_if(before_, [&normal](const Entry& entry) { return MatchesGlob(entry.pattern, normal); });
  if (first == before_.end()) return false;
  Tell(path, first->name);
  return true;
}

void SharedFiles::Note(const std::string& path, const FileId& id) {
  const std::string reader = registry_.TakenBy(id);
  if (!reader.empty() && reader != source_) Tell(path, reader);
}

void SharedFiles::Tell(const std::string& path, const std::string& reader) {
  if (told_.insert(path).second) new_.push_back({.path = path, .reader = reader});
}

void SharedFiles::Keep(const std::unordered_set<std::string>& present) {
  std::erase_if(told_, [&present](const std::string& path) { return !present.contains(path); });
}

std::vector<SharedFiles::Shared> SharedFiles::Take() { return std::exchange(new_, {}); }

}  // namespace logmill
