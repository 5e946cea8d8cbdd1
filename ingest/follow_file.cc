#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "ingest/read_calls.h"

namespace logmill {
namespace {

class FollowedFile final : public Source {
 public:
  FollowedFile(std::string path, StartAt start, FileRegistry& registry) : path_(std::move(path)), start_(start), registry_(registry) {}
  ~FollowedFile() override { Close(); }

  ReadResult Read(std::span<char> room) override {
    if (!fd_.open()) {
      if (auto outcome = Open()) return *outcome;
    }
    const ssize_t bytes = ReadHere(room);
    if (bytes < 0) return ErrorResult(SystemError(path_));
    if (bytes > 0) return DataResult(bytes);
    return AtEnd(room);
  }

  [[nodiscard]] uint64_t LagBytes() const override {
    struct stat here{};
    struct stat there{};
    const bool at_path = ::stat(path_.c_str(), &there) == 0 && S_ISREG(there.st_mode);
    if (!fd_.open()) return at_path && start_ == StartAt::kStart ? static_cast<uint64_t>(there.st_size) : 0;
    if (::fstat(fd_.get(), &here) != 0) return 0;
    const bool other = at_path && !Same(here, there);
    return static_cast<uint64_t>(std::max<off_t>(here.st_size - offset_, 0) + (other ? there.st_size : 0));
  }

  [[nodiscard]] const std::string& name() const override { return path_; }

 private:
  using Status = ReadResult::Status;

  static bool Same(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

  ssize_t ReadHere(std::span<char> room) {
    ssize_t bytes = 0;
    do {
      bytes = ::pread(fd_.get(), room.data(), room.size(), offset_);
    } while (bytes < 0 && errno == EINTR);
    if (bytes > 0) offset_ += bytes;
    return bytes;
  }

  // Nothing when the file is open now.
  std::optional<ReadResult> Open() {
    FileDescriptor fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status{};
    if (!fd.open() || ::fstat(fd.get(), &status) != 0) return NotOpened();
    if (!S_ISREG(status.st_mode)) return ErrorResult(path_ + (S_ISDIR(status.st_mode) ? ": is a directory" : ": is not a regular file"));
    const auto offset = registry_.Take(fd.get(), start_ == StartAt::kEnd ? static_cast<uint64_t>(status.st_size) : 0);
    if (!offset) return ReadResult();
    offset_ = static_cast<off_t>(*offset);
    start_ = StartAt::kStart;
    fd_ = std::move(fd);
    return std::nullopt;
  }

  ReadResult NotOpened() {
    if (errno != ENOENT && errno != ENOTDIR) return ErrorResult(SystemError(path_));
    start_ = StartAt::kStart;  // a file that appears later is new: all of it counts
    return {};
  }

  // Nothing more in the open file: was it truncated, or has another file taken the path?
  ReadResult AtEnd(std::span<char> room) {
    struct stat here{};
    struct stat there{};
    if (::fstat(fd_.get(), &here) != 0) return ErrorResult(SystemError(path_));
    if (here.st_size < offset_) {
      offset_ = 0;
      return {.status = Status::kBreak, .truncated = true, .error = {}};
    }
    const bool replaced = ::stat(path_.c_str(), &there) == 0 && !Same(here, there) && there.st_size > 0;
    return replaced ? LeaveOldFile(room) : ReadResult();
  }

  // The new file has bytes in it, so the writer has moved on to it; what it wrote to the old one before that is there by now.
  ReadResult LeaveOldFile(std::span<char> room) {
    const ssize_t bytes = ReadHere(room);
    if (bytes > 0) return DataResult(bytes);
    Close();
    return {.status = Status::kBreak, .error = {}};
  }

  void Close() {
    if (fd_.open()) registry_.Leave(fd_.get(), static_cast<uint64_t>(offset_));
    fd_.Close();
  }

  std::string path_;
  StartAt start_;
  FileRegistry& registry_;
  FileDescriptor fd_;
  off_t offset_ = 0;
};

}  // namespace

std::unique_ptr<Source> FollowFile(std::string path, StartAt start, FileRegistry& registry) {
  return std::make_unique<FollowedFile>(std::move(path), start, registry);
}

}  // namespace logmill
