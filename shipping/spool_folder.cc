#include "shipping/spool_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "shipping/spool_format.h"
#include "shipping/spool_header.h"

namespace logmill {
namespace {

std::string AdviceFor(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "; make room there";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; let this user write there";
    case ENOENT:
      return "; make the folder that it is to be in";
    case ENOTDIR:
    case EEXIST:
      return "; it has to be a folder: move the file away";
    case EMFILE:
    case ENFILE:
      return "; allow more open files";
    default:
      return "";
  }
}

std::string ReadProcessId(int lock) {
  char text[32];
  const ssize_t bytes = ::pread(lock, text, sizeof text, 0);
  const std::string_view read(text, static_cast<size_t>(std::max<ssize_t>(bytes, 0)));
  return std::string(read.substr(0, read.find_first_not_of("0123456789")));
}

}  // namespace

std::expected<std::unique_ptr<SpoolFolder>, std::string> SpoolFolder::Open(std::string path, SpoolCalls& calls) {
  std::unique_ptr<SpoolFolder> folder(new SpoolFolder(std::move(path), calls));
  if (auto taken = folder->Take(); !taken) return std::unexpected(taken.error());
  return folder;
}

SpoolFolder::~SpoolFolder() { Leave(); }

std::expected<void, std::string> SpoolFolder::Take() {
  if (calls_.MakeFolder(path_.c_str()) != 0 && errno != EEXIST) return Failed("make", errno);
  folder_ = calls_.OpenFolder(path_.c_str());
  if (folder_ < 0) return Failed("open", errno);
  return Lock();
}

std::expected<void, std::string> SpoolFolder::Lock() {
  lock_ = ::openat(folder_, spool_format::kLock.data(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) return Failed("lock", errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Failed("lock", errno);
    const std::string pid = ReadProcessId(lock_);
    return std::unexpected("the spool in " + path_ + " is in use by another logmill" + (pid.empty() ? "" : " (pid " + pid + ")"));
  }
  // Only for the sentence above: if it cannot be written, the lock still holds.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock_, 0) == 0) [[maybe_unused]]
    const ssize_t ignored = ::pwrite(lock_, pid.data(), pid.size(), 0);
  return {};
}

void SpoolFolder::Leave() {
  if (lock_ >= 0) ::close(lock_);
  if (folder_ >= 0) calls_.Close(folder_);
  lock_ = folder_ = -1;
}

std::expected<std::vector<uint64_t>, std::string> SpoolFolder::Segments() const {
  std::vector<uint64_t> segments;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
    const auto first = FirstOfSegmentName(entry->path().filename().native());
    if (first && !entry->is_directory(error)) segments.push_back(*first);
  }
  if (error) return Failed("list", error.value());
  std::ranges::sort(segments);
  return segments;
}

bool SpoolFolder::IsGone() const {
  struct stat status{};
  return folder_ < 0 || (calls_.Status(folder_, &status) == 0 && status.st_nlink == 0);
}

int SpoolFolder::Create(uint64_t first) {
  if (IsGone()) {
    Leave();
    if (!Take()) {
      const int error = errno;
      Leave();
      errno = error;
      return -1;
    }
  }
  return calls_.Create(folder_, SegmentName(first).c_str());
}

int SpoolFolder::OpenSegment(uint64_t first) const { return calls_.Open(folder_, SegmentName(first).c_str()); }

int SpoolFolder::OpenFolder() const { return calls_.Open(folder_, "."); }

bool SpoolFolder::Remove(uint64_t first) { return calls_.Remove(folder_, SegmentName(first).c_str()) == 0 || errno == ENOENT; }

void SpoolFolder::Cut(uint64_t first, uint64_t bytes) {
  const int file = calls_.Open(folder_, SegmentName(first).c_str(), true);
  if (file < 0) return;
  calls_.Truncate(file, bytes);
  calls_.Close(file);
}

std::string SpoolFolder::SetAside(uint64_t first) {
  const std::string name = SegmentName(first);
  std::string aside = name + ".damaged";
  for (unsigned number = 2; ::faccessat(folder_, aside.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0; ++number) {
    aside = name + ".damaged-" + std::to_string(number);
  }
  return ::renameat(folder_, name.c_str(), folder_, aside.c_str()) == 0 ? aside : "";
}

std::unexpected<std::string> SpoolFolder::Failed(const std::string& what, int error) const {
  return std::unexpected("cannot " + what + " the spool in " + path_ + ": " + std::generic_category().message(error) + AdviceFor(error));
}

}  // namespace logmill
