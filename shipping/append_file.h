// A file of lines that grows at its end, all or nothing, and is rotated: PATH, PATH.1, PATH.2 ...
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace logmill {

// One thread. Nobody else writes to the file, but anybody may rename, remove or rotate it. Errors are sentences without a period.
class AppendFile {
 public:
  // What a file is known by through all its names, while it exists.
  struct Identity {
    uint64_t device = 0;
    uint64_t inode = 0;
    auto operator<=>(const Identity&) const = default;
  };
  using Result = std::expected<void, std::string>;

  // Opens nothing yet.
  explicit AppendFile(std::string path) : path_(std::move(path)) {}
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Opens what has the path now, unless it is open already; makes it (mode 0600), and its folder, when it is missing.
  Result Open();
  // Opens, and puts whole lines at the end: on a line of their own. All or nothing.
  Result Append(std::string_view lines);
  // What was appended is on the disk.
  Result Sync();
  // PATH.1 becomes PATH.2 and so on, `keep` of them stay; PATH becomes PATH.1, and a new one is opened.
  Result Rotate(unsigned keep);
  // Cuts the file of this identity to `length` when it is longer, whether it is PATH or PATH.1 now. To be called before Open().
  void TakeBack(const Identity& identity, uint64_t length) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  // Of the open file.
  [[nodiscard]] bool is_open() const { return file_ >= 0; }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] uint64_t length() const { return length_; }

 private:
  [[nodiscard]] bool IsAtPath() const;
  bool Write(std::string_view bytes);
  void Close();
  // Errno's words.
  [[nodiscard]] std::unexpected<std::string> Failed(std::string_view what) const;

  const std::string path_;
  int file_ = -1;
  Identity identity_;
  uint64_t length_ = 0;   // of whole appends
  bool torn_ = false;     // there may be more than length_ in it
  bool in_line_ = false;  // its last line has no end
};

}  // namespace logmill
