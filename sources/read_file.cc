// ReadFile and ReadDescriptor: to the end, plain or gzip.
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "sources/gzip.h"
#include "sources/read_calls.h"

namespace logmill {
namespace {

constexpr size_t kMagicBytes = 2;
constexpr size_t kInputBytes = 64 << 10;

class WholeStream final : public Source {
 public:
  WholeStream(std::string name, FileDescriptor owned, int fd) : name_(std::move(name)), owned_(std::move(owned)), fd_(fd) {}

  ReadResult Read(std::span<char> room) override {
    if (done_) return {.status = Status::kEnd, .error = {}};
    if (!begun_) {
      if (auto failed = Begin()) return *failed;
    }
    if (gunzip_) return ReadGzip(room);
    return input_.empty() ? ReadPlain(room) : HandOver(room);
  }

  [[nodiscard]] uint64_t LagBytes() const override {
    struct stat status{};
    const bool regular = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
    const off_t at = regular ? ::lseek(fd_, 0, SEEK_CUR) : 0;
    return input_.size() + (regular ? static_cast<uint64_t>(std::max<off_t>(status.st_size - at, 0)) : 0);
  }

  bool Locate(uint64_t /*offset*/, Position* /*position*/) override { return false; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  using Status = ReadResult::Status;

  // Reads the first bytes, which say what it is. A pipe may give them one by one.
  std::optional<ReadResult> Begin() {
    begun_ = true;
    buffer_.resize(kInputBytes);
    size_t size = 0;
    while (size < kMagicBytes) {
      const ssize_t bytes = ReadWaiting(fd_, std::span(buffer_).subspan(size));
      if (bytes < 0) return Fail(SystemError(name_));
      if (bytes == 0) break;
      size += static_cast<size_t>(bytes);
    }
    input_ = std::span(buffer_).first(size);
    if (BeginsLikeGzip({input_.data(), input_.size()})) gunzip_ = std::make_unique<GunzipStream>();
    return std::nullopt;
  }

  ReadResult HandOver(std::span<char> room) {
    const size_t bytes = std::min(room.size(), input_.size());
    std::memcpy(room.data(), input_.data(), bytes);
    input_ = input_.subspan(bytes);
    if (input_.empty()) buffer_ = {};
    return DataResult(static_cast<ssize_t>(bytes));
  }

  ReadResult ReadPlain(std::span<char> room) {
    const ssize_t bytes = ReadWaiting(fd_, room);
    if (bytes < 0) return Fail(SystemError(name_));
    return bytes > 0 ? DataResult(bytes) : End();
  }

  ReadResult ReadGzip(std::span<char> room) {
    for (;;) {
      const size_t written = gunzip_->Inflate(&input_, room);
      if (written > 0) return DataResult(static_cast<ssize_t>(written));
      if (!gunzip_->error().empty()) return Fail(name_ + ": " + gunzip_->error());
      const ssize_t bytes = ReadWaiting(fd_, buffer_);
      if (bytes < 0) return Fail(SystemError(name_));
      if (bytes == 0) return gunzip_->complete() ? End() : Fail(name_ + ": damaged gzip data: it ends too early");
      input_ = std::span(buffer_).first(static_cast<size_t>(bytes));
    }
  }

  ReadResult End() {
    done_ = true;
    return {.status = Status::kEnd, .error = {}};
  }
  ReadResult Fail(std::string error) {
    done_ = true;
    return ErrorResult(std::move(error));
  }

  std::string name_;
  FileDescriptor owned_;  // not open when the descriptor belongs to somebody else
  int fd_;
  bool begun_ = false;
  bool done_ = false;
  std::vector<char> buffer_;
  std::span<const char> input_;  // the part of buffer_ that is not used yet
  std::unique_ptr<GunzipStream> gunzip_;
};

}  // namespace

std::expected<std::unique_ptr<Source>, std::string> ReadFile(const std::string& path) {
  auto fd = OpenToRead(path);
  if (!fd) return std::unexpected(fd.error());
  const int number = fd->get();
  return std::make_unique<WholeStream>(path, std::move(*fd), number);
}

std::unique_ptr<Source> ReadDescriptor(int fd, std::string name) {
  return std::make_unique<WholeStream>(std::move(name), FileDescriptor(), fd);
}

}  // namespace logmill
