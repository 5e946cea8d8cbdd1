// The system calls that keep the spool: one place where tests let them fail.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace logmill {

// Each does what the call named beside it does and returns what it returns; errno says why when that is negative. Names are relative to
// `folder`, an open folder. Any thread.
class SpoolCalls {
 public:
  virtual ~SpoolCalls() = default;
  virtual int MakeFolder(const char* path);                                // mkdir(), mode 0700
  virtual int OpenFolder(const char* path);                                // open()
  virtual int Create(int folder, const char* name);                        // openat(), for writing; emptied if it is there; mode 0600
  virtual int Open(int folder, const char* name, bool to_write = false);   // openat()
  virtual ssize_t Read(int file, char* bytes, size_t count, uint64_t at);  // pread()
  virtual ssize_t Write(int file, const char* bytes, size_t count, uint64_t at);  // pwrite()
  virtual int Truncate(int file, uint64_t bytes);                                 // ftruncate()
  virtual int SyncFile(int file);                                                 // fdatasync()
  virtual int SyncFolder(int folder);                                             // fsync()
  virtual int Close(int file);
  virtual int Remove(int folder, const char* name);   // unlinkat()
  virtual int Status(int file, struct stat* status);  // fstat()
};

// The system's own.
SpoolCalls& RealSpoolCalls();

}  // namespace logmill
