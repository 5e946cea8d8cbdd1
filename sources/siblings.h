// Where a file may have gone: the names in its folder and near it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

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

  // All names in a folder ("" is the working one; otherwise with '/' at its end), that may be files, sorted.
  const std::vector<Name>& In(const std::string& folder);
  // Rotated names of `path` and of what it leads to, if it is a symbolic link: in its folder, in folders directly in that, and in what
  // `rotated` matches. Not `path` itself. Plain ones before compressed ones.
  std::vector<std::string> RotatedOf(const std::string& path);
  // The inode of a name, or 0.
  uint64_t InodeOf(const std::string& path);
  // Names with this inode, in the same places.
  std::vector<std::string> WithInode(const std::string& path, uint64_t inode);
  // Whether `other` may be a rotated name of `path`.
  [[nodiscard]] bool IsRotated(const std::string& path, const std::string& other);

  // Lists everything anew when asked next.
  void Forget();
  // Whether all that is asked next is listed after `moment`.
  [[nodiscard]] bool ListsAfter(std::chrono::nanoseconds moment);

 private:
  struct Listing {
    std::vector<Name> names;
    std::vector<std::string> folders;  // directly in it, with '/'
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
