// Which files are being read, and which were read how far: so that a file that got another name, or has several, is read once.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/mutex.h"

namespace logmill {

// Device, inode and time of birth (nanoseconds; 0 where the file system does not know it). The system gives an inode to another file once
// the first is gone; where the birth does not tell the two apart, `FileRegistry` does by how they begin.
struct FileId {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t born_ns = 0;
  auto operator<=>(const FileId&) const = default;
};

// Of an open file; nothing when it is none.
std::optional<FileId> IdOf(int fd);

// Shared by all sources of a program; thread-safe.
class FileRegistry {
 public:
  // Before a source reads the file open at `fd`. Nothing: another source reads it just now, keep off and ask again later. Otherwise
  // the caller has it, and reads from the returned offset: where it was left, or `start` when it was never read (or is another file with
  // the same inode).
  std::optional<uint64_t> Take(int fd, uint64_t start) EXCLUDES(mutex_);
  // The caller leaves the file, read up to `offset`.
  void Leave(int fd, uint64_t offset) EXCLUDES(mutex_);

 private:
  struct File {
    bool taken = false;
    uint64_t offset = 0;
    std::string head;  // how it begins, as far as that was read, at most kHeadBytes
  };
  static constexpr size_t kHeadBytes = 4096;  // start-up banners are alike for some hundred bytes
  static constexpr size_t kMostFiles = 1000;  // that are remembered; then the one left longest ago is forgotten

  static std::string Head(int fd, uint64_t bytes);
  void Forget() REQUIRES(mutex_);

  Mutex mutex_;
  std::map<FileId, File> files_ GUARDED_BY(mutex_);
  std::deque<FileId> left_ GUARDED_BY(mutex_);  // in the order in which they were left
};

}  // namespace logmill
