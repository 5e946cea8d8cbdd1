// System calls that fail when the test says so, and a machine that loses its power between two of them.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/folder_calls.h"
#include "tests/sources/temporary_folder.h"

namespace logmill {

class FaultyCalls final : public FolderCalls {
 public:
  // `path`: the folder that is written.
  explicit FaultyCalls(std::string path) : path_(std::move(path)) {}

  // Counts calls from now on; the one with this number (from 0) fails with `error`.
  void FailAt(int call, int error) {
    Reset();
    fail_at_ = call;
    error_ = error;
  }
  // All calls from this one on do nothing and fail: the program is not there any more.
  void CrashAt(int call) {
    Reset();
    crash_at_ = call;
  }
  void Reset() {
    calls = 0;
    fail_at_ = crash_at_ = -1;
  }

  // What a disk may look like after power is lost now: the last `renames` renames that no sync of the folder has made sure of never
  // happened, and of a file that was not synced only `bytes` are there.
  void LosePower(size_t renames, size_t bytes) {
    for (; renames > 0 && !unsure_.empty(); --renames) {
      const Renamed& last = unsure_.back();
      std::filesystem::rename(path_ + "/" + last.to, path_ + "/" + last.from);
      if (last.replaced) WriteFile(last.to, *last.replaced);
      unsure_.pop_back();
    }
    if (!unsynced_.empty()) WriteFile(unsynced_, testing::ReadWhole(path_ + "/" + unsynced_).substr(0, bytes));
  }

  int calls = 0;
  size_t most_bytes = SIZE_MAX;  // that one Write takes

  int Create(int folder, const char* name) override {
    if (Fails()) return -1;
    unsynced_ = name;
    return FolderCalls::Create(folder, name);
  }
  ssize_t Write(int file, const char* bytes, size_t count) override {
    const bool fails = crash_at_ == calls || (fail_at_ == calls && error_ != EINTR);
    if (fails) FolderCalls::Write(file, bytes, count / 2);  // a part still arrives
    return Fails() ? -1 : FolderCalls::Write(file, bytes, std::min(count, most_bytes));
  }
  int Sync(int file) override {
    if (Fails()) return -1;
    struct stat status{};
    ::fstat(file, &status);
    if (S_ISDIR(status.st_mode)) {
      unsure_.clear();
    } else {
      unsynced_.clear();
    }
    return 0;  // what is not synced is lost by LosePower alone, so there is no need to wait for the disk
  }
  int Close(int file) override {
    FolderCalls::Close(file);  // the system closes it in any case
    return Fails() ? -1 : 0;
  }
  int Rename(int folder, const char* from, const char* to) override {
    if (Fails()) return -1;
    Renamed renamed{from, to, {}};
    if (std::filesystem::exists(path_ + "/" + to)) renamed.replaced = testing::ReadWhole(path_ + "/" + to);
    const int result = FolderCalls::Rename(folder, from, to);
    const int error = errno;
    if (result == 0) unsure_.push_back(std::move(renamed));
    errno = error;
    return result;
  }
  int Remove(int folder, const char* name) override { return Fails() ? -1 : FolderCalls::Remove(folder, name); }

 private:
  struct Renamed {
    std::string from;
    std::string to;
    std::optional<std::string> replaced;  // what was there
  };

  bool Fails() {
    const int call = calls++;
    const bool fails = call == fail_at_ || (crash_at_ >= 0 && call >= crash_at_);
    if (fails) errno = crash_at_ >= 0 ? EIO : error_;
    return fails;
  }
  void WriteFile(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
  }

  const std::string path_;
  int fail_at_ = -1;
  int crash_at_ = -1;
  int error_ = 0;
  std::string unsynced_;         // the file whose bytes may be lost
  std::vector<Renamed> unsure_;  // in their order
};

}  // namespace logmill
