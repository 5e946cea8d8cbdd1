#include "sources/read_calls.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace logmill {

ssize_t ReadWaiting(int fd, std::span<char> room) {
  for (;;) {
    const ssize_t bytes = ::read(fd, room.data(), room.size());
    if (bytes >= 0) return bytes;
    if (errno == EAGAIN) {
      pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
      ::poll(&readable, 1, -1);
    } else if (errno != EINTR) {
      return -1;
    }
  }
}

ssize_t ReadAt(int fd, uint64_t at, std::span<char> room) {
  size_t done = 0;
  while (done < room.size()) {
    const ssize_t bytes = ::pread(fd, room.data() + done, room.size() - done, static_cast<off_t>(at + done));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return -1;
    if (bytes == 0) break;
    done += static_cast<size_t>(bytes);
  }
  return static_cast<ssize_t>(done);
}

std::optional<ssize_t> ReadBehind(int fd, std::string_view before, uint64_t offset, std::span<char> room) {
  std::array<char, FilePosition::kTailBytes> again;
  const std::array<iovec, 2> parts = {iovec{.iov_base = again.data(), .iov_len = before.size()},
                                      iovec{.iov_base = room.data(), .iov_len = room.size()}};
  ssize_t bytes = 0;
  do {
    bytes = ::preadv(fd, parts.data(), static_cast<int>(parts.size()), static_cast<off_t>(offset - before.size()));
  } while (bytes < 0 && errno == EINTR);
  if (bytes < 0) return bytes;
  const bool same = static_cast<size_t>(bytes) >= before.size() && std::memcmp(again.data(), before.data(), before.size()) == 0;
  return same ? std::optional(bytes - static_cast<ssize_t>(before.size())) : std::nullopt;
}

std::string SystemError(const std::string& name) { return name + ": " + std::generic_category().message(errno); }

std::expected<FileDescriptor, std::string> OpenToRead(const std::string& path) {
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status{};
  if (!fd.open() || ::fstat(fd.get(), &status) != 0) return std::unexpected(SystemError(path));
  if (S_ISDIR(status.st_mode)) return std::unexpected(path + ": is a directory");
  return fd;
}

}  // namespace logmill
