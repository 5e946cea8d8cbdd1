// The system calls that write a checkpoint: one place where tests let them fail.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace logmill {

// Each does what the call of its name does and returns what it returns; errno says why when that is negative. Names are relative to
// `folder`, an open folder. One thread at a time.
class FolderCalls {
 public:
  virtual ~FolderCalls() = default;
  virtual int Create(int folder, const char* name);  // openat(): emptied if it is there, for writing, mode 0600
  virtual ssize_t Write(int file, const char* bytes, size_t count);
  virtual int Sync(int file);  // fsync(); of a folder, too
  virtual int Close(int file);
  virtual int Rename(int folder, const char* from, const char* to);
  virtual int Remove(int folder, const char* name);
};

}  // namespace logmill
