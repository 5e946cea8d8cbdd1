#include "ingest/file_registry.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace logmill {

std::optional<FileId> IdOf(int fd) {
  struct statx status{};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) return std::nullopt;
  const bool born = (status.stx_mask & STATX_BTIME) != 0;
  return FileId{.device = uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor,
                .inode = status.stx_ino,
                .born_ns = born ? status.stx_btime.tv_sec * 1'000'000'000 + status.stx_btime.tv_nsec : 0};
}

std::string FileRegistry::Head(int fd, uint64_t bytes) {
  std::string head(std::min<uint64_t>(bytes, kHeadBytes), '\0');
  const ssize_t got = ::pread(fd, head.data(), head.size(), 0);
  head.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return head;
}

std::optional<uint64_t> FileRegistry::Take(int fd, uint64_t start) {
  const auto id = IdOf(fd);
  if (!id) return start;
  const MutexLock lock(mutex_);
  auto [at, is_new] = files_.try_emplace(*id);
  File& file = at->second;
  if (file.taken) return std::nullopt;
  struct stat status{};
  const bool same = !is_new && ::fstat(fd, &status) == 0 && static_cast<uint64_t>(status.st_size) >= file.offset &&
                    Head(fd, file.head.size()) == file.head;
  file.taken = true;
  return same ? file.offset : start;
}

void FileRegistry::Leave(int fd, uint64_t offset) {
  const auto id = IdOf(fd);
  if (!id) return;
  const MutexLock lock(mutex_);
  files_[*id] = {false, offset, Head(fd, offset)};
  left_.push_back(*id);
  Forget();
}

void FileRegistry::Forget() {
  while (left_.size() > kMostFiles) {
    const auto file = files_.find(left_.front());
    if (file != files_.end() && !file->second.taken) files_.erase(file);
    left_.pop_front();
  }
}

}  // namespace logmill
