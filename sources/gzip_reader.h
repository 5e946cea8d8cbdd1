// Reads what a .gz file says.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sources/gzip.h"

namespace logmill {

// From its first byte on. Does not own the descriptor. About 100 KB of memory.
class GzipReader {
 public:
  explicit GzipReader(int fd);

  // Decompresses into `room`. Returns the bytes written; 0 when there is no more now (the file may still be growing); -1 when it cannot
  // be read (errno) or is damaged (damaged()).
  ssize_t Read(std::span<char> room);
  [[nodiscard]] const std::string& damaged() const { return gunzip_.error(); }
  // All of it was given, and it ends as it should.
  [[nodiscard]] bool complete() const { return gunzip_.complete(); }

 private:
  int fd_;
  uint64_t at_ = 0;
  std::vector<char> buffer_;
  std::span<const char> input_;
  GunzipStream gunzip_;
};

// Whether the file open at `fd` is compressed.
bool IsGzipFile(int fd);

}  // namespace logmill
