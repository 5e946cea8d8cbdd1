#include "sources/fingerprint.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "sources/gzip_reader.h"
#include "sources/open_file.h"
#include "sources/read_calls.h"

namespace logmill {
namespace {

constexpr uint64_t kPrime = 0x100000001b3;
using Head = std::array<char, FilePosition::kHeadBytes>;
using Tail = std::array<char, FilePosition::kTailBytes>;

uint64_t TailBytes(uint64_t end) { return std::min<uint64_t>(end, FilePosition::kTailBytes); }

// All of `room`, or nothing.
bool ReadAll(int fd, uint64_t at, std::span<char> room) { return ReadAt(fd, at, room) == static_cast<ssize_t>(room.size()); }

bool SameRange(int fd, int other_fd, uint64_t at, size_t bytes) {
  Head one;
  Head other;
  return ReadAll(fd, at, std::span(one).first(bytes)) && ReadAll(other_fd, at, std::span(other).first(bytes)) &&
         std::memcmp(one.data(), other.data(), bytes) == 0;
}

Likeness ComparePlain(int fd, const Fingerprint& known) {
  if (const auto print = Fingerprint::Of(fd, known.read())) {
    return print->head_hash() == known.head_hash() && print->tail() == known.tail() ? Likeness::kWhole : Likeness::kOther;
  }
  const auto look = LookAt(fd);
  const auto shorter = look ? Fingerprint::Of(fd, look->size) : std::nullopt;
  return shorter && known.CanBeginWith(*shorter) ? Likeness::kBeginning : Likeness::kOther;
}

Likeness CompareGzip(int fd, const Fingerprint& known) {
  GzipReader reader(fd);
  Fingerprint print;
  std::vector<char> room(size_t{64} << 10);
  for (;;) {
    const uint64_t goal = print.read() < known.head_bytes() ? known.head_bytes() : known.read();
    const auto bytes = reader.Read(std::span(room).first(static_cast<size_t>(std::min<uint64_t>(room.size(), goal - print.read()))));
    if (bytes == 0 && reader.complete() && known.CanBeginWith(print)) return Likeness::kBeginning;
    if (bytes <= 0) return Likeness::kOther;
    print.Add(std::span(room).first(static_cast<size_t>(bytes)));
    if (print.read() >= known.head_bytes() && print.head_hash() != known.head_hash()) return Likeness::kOther;
    if (print.read() == known.read()) return print.tail() == known.tail() ? Likeness::kWhole : Likeness::kOther;
  }
}

}  // namespace

std::optional<Fingerprint> Fingerprint::Of(int fd, uint64_t end) {
  Head head;
  Tail tail;
  const auto first = std::span(head).first(static_cast<size_t>(std::min<uint64_t>(end, head.size())));
  const auto last = std::span(tail).first(static_cast<size_t>(TailBytes(end)));
  if (!ReadAll(fd, 0, first) || !ReadAll(fd, end - last.size(), last)) return std::nullopt;
  Fingerprint print;
  print.AddToHead(first);
  print.read_ = end;
  print.SetTail(last);
  return print;
}

Fingerprint Fingerprint::OfGzip(int fd, uint64_t most) {
  GzipReader reader(fd);
  Fingerprint print;
  std::vector<char> room(size_t{64} << 10);
  for (ssize_t bytes = 1; bytes > 0 && print.read() < most;) {
    bytes = reader.Read(std::span(room).first(static_cast<size_t>(std::min<uint64_t>(room.size(), most - print.read()))));
    if (bytes > 0) print.Add(std::span(room).first(static_cast<size_t>(bytes)));
  }
  return print;
}

uint32_t Fingerprint::head_bytes() const { return static_cast<uint32_t>(std::min<uint64_t>(read_, FilePosition::kHeadBytes)); }

std::string_view Fingerprint::tail() const {
  const size_t bytes = static_cast<size_t>(TailBytes(read_));
  return {tail_.data() + tail_.size() - bytes, bytes};
}

void Fingerprint::Add(std::span<const char> bytes) {
  if (read_ < FilePosition::kHeadBytes) AddToHead(bytes.first(std::min<size_t>(bytes.size(), FilePosition::kHeadBytes - read_)));
  read_ += bytes.size();
  SetTail(bytes);
}

// Called with read_ as it was before, so that the steps are known.
void Fingerprint::AddToHead(std::span<const char> bytes) {
  uint64_t count = read_;
  for (const char byte : bytes) {
    hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * kPrime;
    if (++count % kStep == 0) at_step_[count / kStep - 1] = static_cast<uint32_t>(hash_);
  }
}

// The array ends with the last bytes.
void Fingerprint::SetTail(std::span<const char> bytes) {
  const size_t fresh = std::min(bytes.size(), tail_.size());
  std::memmove(tail_.data(), tail_.data() + fresh, tail_.size() - fresh);
  std::memcpy(tail_.data() + tail_.size() - fresh, bytes.data() + bytes.size() - fresh, fresh);
}

bool Fingerprint::CanBeginWith(const Fingerprint& shorter) const {
  const uint32_t bytes = shorter.head_bytes();
  if (bytes == 0 || shorter.read_ > read_) return false;
  const std::string_view here = TailUpTo(shorter.read_);
  const std::string_view there = shorter.tail();
  const size_t shared = std::min(here.size(), there.size());
  if (here.substr(here.size() - shared) != there.substr(there.size() - shared)) return false;
  if (bytes == head_bytes()) return shorter.hash_ == hash_;
  const size_t steps = bytes / kStep;
  return steps == 0 || at_step_[steps - 1] == 0 ? shared > 0 : at_step_[steps - 1] == shorter.at_step_[steps - 1];
}

std::string_view Fingerprint::TailUpTo(uint64_t end) const {
  const std::string_view all = tail();
  return all.substr(0, all.size() - std::min<uint64_t>(all.size(), read_ - end));
}

void Fingerprint::Describe(FilePosition* position) const {
  position->read = read_;
  position->head_hash = head_hash();
  position->head_bytes = head_bytes();
  position->tail = tail();
}

Fingerprint Fingerprint::From(const FilePosition& position) {
  Fingerprint print;
  if (position.read == position.tail.size()) {  // all of it
    print.Add(position.tail);
    return print;
  }
  print.read_ = position.read;
  print.hash_ = position.head_hash;
  print.SetTail(std::span(position.tail).last(std::min<size_t>(position.tail.size(), FilePosition::kTailBytes)));
  return print;
}

Likeness Compare(int fd, bool gzip, const Fingerprint& known) {
  if (known.read() == 0) return Likeness::kOther;
  return gzip ? CompareGzip(fd, known) : ComparePlain(fd, known);
}

bool SameFile(const FileId& a, const FileId& b) {
  return a.inode == b.inode && a.born_ns == b.born_ns && (a.device == b.device || a.born_ns != 0) && a.inode != 0;
}

bool AlikeUpTo(uint64_t size, int fd, int other_fd) {
  const auto head = static_cast<size_t>(std::min<uint64_t>(size, FilePosition::kHeadBytes));
  const auto tail = static_cast<size_t>(TailBytes(size));
  return size > 0 && SameRange(fd, other_fd, 0, head) && SameRange(fd, other_fd, size - tail, tail);
}

}  // namespace logmill
