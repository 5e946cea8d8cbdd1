#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "sources/read_calls.h"

namespace logmill {
namespace {

class FileRange final : public Source {
 public:
  FileRange(std::string path, FileDescriptor fd, uint64_t begin, uint64_t end)
      : path_(std::move(path)), fd_(std::move(fd)), at_(begin), end_(end) {}

  ReadResult Read(std::span<char> room) override {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(room.size(), end_ - at_));
    ssize_t bytes = 0;
    do {
      bytes = wanted == 0 ? 0 : ::pread(fd_.get(), room.data(), wanted, static_cast<off_t>(at_));
    } while (bytes < 0 && errno == EINTR);
    if (bytes == 0) return {.status = ReadResult::Status::kEnd, .error = {}};
    if (bytes < 0) return ErrorResult(SystemError(path_));
    at_ += static_cast<uint64_t>(bytes);
    return DataResult(bytes);
  }

  [[nodiscard]] uint64_t LagBytes() const override { return end_ - at_; }
  bool Locate(uint64_t /*offset*/, Position* /*position*/) override { return false; }
  [[nodiscard]] const std::string& name() const override { return path_; }

 private:
  std::string path_;
  FileDescriptor fd_;
  uint64_t at_;
  uint64_t end_;
};

}  // namespace

std::expected<std::unique_ptr<Source>, std::string> ReadFileRange(const std::string& path, uint64_t begin, uint64_t end) {
  auto fd = OpenToRead(path);
  if (!fd) return std::unexpected(fd.error());
  struct stat status{};
  if (::fstat(fd->get(), &status) != 0) return std::unexpected(SystemError(path));
  if (!S_ISREG(status.st_mode)) return std::unexpected(path + ": is not a regular file");
  const uint64_t size = static_cast<uint64_t>(status.st_size);
  end = std::min(end, size);
  return std::make_unique<FileRange>(path, std::move(*fd), std::min(begin, end), end);
}

}  // namespace logmill
