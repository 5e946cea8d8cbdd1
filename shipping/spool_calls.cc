#include "shipping/spool_calls.h"

#include <fcntl.h>
#include <unistd.h>

namespace logmill {

int SpoolCalls::MakeFolder(const char* path) { return ::mkdir(path, 0700); }

int SpoolCalls::OpenFolder(const char* path) { return ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

int SpoolCalls::Create(int folder, const char* name) {
  return ::openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int SpoolCalls::Open(int folder, const char* name, bool to_write) {
  return ::openat(folder, name, (to_write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
}

ssize_t SpoolCalls::Read(int file, char* bytes, size_t count, uint64_t at) { return ::pread(file, bytes, count, static_cast<off_t>(at)); }

ssize_t SpoolCalls::Write(int file, const char* bytes, size_t count, uint64_t at) {
  return ::pwrite(file, bytes, count, static_cast<off_t>(at));
}

int SpoolCalls::Truncate(int file, uint64_t bytes) { return ::ftruncate(file, static_cast<off_t>(bytes)); }

int SpoolCalls::SyncFile(int file) { return ::fdatasync(file); }

int SpoolCalls::SyncFolder(int folder) { return ::fsync(folder); }

int SpoolCalls::Close(int file) { return ::close(file); }

int SpoolCalls::Remove(int folder, const char* name) { return ::unlinkat(folder, name, 0); }

int SpoolCalls::Status(int file, struct stat* status) { return ::fstat(file, status); }

SpoolCalls& RealSpoolCalls() {
  static SpoolCalls calls;
  return calls;
}

}  // namespace logmill
