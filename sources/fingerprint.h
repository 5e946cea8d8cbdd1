// By what a file's content is known again: how it begins, what stands before a place in it, and at milestones on the way there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sources/position.h"

namespace logmill {

// What a file has to do with what was read of another (or of itself, earlier).
enum class Likeness : uint8_t {
  kOther,      // nothing, or nothing is known
  kAlike,      // it is shorter, and begins like it; of what stands before its own end nothing is known
  kBeginning,  // it is shorter, and as far as one can tell all that is in it was read
  kWhole,      // everything that was read is in it, at the same place; there may be more
};

// Of the first read() bytes of a file. About 1,600 bytes of memory, whatever the file's size.
//
// Milestones are the places 16, 24, 32, 48, 64, 96, ... (two for each power of two). Of each one that was passed when the file was read, a
// hash of the kTailBytes before it is kept. So of any beginning of what was read one knows how its last third begins: a copy that was made
// when the file was shorter is known by that, also in another life.
class Fingerprint {
 public:
  // Of the first `end` bytes of the plain file open at `fd`; reads its head and its tail only, so it has no milestones beyond the head.
  // Nothing when it is shorter or unreadable.
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
  // What a file of which `shorter` tells, and which is shorter, has to do with this one. It is other where anything that both know says so
  // (the head as far as whole steps go, a milestone, the bytes before its end), or where both know nothing. It is a beginning if bytes
  // behind the head, or the last ones, are among what both know.
  [[nodiscard]] Likeness BeginsLike(const Fingerprint& shorter) const;

  // Takes over the milestones that `other` has of the same file, up to read().
  void Learn(const Fingerprint& other);
  // Reads those it does not have of the plain file open at `fd`, of which it is, beyond `from`.
  void ReadMilestones(int fd, uint64_t from);
  // The same, of those that `other` has, as far as they agree.
  void ReadMilestones(int fd, const Fingerprint& other);

  void Describe(FilePosition* position) const;
  // As much of one as a position tells: of a head that is longer than the tail only the whole is known, and the milestones.
  static Fingerprint From(const FilePosition& position);

 private:
  [[nodiscard]] std::string_view TailUpTo(uint64_t end) const;
  [[nodiscard]] std::optional<bool> HasHead(const Fingerprint& shorter) const;
  [[nodiscard]] std::optional<uint64_t> LastMilestone(const Fingerprint& shorter) const;
  void SetMilestones(std::string_view bytes);
  void ReadMilestone(int fd, size_t i);
  void AddPart(std::span<const char> bytes);
  void AddToHead(std::span<const char> bytes);
  void SetTail(std::span<const char> bytes);

  static constexpr size_t kMilestones = 88;  // up to 192 TiB
  static constexpr uint64_t MilestoneAt(size_t i) { return (2 + i % 2) << (3 + i / 2); }
  static size_t FirstMilestoneBeyond(uint64_t place);
  static constexpr size_t kStep = 16;

  uint64_t read_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325;                                // FNV-1a, so that it goes on where it was
  std::array<uint32_t, FilePosition::kHeadBytes / kStep> at_step_{};  // of hash_ after 16, 32, 48 ... bytes; 0: not known
  std::array<uint32_t, kMilestones> milestones_{};                    // 0: not known
  std::array<char, FilePosition::kTailBytes> tail_{};
};

// Compares the file open at `fd`, plain or gzip (whose content counts), with `known`. A gzip file is read as far as it is alike.
Likeness Compare(int fd, bool gzip, const Fingerprint& known);

// Whether the last bytes that `known` tells of stand in the plain file open at `fd`, at the same place. Nothing when it cannot be read just
// now: errno says why.
std::optional<bool> EndsAlike(int fd, const Fingerprint& known);

// Device, inode and birth. The device's number may be another one after a restart of the machine, so birth is enough where it is known.
bool SameFile(const FileId& a, const FileId& b);

// Whether the first `size` bytes of two plain files are alike, as far as their own first and last bytes tell. False when `size` is 0.
bool AlikeUpTo(uint64_t size, int fd, int other_fd);

}  // namespace logmill
