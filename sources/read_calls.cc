#include "sources/read_calls.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <cerrno>
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

std::string SystemError(const std::string& name) { return name + ": " + std::generic_category().message(errno); }

std::expected<FileDescriptor, std::string> OpenToRead(const std::string& path) {
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status{};
  if (!fd.open() || ::fstat(fd.get(), &status) != 0) return std::unexpected(SystemError(path));
  if (S_ISDIR(status.st_mode)) return std::unexpected(path + ": is a directory");
  return fd;
}

}  // namespace logmill
