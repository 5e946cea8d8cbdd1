#include "shipping/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace logmill {
namespace {

AppendFile::Identity IdentityOf(const struct stat& status) { return {status.st_dev, status.st_ino}; }

std::string Numbered(const std::string& path, unsigned number) { return number == 0 ? path : path + "." + std::to_string(number); }

}  // namespace

AppendFile::~AppendFile() { Close(); }

std::unexpected<std::string> AppendFile::Failed(std::string_view what) const {
  return std::unexpected(path_ + " cannot be " + std::string(what) + ": " + std::strerror(errno));
}

void AppendFile::Close() {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

bool AppendFile::IsAtPath() const {
  struct stat status{};
  return ::stat(path_.c_str(), &status) == 0 && IdentityOf(status) == identity_;
}

AppendFile::Result AppendFile::Open() {
  if (is_open() && IsAtPath()) return {};
  Close();
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
  if (file_ < 0) return Failed("opened");
  struct stat status{};
  if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
    Close();
    return std::unexpected(path_ + " is not a regular file");
  }
  identity_ = IdentityOf(status);
  length_ = static_cast<uint64_t>(status.st_size);
  torn_ = false;
  char last = '\n';
  in_line_ = length_ > 0 && ::pread(file_, &last, 1, status.st_size - 1) == 1 && last != '\n';
  return {};
}

bool AppendFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

AppendFile::Result AppendFile::Append(std::string_view lines) {
  if (Result opened = Open(); !opened) return opened;
  if (torn_ && ::ftruncate(file_, static_cast<off_t>(length_)) != 0) return Failed("cut");
  torn_ = true;
  if (!(in_line_ ? Write("\n") : true) || !Write(lines)) {
    const int error = errno;
    torn_ = ::ftruncate(file_, static_cast<off_t>(length_)) != 0;
    errno = error;
    return Failed("written");
  }
  torn_ = false;
  length_ += lines.size() + (in_line_ ? 1 : 0);
  in_line_ = false;
  return {};
}

AppendFile::Result AppendFile::Sync() {
  if (::fdatasync(file_) != 0) return Failed("synced");
  return {};
}

AppendFile::Result AppendFile::Rotate(unsigned keep) {
  for (unsigned number = keep; number > 0; --number) {
    const bool moved = ::rename(Numbered(path_, number - 1).c_str(), Numbered(path_, number).c_str()) == 0;
    if (!moved && (number == 1 || errno != ENOENT)) return Failed("rotated");
  }
  if (keep == 0 && ::unlink(path_.c_str()) != 0) return Failed("removed");
  return Open();
}

void AppendFile::TakeBack(const Identity& identity, uint64_t length) const {
  for (unsigned number = 0; number <= 1; ++number) {
    const std::string path = Numbered(path_, number);
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 || IdentityOf(status) != identity || static_cast<uint64_t>(status.st_size) <= length) continue;
    // Should it fail, records stand there twice.
    if (::truncate(path.c_str(), static_cast<off_t>(length)) != 0) continue;
  }
}

}  // namespace logmill
