#include "sources/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "sources/gzip_reader.h"
#include "sources/read_calls.h"

namespace logmill {
namespace {

int64_t Nanoseconds(const struct statx_timestamp& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

std::optional<FileLook> LookAt(int folder, const char* path, int flags) {
  struct statx status{};
  if (::statx(folder, path, flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) return std::nullopt;
  const bool born = (status.stx_mask & STATX_BTIME) != 0;
  return FileLook{.id = {.device = uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor,
                         .inode = status.stx_ino,
                         .born_ns = born ? Nanoseconds(status.stx_btime) : 0},
                  .size = status.stx_size,
                  .modified_ns = Nanoseconds(status.stx_mtime),
                  .linked = status.stx_nlink > 0,
                  .regular = S_ISREG(status.stx_mode),
                  .directory = S_ISDIR(status.stx_mode)};
}

std::optional<OpenedFile> Fail(NotOpened* why, NotOpened reason) {
  if (why != nullptr) *why = std::move(reason);
  return std::nullopt;
}

std::string Refusal(const std::string& path, const FileLook& look) {
  return path + (look.directory ? ": is a directory" : ": is not a regular file");
}

}  // namespace

std::optional<FileLook> LookAt(int fd) { return LookAt(fd, "", AT_EMPTY_PATH); }
std::optional<FileLook> LookAt(const std::string& path) { return LookAt(AT_FDCWD, path.c_str(), 0); }

std::optional<OpenedFile> OpenRegularFile(const std::string& path, NotOpened* why) {
  OpenedFile file{.fd = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)), .look = {}};
  const auto look = file.fd.open() ? LookAt(file.fd.get()) : std::nullopt;
  if (!look) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    const bool refused = errno == ENXIO || errno == ENODEV;  // a socket, a device without a driver
    return Fail(why, {.missing = missing, .refused = refused, .error = SystemError(path)});
  }
  if (!look->regular) return Fail(why, {.missing = false, .refused = true, .error = Refusal(path, *look)});
  file.look = *look;
  file.gzip = IsGzipFile(file.fd.get());
  return file;
}

}  // namespace logmill
