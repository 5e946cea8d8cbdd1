#include "sources/gzip_reader.h"

#include <algorithm>
#include <array>

#include "sources/read_calls.h"

namespace logmill {

GzipReader::GzipReader(int fd) : fd_(fd), buffer_(size_t{32} << 10) {}

ssize_t GzipReader::Read(std::span<char> room) {
  for (;;) {
    const size_t written = gunzip_.Inflate(&input_, room);
    if (written > 0 || room.empty()) return static_cast<ssize_t>(written);
    if (!gunzip_.error().empty()) return -1;
    const ssize_t bytes = ReadAt(fd_, at_, buffer_);
    if (bytes <= 0) return bytes;
    at_ += static_cast<uint64_t>(bytes);
    input_ = std::span(buffer_).first(static_cast<size_t>(bytes));
  }
}

bool IsGzipFile(int fd) {
  std::array<char, 2> head{};
  const ssize_t bytes = ReadAt(fd, 0, head);
  return BeginsLikeGzip(std::string_view(head.data(), static_cast<size_t>(std::max<ssize_t>(bytes, 0))));
}

}  // namespace logmill
