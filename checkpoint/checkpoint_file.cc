#include "checkpoint/checkpoint_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace logmill {
namespace {

using Kind = CheckpointReadError::Kind;

std::unexpected<CheckpointReadError> Unreadable(const std::string& path, int error) {
  const Kind kind = error == ENOENT ? Kind::kMissing : error == EACCES || error == EPERM ? Kind::kDenied : Kind::kDamaged;
  return std::unexpected(CheckpointReadError{kind, path + " cannot be read: " + std::generic_category().message(error)});
}

std::unexpected<CheckpointReadError> Damaged(const std::string& path, const char* what) {
  return std::unexpected(CheckpointReadError{Kind::kDamaged, path + " " + what});
}

std::expected<std::string, CheckpointReadError> ReadOpen(int fd, const std::string& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return Unreadable(path, errno);
  if (!S_ISREG(status.st_mode)) return Damaged(path, "is no regular file");
  if (status.st_size > static_cast<off_t>(kMaxCheckpointBytes)) return Damaged(path, "is too large for a checkpoint");
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t got = ::read(fd, bytes.data() + at, bytes.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(path, errno);
    if (got == 0) bytes.resize(at);
    at += static_cast<size_t>(got);
  }
  return bytes;
}

std::expected<std::string, CheckpointReadError> ReadBytes(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return Unreadable(path, errno);
  auto bytes = ReadOpen(fd, path);
  ::close(fd);
  return bytes;
}

}  // namespace

CheckpointFile ReadCheckpointFile(const std::string& path) {
  const auto bytes = ReadBytes(path);
  if (!bytes) return {.name = path, .content = std::unexpected(bytes.error())};
  auto checkpoint = DecodeCheckpoint(*bytes);
  if (checkpoint) return {.name = path, .bytes = bytes->size(), .content = std::move(*checkpoint)};
  const Kind kind = checkpoint.error().kind == CheckpointError::Kind::kNewer ? Kind::kNewer : Kind::kDamaged;
  return {
      .name = path, .bytes = bytes->size(), .content = std::unexpected(CheckpointReadError{kind, path + " " + checkpoint.error().message})};
}

std::vector<CheckpointFile> ReadCheckpointFiles(const std::string& folder) {
  std::vector<CheckpointFile> files;
  for (const char* name : {checkpoint_files::kCurrent, checkpoint_files::kTemporary, checkpoint_files::kPrevious}) {
    CheckpointFile file = ReadCheckpointFile(folder + "/" + name);
    if (!file.content && file.content.error().kind == Kind::kMissing) continue;
    file.name = name;
    files.push_back(std::move(file));
  }
  return files;
}

CheckpointFile* NewestOf(std::vector<CheckpointFile>& files) {
  CheckpointFile* newest = nullptr;
  for (CheckpointFile& file : files) {
    if (file.content && (newest == nullptr || file.content->generation > newest->content->generation)) newest = &file;
  }
  return newest;
}

}  // namespace logmill
