#include "checkpoint/folder_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace logmill {

int FolderCalls::Create(int folder, const char* name) {
  return ::openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
}

ssize_t FolderCalls::Write(int file, const char* bytes, size_t count) { return ::write(file, bytes, count); }

int FolderCalls::Sync(int file) { return ::fsync(file); }

int FolderCalls::Close(int file) { return ::close(file); }

int FolderCalls::Rename(int folder, const char* from, const char* to) { return ::renameat(folder, from, folder, to); }

int FolderCalls::Remove(int folder, const char* name) { return ::unlinkat(folder, name, 0); }

}  // namespace logmill
