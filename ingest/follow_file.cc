#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "ingest/gzip.h"
#include "ingest/read_calls.h"

namespace logmill {
namespace {

using Status = ReadResult::Status;

bool Same(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

bool IsGzip(int fd) {
  std::array<char, 2> head{};
  const ssize_t bytes = ::pread(fd, head.data(), head.size(), 0);
  return BeginsLikeGzip(std::string_view(head.data(), static_cast<size_t>(std::max<ssize_t>(bytes, 0))));
}

class FollowedFile final : public Source {
 public:
  FollowedFile(std::string path, StartAt start, FileRegistry& registry, const Clock& clock)
      : path_(std::move(path)), start_(start), registry_(registry), clock_(clock) {}
  ~FollowedFile() override {
    if (fd_.open()) registry_.Leave(fd_.get(), static_cast<uint64_t>(offset_));
  }

  ReadResult Read(std::span<char> room) override {
    if (!fd_.open()) {
      if (auto outcome = Open()) return *outcome;
    }
    const ssize_t bytes = ReadHere(room);
    if (bytes < 0) return ErrorResult(SystemError(path_));
    if (bytes > 0) return DataResult(bytes);
    return AtEnd();
  }

  [[nodiscard]] uint64_t LagBytes() const override {
    if (read_elsewhere_) return 0;
    struct stat here{};
    struct stat there{};
    const bool at_path = ::stat(path_.c_str(), &there) == 0 && S_ISREG(there.st_mode);
    if (!fd_.open()) return at_path && start_ == StartAt::kStart ? static_cast<uint64_t>(there.st_size) : 0;
    if (::fstat(fd_.get(), &here) != 0) return 0;
    const bool other = !moved_ && at_path && !Same(here, there);
    return static_cast<uint64_t>(std::max<off_t>(here.st_size - offset_, 0) + (other ? there.st_size : 0));
  }

  [[nodiscard]] const std::string& name() const override { return path_; }

 private:
  ssize_t ReadHere(std::span<char> room) {
    ssize_t bytes = 0;
    do {
      bytes = ::pread(fd_.get(), room.data(), room.size(), offset_);
    } while (bytes < 0 && errno == EINTR);
    if (bytes <= 0) return bytes;
    offset_ += bytes;
    quiet_since_.reset();
    return bytes;
  }

  // Nothing when the file is open now.
  std::optional<ReadResult> Open() {
    FileDescriptor fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status{};
    if (!fd.open() || ::fstat(fd.get(), &status) != 0) return NotOpened();
    if (!S_ISREG(status.st_mode)) return ErrorResult(path_ + (S_ISDIR(status.st_mode) ? ": is a directory" : ": is not a regular file"));
    if (IsGzip(fd.get())) return ErrorResult(path_ + ": is compressed, which only `logmill replay` reads");
    const auto offset = registry_.Take(fd.get(), start_ == StartAt::kEnd ? static_cast<uint64_t>(status.st_size) : 0);
    read_elsewhere_ = !offset;
    if (read_elsewhere_) return ReadResult();
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

  // Nothing more in the open file: was it truncated, or has it lost its name?
  ReadResult AtEnd() {
    struct stat here{};
    struct stat there{};
    if (::fstat(fd_.get(), &here) != 0) return ErrorResult(SystemError(path_));
    if (here.st_size < offset_) {
      offset_ = 0;
      return {.status = Status::kBreak, .error = {}};
    }
    if (moved_) return EndWhenQuiet();
    const bool at_path = ::stat(path_.c_str(), &there) == 0;
    if (!at_path && here.st_nlink == 0) return EndWhenQuiet();
    quiet_since_.reset();
    // While the new file is empty, its writer has not begun with it.
    moved_ = at_path && !Same(here, there) && there.st_size > 0;
    return {.status = moved_ ? Status::kMoved : Status::kIdle, .error = {}};
  }

  // The file has lost its name, but its writer may not have noticed yet.
  ReadResult EndWhenQuiet() {
    if (!quiet_since_) quiet_since_ = clock_.Monotonic();
    const bool quiet = clock_.Monotonic() - *quiet_since_ >= kQuietTime;
    return {.status = quiet ? Status::kEnd : Status::kIdle, .error = {}};
  }

  const std::string path_;
  StartAt start_;
  FileRegistry& registry_;
  const Clock& clock_;
  FileDescriptor fd_;
  off_t offset_ = 0;
  std::optional<std::chrono::nanoseconds> quiet_since_;  // at the end of a file that lost its name
  bool moved_ = false;                                   // another file has the path
  bool read_elsewhere_ = false;                          // another source has the file
};

}  // namespace

std::unique_ptr<Source> FollowFile(std::string path, StartAt start, FileRegistry& registry, const Clock& clock) {
  return std::make_unique<FollowedFile>(std::move(path), start, registry, clock);
}

}  // namespace logmill
