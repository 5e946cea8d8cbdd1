#include "sources/fingerprint.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "sources/gzip_reader.h"
#include "sources/open_file.h"
#include "sources/read_calls.h"

namespace logmill {
namespace {

constexpr uint64_t kPrime = 0x100000001b3;
constexpr uint64_t kEmptyHash = 0xcbf29ce484222325;
constexpr size_t kMilestoneBytes = sizeof(uint32_t);  // in a position, the lowest byte first
using Head = std::array<char, FilePosition::kHeadBytes>;
using Tail = std::array<char, FilePosition::kTailBytes>;

uint64_t TailBytes(uint64_t end) { return std::min<uint64_t>(end, FilePosition::kTailBytes); }

// All of `room`, or nothing.
bool ReadAll(int fd, uint64_t at, std::span<char> room) { return ReadAt(fd, at, room) == static_cast<ssize_t>(room.size()); }

// Never 0.
uint32_t MilestoneOf(std::string_view before) {
  uint64_t hash = kEmptyHash;
  for (const char byte : before) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  return std::max(static_cast<uint32_t>(hash ^ hash >> 32), 1U);
}

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
  auto shorter = look ? Fingerprint::Of(fd, look->size) : std::nullopt;
  if (!shorter) return Likeness::kOther;
  shorter->ReadMilestones(fd, known);
  return known.BeginsLike(*shorter);
}

Likeness CompareGzip(int fd, const Fingerprint& known) {
  GzipReader reader(fd);
  Fingerprint print;
  std::vector<char> room(size_t{64} << 10);
  for (;;) {
    const uint64_t goal = print.read() < known.head_bytes() ? known.head_bytes() : known.read();
    const auto bytes = reader.Read(std::span(room).first(static_cast<size_t>(std::min<uint64_t>(room.size(), goal - print.read()))));
    if (bytes == 0 && reader.complete()) return known.BeginsLike(print);
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
  print.Add(first);
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

size_t Fingerprint::FirstMilestoneBeyond(uint64_t place) {
  if (place < MilestoneAt(0)) return 0;
  const size_t low = 2 * static_cast<size_t>(std::bit_width(place) - std::bit_width(MilestoneAt(0)));
  return std::min(place < MilestoneAt(low + 1) ? low + 1 : low + 2, kMilestones);
}

void Fingerprint::Add(std::span<const char> bytes) {
  for (size_t i = FirstMilestoneBeyond(read_); i < kMilestones && MilestoneAt(i) - read_ <= bytes.size(); ++i) {
    const auto part = bytes.first(static_cast<size_t>(MilestoneAt(i) - read_));
    bytes = bytes.subspan(part.size());
    AddPart(part);
    milestones_[i] = MilestoneOf(tail());
  }
  if (!bytes.empty()) AddPart(bytes);
}

void Fingerprint::AddPart(std::span<const char> bytes) {
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

Likeness Fingerprint::BeginsLike(const Fingerprint& shorter) const {
  if (shorter.read_ == 0 || shorter.read_ > read_) return Likeness::kOther;
  const std::string_view here = TailUpTo(shorter.read_);
  const std::string_view there = shorter.tail();
  const size_t shared = std::min(here.size(), there.size());
  const bool same_end = here.substr(here.size() - shared) == there.substr(there.size() - shared);
  const std::optional<bool> same_head = HasHead(shorter);
  const std::optional<uint64_t> last = LastMilestone(shorter);
  if (!same_end || !same_head.value_or(true) || !last) return Likeness::kOther;
  if (shared > 0 || *last >= FilePosition::kHeadBytes + FilePosition::kTailBytes) return Likeness::kBeginning;
  return same_head || *last > 0 ? Likeness::kAlike : Likeness::kOther;
}

// Nothing where it is not known.
std::optional<bool> Fingerprint::HasHead(const Fingerprint& shorter) const {
  const uint32_t bytes = shorter.head_bytes();
  if (bytes == head_bytes()) return shorter.hash_ == hash_;
  const size_t steps = bytes / kStep;
  return steps == 0 || at_step_[steps - 1] == 0 ? std::nullopt : std::optional(at_step_[steps - 1] == shorter.at_step_[steps - 1]);
}

// That both have, and 0 without any; nothing when one is not the same.
std::optional<uint64_t> Fingerprint::LastMilestone(const Fingerprint& shorter) const {
  uint64_t last = 0;
  for (size_t i = 0; i < FirstMilestoneBeyond(shorter.read_); ++i) {
    if (milestones_[i] == 0 || shorter.milestones_[i] == 0) continue;
    if (milestones_[i] != shorter.milestones_[i]) return std::nullopt;
    last = MilestoneAt(i);
  }
  return last;
}

void Fingerprint::Learn(const Fingerprint& other) {
  for (size_t i = 0; i < FirstMilestoneBeyond(read_); ++i) {
    if (milestones_[i] == 0) milestones_[i] = other.milestones_[i];
  }
}

void Fingerprint::ReadMilestones(int fd, uint64_t from) {
  for (size_t i = FirstMilestoneBeyond(from); i < FirstMilestoneBeyond(read_); ++i) {
    if (milestones_[i] == 0) ReadMilestone(fd, i);
  }
}

void Fingerprint::ReadMilestones(int fd, const Fingerprint& other) {
  for (size_t i = 0; i < FirstMilestoneBeyond(read_); ++i) {
    if (other.milestones_[i] == 0) continue;
    if (milestones_[i] == 0) ReadMilestone(fd, i);
    if (milestones_[i] != other.milestones_[i]) return;
  }
}

// Leaves it unknown when it cannot be read.
void Fingerprint::ReadMilestone(int fd, size_t i) {
  Tail room;
  const auto before = std::span(room).first(static_cast<size_t>(TailBytes(MilestoneAt(i))));
  if (ReadAll(fd, MilestoneAt(i) - before.size(), before)) milestones_[i] = MilestoneOf({before.data(), before.size()});
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
  position->milestones.clear();
  for (size_t i = 0; i < FirstMilestoneBeyond(read_); ++i) {
    for (size_t byte = 0; byte < kMilestoneBytes; ++byte) position->milestones += static_cast<char>(milestones_[i] >> (8 * byte) & 0xFF);
  }
  if (position->milestones.find_first_not_of('\0') == std::string::npos) position->milestones.clear();
}

void Fingerprint::SetMilestones(std::string_view bytes) {
  const size_t count = std::min(FirstMilestoneBeyond(read_), bytes.size() / kMilestoneBytes);
  for (size_t i = 0; i < count * kMilestoneBytes; ++i) {
    milestones_[i / kMilestoneBytes] |= uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * (i % kMilestoneBytes));
  }
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
  print.SetMilestones(position.milestones);
  return print;
}

Likeness Compare(int fd, bool gzip, const Fingerprint& known) {
  if (known.read() == 0) return Likeness::kOther;
  return gzip ? CompareGzip(fd, known) : ComparePlain(fd, known);
}

std::optional<bool> EndsAlike(int fd, const Fingerprint& known) {
  Tail room;
  const auto last = std::span(room).first(known.tail().size());
  const ssize_t bytes = ReadAt(fd, known.read() - last.size(), last);
  if (bytes < 0) return std::nullopt;
  return std::string_view(last.data(), static_cast<size_t>(bytes)) == known.tail();
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
