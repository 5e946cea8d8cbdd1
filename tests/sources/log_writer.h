// A program that logs into a folder, and what rotates its file: every way that people use.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "sources/file_descriptor.h"
#include "tests/sources/temporary_folder.h"

namespace logmill::testing {

inline std::string Gzip(std::string_view text) {
  z_stream zlib{};
  deflateInit2(&zlib, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&zlib, text.size()) + 64, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(result.data());
  zlib.avail_out = static_cast<uInt>(result.size());
  deflate(&zlib, Z_FINISH);
  result.resize(zlib.total_out);
  deflateEnd(&zlib);
  return result;
}

// Files are stamped with a time of its own that goes on with every step, because the system's stands still for milliseconds. It lies in the
// future, so that a file is never younger than what stands in it.
class LogWriter {
 public:
  explicit LogWriter(std::string name = "app.log") : name_(std::move(name)) { Reopen(); }

  // Into the file that it has open, wherever that is now.
  void Write(std::string_view bytes) {
    if (::write(file_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
    Stamp(file_.get());
  }
  void Reopen() {
    file_ = FileDescriptor(::open(Path(name_).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    Stamp(file_.get());
  }

  // app.log.2 becomes app.log.3 and so on (.gz too), to make room for app.log.1.
  void Shift() {
    for (int i = 30; i >= 1; --i) {
      for (const char* end : {"", ".gz"}) MoveIfThere(Numbered(i) + end, Numbered(i + 1) + end);
    }
  }
  void RotateByRename(const std::string& to) { folder_.Rename(name_, to); }
  void Create() { Stamp(FileDescriptor(::open(Path(name_).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)).get()); }
  void Copy(const std::string& to) {
    folder_.Write(to, ReadWhole(Path(name_)));
    Stamp(to);
  }
  // Some bytes more of a copy that is being made.
  void CopyPart(const std::string& to, uint64_t from, uint64_t bytes) {
    folder_.Append(to, ReadWhole(Path(name_)).substr(from, bytes));
    Stamp(to);
  }
  void Truncate() {
    if (::truncate(Path(name_).c_str(), 0) != 0) std::abort();
    Stamp(name_);
  }
  void Compress(const std::string& name) {
    CompressWhole(name);
    folder_.Remove(name);
  }
  // The steps of it.
  void CompressHalf(const std::string& name) {
    const std::string gzip = Gzip(ReadWhole(Path(name)));
    folder_.Write(name + ".gz", gzip.substr(0, gzip.size() / 2));
    Stamp(name + ".gz");
  }
  void CompressWhole(const std::string& name) {
    folder_.Write(name + ".gz", Gzip(ReadWhole(Path(name))));
    struct stat status{};
    ::stat(Path(name).c_str(), &status);
    const timespec times[] = {status.st_atim, status.st_mtim};
    ::utimensat(AT_FDCWD, Path(name + ".gz").c_str(), times, 0);
  }

  [[nodiscard]] std::string Numbered(int number) const { return name_ + "." + std::to_string(number); }
  [[nodiscard]] std::string Path(const std::string& name) const { return folder_.Path(name); }
  [[nodiscard]] bool Exists(const std::string& name) const { return std::filesystem::exists(Path(name)); }
  [[nodiscard]] uint64_t Size(const std::string& name) const { return Exists(name) ? std::filesystem::file_size(Path(name)) : 0; }
  [[nodiscard]] TemporaryFolder& folder() { return folder_; }

 private:
  void MoveIfThere(const std::string& from, const std::string& to) {
    if (Exists(from)) folder_.Rename(from, to);
  }
  void Stamp(const std::string& name) { Stamp(FileDescriptor(::open(Path(name).c_str(), O_WRONLY | O_CLOEXEC)).get()); }
  void Stamp(int fd) {
    now_.tv_nsec += 1'000'000;
    if (now_.tv_nsec >= 1'000'000'000) now_ = {.tv_sec = now_.tv_sec + 1, .tv_nsec = 0};
    const timespec times[] = {now_, now_};
    ::futimens(fd, times);
  }

  TemporaryFolder folder_;
  std::string name_;
  FileDescriptor file_;
  timespec now_{.tv_sec = 4'102'444'800, .tv_nsec = 0};
};

}  // namespace logmill::testing
