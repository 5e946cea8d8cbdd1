// Where a file may have gone: the names in its folder and near it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "sources/position.h"

namespace logmill {

// One thread. Listings are kept for a moment, so that a thousand files that are rotated together cost one walk.
class Siblings {
 public:
  // `rotated`: globs where rotated files go, when that is not the file's own folder or one directly in it. `clock` outlives it.
  Siblings(std::vector<std::string> rotated, const Clock& clock);

  struct Name {
    std::string path;
    uint64_t inode = 0;  // as the folder has it; of a symbolic link: the link's
  };

  // Whether there are such globs.
  [[nodiscard]] bool searches_elsewhere() const { return !rotated_.empty(); }

  // All names in a folder ("" is the working one; otherwise with '/' at its end), that may be files, sorted.
  const std::vector<Name>& In(const std::string& folder);
  // Rotated names of `path` and of what it leads to, if it is a symbolic link: in its folder, in folders directly in that, and in what
  // `rotated` matches. Not `path` itself. Plain ones before compressed ones.
  std::vector<std::string> RotatedOf(const std::string& path);
  // The same, and which files they lead to just now.
  using Files = std::vector<std::pair<std::string, std::optional<FileId>>>;
  Files RotatedFilesOf(const std::string& path);
  // The inode of a name, or 0.
  uint64_t InodeOf(const std::string& path);
  // Names with this inode, in the same places.
  std::vector<std::string> WithInode(const std::string& path, uint64_t inode);
  // Whether `other` may be a rotated name of `path`.
  [[nodiscard]] bool IsRotated(const std::string& path, const std::string& other);

  // Lists everything anew when asked next.
  void Forget();
  // The same, only of folders in which a name came, went or changed since they were listed, or may have: a folder's time has steps of
  // some milliseconds. Whether there was one. Cost: a look at each folder.
  bool Refresh();

 private:
  struct Listing {
    std::vector<Name> names;
    std::vector<std::string> folders;  // directly in it, with '/'
    int64_t modified_ns = 0;           // the folder, before it was listed
    bool settled = false;              // long enough before to tell the next change by it
    std::unordered_multimap<std::string, size_t> by_key;
    std::unordered_multimap<uint64_t, size_t> by_inode;
  };

  Listing& List(const std::string& folder);
  void ForgetOld();
  std::vector<std::string> FoldersOf(const std::string& path);
  const std::string& RealPath(const std::string& path);

  static constexpr size_t kMostFolders = 256;  // that are searched in one folder
  static constexpr std::chrono::milliseconds kFresh{100};

  const std::vector<std::string> rotated_;
  const Clock& clock_;
  std::chrono::nanoseconds listed_at_{};
  std::map<std::string, Listing> listings_;
  std::map<std::string, std::string> real_paths_;
};

}  // namespace logmill
