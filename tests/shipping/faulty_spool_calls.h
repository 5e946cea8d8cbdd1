// System calls of the spool that fail when the test says so.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>

#include "shipping/spool_calls.h"

namespace logmill::testing {

// Any thread may call; what fails is decided while none does.
class FaultySpoolCalls final : public SpoolCalls {
 public:
  // Counts calls from now on; those of the numbers from `call` on (from 0), `count` of them, fail with `error`. Of a write that fails, half
  // arrives.
  void FailAt(int call, int error, int count = 1) {
    calls = 0;
    fail_from_ = call;
    fail_end_ = count == INT_MAX ? INT_MAX : call + count;
    error_ = error;
  }
  void Reset() {
    calls = 0;
    fail_from_ = fail_end_ = -1;
  }

  std::atomic<int> calls = 0;
  std::atomic<int> syncs = 0;  // of files
  std::atomic<int> writes = 0;
  size_t most_bytes = SIZE_MAX;  // that one Read or Write takes
  bool reads_fail = false;       // by EIO

  int MakeFolder(const char* path) override { return Fails() ? -1 : SpoolCalls::MakeFolder(path); }
  int OpenFolder(const char* path) override { return Fails() ? -1 : SpoolCalls::OpenFolder(path); }
  int Create(int folder, const char* name) override { return Fails() ? -1 : SpoolCalls::Create(folder, name); }
  int Open(int folder, const char* name, bool to_write) override { return Fails() ? -1 : SpoolCalls::Open(folder, name, to_write); }
  ssize_t Read(int file, char* bytes, size_t count, uint64_t at) override {
    if (reads_fail) errno = EIO;
    return reads_fail ? -1 : SpoolCalls::Read(file, bytes, std::min(count, most_bytes), at);
  }
  ssize_t Write(int file, const char* bytes, size_t count, uint64_t at) override {
    ++writes;
    if (!Fails()) return SpoolCalls::Write(file, bytes, std::min(count, most_bytes), at);
    const int error = errno;
    SpoolCalls::Write(file, bytes, count / 2, at);
    errno = error;
    return -1;
  }
  int Truncate(int file, uint64_t bytes) override { return Fails() ? -1 : SpoolCalls::Truncate(file, bytes); }
  int SyncFile(int) override {  // no test waits for the disk
    ++syncs;
    return Fails() ? -1 : 0;
  }
  int SyncFolder(int) override { return Fails() ? -1 : 0; }
  int Remove(int folder, const char* name) override { return Fails() ? -1 : SpoolCalls::Remove(folder, name); }
  int Status(int file, struct stat* status) override { return Fails() ? -1 : SpoolCalls::Status(file, status); }

 private:
  bool Fails() {
    const int call = calls++;
    const bool fails = call >= fail_from_ && call < fail_end_;
    if (fails) errno = error_;
    return fails;
  }

  int fail_from_ = -1;
  int fail_end_ = -1;
  int error_ = 0;
};

}  // namespace logmill::testing
