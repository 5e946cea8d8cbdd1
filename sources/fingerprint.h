// By what a file's content is known again: how it begins, and what stands before a place in it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sources/position.h"

namespace logmill {

// Of the first read() bytes of a file. About 1,200 bytes of memory, whatever the file's size.
class Fingerprint {
 public:
  // Of the first `end` bytes of the plain file open at `fd`; reads its head and its tail only. Nothing when it is shorter or unreadable.
  static std::optional<Fingerprint> Of(int fd, uint64_t end);

  // Of all that a .gz says, as far as `most` bytes. Less when it is damaged.
  static Fingerprint OfGzip(int fd, uint64_t most);

  // The next bytes of the file.
  void Add(std::span<const char> bytes);

  [[nodiscard]] uint64_t read() const { return read_; }
  [[nodiscard]] uint64_t head_hash() const { return hash_; }
  [[nodiscard]] uint32_t head_bytes() const;
  // The last FilePosition::kTailBytes bytes, or all there are.
  [[nodiscard]] std::string_view tail() const;
  // Whether a file of which `shorter` tells, and which is shorter, can be how this one begins: as far as whole steps go, and by what both
  // know of the bytes before its end.
  [[nodiscard]] bool CanBeginWith(const Fingerprint& shorter) const;

  void Describe(FilePosition* position) const;
  // As much of one as a position tells: of a head that is longer than the tail no part is known, only the whole.
  static Fingerprint From(const FilePosition& position);

 private:
  [[nodiscard]] std::string_view TailUpTo(uint64_t end) const;
  void AddToHead(std::span<const char> bytes);
  void SetTail(std::span<const char> bytes);

  static constexpr size_t kStep = 16;
  static constexpr uint64_t kEmptyHash = 0xcbf29ce484222325;

  uint64_t read_ = 0;
  uint64_t hash_ = kEmptyHash;                                        // FNV-1a, so that it goes on where it was
  std::array<uint32_t, FilePosition::kHeadBytes / kStep> at_step_{};  // of hash_ after 16, 32, 48 ... bytes; 0: not known
  std::array<char, FilePosition::kTailBytes> tail_{};
};

// What a file has to do with what was read of another (or of itself, earlier).
enum class Likeness : uint8_t {
  kOther,      // nothing, or nothing is known
  kBeginning,  // it is shorter, and as far as one can tell all that is in it was read
  kWhole,      // everything that was read is in it, at the same place; there may be more
};

// Compares the file open at `fd`, plain or gzip (whose content counts), with `known`. A gzip file is read as far as it is alike.
Likeness Compare(int fd, bool gzip, const Fingerprint& known);

// Device, inode and birth. The device's number may be another one after a restart of the machine, so birth is enough where it is known.
bool SameFile(const FileId& a, const FileId& b);

// Whether the first `size` bytes of two plain files are alike, as far as their own first and last bytes tell. False when `size` is 0.
bool AlikeUpTo(uint64_t size, int fd, int other_fd);

}  // namespace logmill
