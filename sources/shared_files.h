// Files that two entries of `sources` match: the first one reads them, and the other has to say that it does not.
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

  struct Entry {
    std::string pattern;
    std::string name;
  };

  // `registry` outlives it; `source` is the name of the entry, `before` are those before it that may match what it matches.
  SharedFiles(const FileRegistry& registry, std::string source, std::vector<Entry> before)
      : registry_(registry), source_(std::move(source)), before_(std::move(before)) {}

  // Whether an entry before this one matches `path`: what is there is for that one to read, now or later.
  bool BelongsToOther(const std::string& path);
  // `path` matches and leads to a file that somebody reads. When that is this entry itself, by another worker or under another name, there
  // is nothing to say.
  void Note(const std::string& path, const FileId& id);
  // Forgets all paths but these.
  void Keep(const std::unordered_set<std::string>& present);
  // New ones since the last call; each path once, while Keep() keeps it.
  std::vector<Shared> Take();

 private:
  void Tell(const std::string& path, const std::string& reader);

  const FileRegistry& registry_;
  const std::string source_;
  const std::vector<Entry> before_;
  std::unordered_set<std::string> told_;
  std::vector<Shared> new_;
};

}  // namespace logmill
