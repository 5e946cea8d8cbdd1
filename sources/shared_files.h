// Files that two entries of `sources` match: one reads them, and the other has to say that it does not.
#pragma once

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sources/file_registry.h"

namespace logmill {

// Of one entry and one thread.
class SharedFiles {
 public:
  struct Shared {
    std::string path;
    std::string reader;  // the name of the entry that reads it
  };

  // `registry` outlives it; `source` is the name of the entry.
  SharedFiles(const FileRegistry& registry, std::string source) : registry_(registry), source_(std::move(source)) {}

  // `path` matches and leads to a file that somebody reads. When that is this entry itself, by another worker or under another name, there
  // is nothing to say. Always true.
  bool Note(const std::string& path, const FileId& id);
  // Forgets all paths but these.
  void Keep(const std::unordered_set<std::string>& present);
  // New ones since the last call; each path once, while it is kept.
  std::vector<Shared> Take();

 private:
  const FileRegistry& registry_;
  const std::string source_;
  std::unordered_set<std::string> told_;
  std::vector<Shared> new_;
};

}  // namespace logmill
