#include "sources/follow_file.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sources/read_calls.h"
#include "sources/rotated_name.h"

namespace logmill {
namespace {

using Status = ReadResult::Status;

constexpr const char* kCompressed = ": is compressed, which only `logmill replay` reads";

ReadResult IdleResult() { return {.status = Status::kIdle, .error = {}}; }

}  // namespace

FollowedFile::FollowedFile(std::string path, World world, OpenedFile file, const Fingerprint& whole, uint64_t offset, bool moved)
    : path_(std::move(path)), world_(std::move(world)), link_(std::make_shared<Link>()), offset_(offset), known_(whole), moved_(moved) {
  link_->file = this;
  link_->has_path = !moved;
  Use(std::move(file));
}

FollowedFile::FollowedFile(std::string path, World world, const Position& position, bool moved)
    : path_(std::move(path)),
      world_(std::move(world)),
      link_(std::make_shared<Link>()),
      offset_(std::min(position.offset, position.file.read)),
      size_(std::max(position.file.size, position.file.read)),
      known_(Fingerprint::From(position.file)),
      position_(position.file),
      seen_ns_(position.file.seen_ns),
      moved_(moved),
      blocked_(!moved) {
  const FilePosition& file = position.file;
  *link_ = {.file = this, .has_path = !moved, .modified_ns = file.modified_ns, .born_ns = file.moved ? 0 : file.id.born_ns};
}

FollowedFile::~FollowedFile() {
  if (ended_) return;
  link_->file = nullptr;
  link_->has_path = false;
  if (file_.fd.open()) world_.registry->Leave(Describe(print_));
}

ReadResult FollowedFile::Read(std::span<char> room) {
  if (ended_) return {.status = Status::kEnd, .error = {}};
  if (blocked_) {
    if (auto result = OpenBlocked()) return std::move(*result);
  }
  if (searching() && !Search()) return SearchOn();
  return gzip_ ? ReadGzip(room) : ReadPlain(room);
}

uint64_t FollowedFile::LagBytes() const { return ended_ || size_ < offset_ ? 0 : size_ - offset_; }

bool FollowedFile::HasMore() const {
  const auto look = gzip_ || !file_.fd.open() ? std::nullopt : LookAt(file_.fd.get());
  return look && look->size > offset_;
}

std::chrono::nanoseconds FollowedFile::SinceWritten() const {
  const std::chrono::nanoseconds now = std::chrono::milliseconds(world_.clock->UnixMillis());
  return std::max(now - std::chrono::nanoseconds(file_.look.modified_ns), std::chrono::nanoseconds(0));
}

bool FollowedFile::Locate(uint64_t offset, Position* position) {
  position->file = Describe(print());
  position->offset = offset;
  return true;
}

void FollowedFile::KeepPath() {
  moved_ = false;
  link_->has_path = true;
}

bool FollowedFile::HasBegun() const {
  if (link_->began || print().read() > 0 || !file_.fd.open()) return link_->began;
  const auto look = LookAt(file_.fd.get());
  return look && look->modified_ns != link_->modified_ns;
}

std::optional<Fingerprint> FollowedFile::Now() const {
  const auto look = Intact() ? LookAt(file_.fd.get()) : std::nullopt;
  return look ? Fingerprint::Of(file_.fd.get(), look->size) : std::nullopt;
}

bool FollowedFile::Intact() const {
  return file_.fd.open() && !gzip_ && (print().read() == 0 || Compare(file_.fd.get(), false, print()) == Likeness::kWhole);
}

// Nothing when the file is open now, or is to be looked for.
std::optional<ReadResult> FollowedFile::OpenBlocked() {
  NotOpened why;
  auto file = OpenRegularFile(path_, &why);
  if (!file && !why.missing) return ErrorResult(why.error);
  if (file && file->gzip) return ErrorResult(path_ + kCompressed);
  if (known_.read() == 0 && position_.id == FileId{}) return End();  // the set opens it
  blocked_ = false;
  const bool same =
      file && SameFile(file->look.id, position_.id) && (known_.read() == 0 || Compare(file->fd.get(), false, known_) == Likeness::kWhole);
  if (same && Adopt(std::move(*file))) return std::nullopt;
  if (Search() && !file) return std::nullopt;
  return Move(false);
}

// A file that was empty has no copy, and nothing else by which it is known in one: it may only have another name.
ReadResult FollowedFile::SearchOn() {
  if (!quiet_since_) quiet_since_ = world_.clock->Monotonic();
  const auto patience = known_.read() == 0 && size_ == 0 ? kQuietTime : kSearchTime;
  return world_.clock->Monotonic() - *quiet_since_ >= patience ? End() : IdleResult();
}

ReadResult FollowedFile::ReadPlain(std::span<char> room) {
  const auto look = LookAt(file_.fd.get());
  if (!look) return ErrorResult(SystemError(path_));
  if (look->size < std::max(offset_, file_.look.size)) return Truncated();
  const auto as_known = offset_ < known_.read() ? StandsAsKnown() : true;
  if (!as_known) return ErrorResult(SystemError(path_));
  if (!*as_known) return Truncated();
  const auto bytes = ReadBehind(file_.fd.get(), print_.tail(), offset_, room);
  if (!bytes) return Truncated();
  if (*bytes < 0) return ErrorResult(SystemError(path_));
  const auto read = room.first(static_cast<size_t>(*bytes));
  const uint64_t behind = offset_ + read.size();
  const auto as_before = read.empty() ? true : BeginsAsBefore(read);
  if (!as_before) return ErrorResult(SystemError(path_));
  if (!*as_before) return offset_ > 0 ? TruncatedWhileRead(behind) : IdleResult();
  Look(*look);
  link_->began |= print().read() == 0 && look->size > 0 && !moved_;
  NoteSeen(*look, behind);
  if (look->size > behind && known_.read() <= behind) Know(look->size, behind);
  return read.empty() ? AtEnd() : Took(read);
}

// Whether what was there when it was opened, but was not read yet, still is. The head of what was read is asked for after each reading:
// where it is the same one, only the end is left to ask for. Nothing when it cannot be read just now.
std::optional<bool> FollowedFile::StandsAsKnown() const {
  const bool same_head = print_.head_bytes() == known_.head_bytes() && print_.head_hash() == known_.head_hash();
  const auto head = same_head ? true : HeadCheck().Same(file_.fd.get(), known_);
  return head.value_or(false) ? EndsAlike(file_.fd.get(), known_) : head;
}

// Asked after the reading: what stands behind a head that is still there was behind it then, too. Nothing when it cannot be read just now.
std::optional<bool> FollowedFile::BeginsAsBefore(std::span<const char> read) {
  if (print_.read() > 0) return head_.Same(file_.fd.get(), print_);
  Fingerprint print;
  print.Add(read.first(std::min<size_t>(read.size(), FilePosition::kHeadBytes)));
  return offset_ > 0 ? true : head_.Same(file_.fd.get(), print);
}

ReadResult FollowedFile::ReadGzip(std::span<char> room) {
  for (;;) {
    const size_t wanted = skipping() ? static_cast<size_t>(std::min<uint64_t>(room.size(), offset_ - print_.read())) : room.size();
    const ssize_t bytes = damaged_ ? 0 : gzip_->Read(room.first(wanted));
    if (bytes < 0 && gzip_->damaged().empty()) return ErrorResult(SystemError(path_));
    if (bytes < 0) {
      damaged_ = true;
      return ErrorResult(path_ + ": rotated: " + gzip_->damaged());
    }
    if (bytes == 0) return damaged_ || gzip_->complete() ? End() : EndWhenQuiet();
    const auto taken = room.first(static_cast<size_t>(bytes));
    if (!skipping()) return Took(taken);
    print_.Add(taken);
  }
}

ReadResult FollowedFile::Took(std::span<const char> bytes) {
  print_.Add(bytes);
  offset_ += bytes.size();
  size_ = std::max(size_, offset_);
  if (known_.read() > offset_) known_.Learn(print_);
  quiet_since_.reset();
  return DataResult(static_cast<ssize_t>(bytes.size()));
}

// Nothing more in the open file: has it lost its name?
ReadResult FollowedFile::AtEnd() {
  if (moved_) return EndWhenQuiet();
  const auto there = LookAt(path_);
  away_ = !there || there->id != file_.look.id;
  if (!away_ && print().read() > 0 && !link_->began) link_->modified_ns = file_.look.modified_ns;
  if (!there && !file_.look.linked) return EndWhenQuiet();
  quiet_since_.reset();
  return HasLostPath() ? Move(false) : IdleResult();
}

// While the new file is empty, its writer has not begun with it.
bool FollowedFile::HasLostPath() const {
  const auto there = LookAt(path_);
  return there && there->regular && there->size > 0 && there->id != file_.look.id;
}

// The file has lost its name, but its writer may not have noticed yet.
ReadResult FollowedFile::EndWhenQuiet() {
  if (!quiet_since_) quiet_since_ = world_.clock->Monotonic();
  return world_.clock->Monotonic() - *quiet_since_ >= kQuietTime ? End() : IdleResult();
}

ReadResult FollowedFile::Move(bool truncated) {
  moved_ = true;
  link_->has_path = false;
  return {.status = Status::kMoved, .truncated = truncated, .error = {}};
}

ReadResult FollowedFile::Truncated() {
  known_ = print();
  position_ = Describe(known_);
  position_.id = {};  // what was read is not in that file any more
  position_.moved = true;
  world_.registry->Release(file_.look.id);
  file_ = {};
  quiet_since_.reset();
  return moved_ ? End() : Move(true);
}

// Bytes up to `behind` were read, and are of the old file, unless the new one has as many.
ReadResult FollowedFile::TruncatedWhileRead(uint64_t behind) {
  const auto look = LookAt(file_.fd.get());
  if (look && look->size < behind) size_ = std::max(size_, behind);
  return Truncated();
}

ReadResult FollowedFile::End() {
  FilePosition position = Describe(file_.fd.open() ? print_ : print());
  if (file_.fd.open()) position.size = print_.read();  // of a copy that may be shorter
  position.finished = true;
  const bool known = position.read > 0 || position.id != FileId{};
  const bool others = world_.registry->IsTaken(position.id) || world_.registry->Known(position.id);
  if (!file_.fd.open() && others) position.id = {};  // it was not found: what that file has now is read, or was, by another one
  if (known) world_.registry->Leave(std::move(position));
  link_->file = nullptr;
  link_->deleted = known && link_->has_path;
  link_->has_path = false;
  ended_ = true;
  file_ = {};
  gzip_.reset();
  return {.status = Status::kEnd, .lost = size_ > offset_ ? size_ - offset_ : 0, .error = {}};
}

// A name may change between the listing and the opening: a second look.
bool FollowedFile::Search() {
  if (!searching()) return true;
  world_.siblings->Refresh();
  return SearchOnce() || (world_.siblings->Refresh() && SearchOnce());
}

bool FollowedFile::MayBe(const OpenedFile& file) const {
  const Likeness likeness = Compare(file.fd.get(), file.gzip, known_);
  return likeness == Likeness::kWhole || CanBeEarlier(file, likeness);
}

bool FollowedFile::SearchOnce() {
  if (position_.id != FileId{}) {
    for (const std::string& path : world_.siblings->WithInode(path_, position_.id.inode)) {
      auto file = OpenRegularFile(path);
      if (!file || !SameFile(file->look.id, position_.id)) continue;
      const bool same = known_.read() == 0 || Compare(file->fd.get(), file->gzip, known_) == Likeness::kWhole;
      if (same && Adopt(std::move(*file))) return true;
    }
  }
  return TryContent();
}

// What is followed as app.log.1 may become app.log.2.gz.
std::vector<std::string> FollowedFile::RotatedNames() {
  std::vector<std::string> names = world_.siblings->RotatedOf(path_);
  const std::string current = CurrentPath(path_);
  if (current == path_) return names;
  for (std::string& name : world_.siblings->RotatedOf(current)) {
    if (name != path_ && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

bool FollowedFile::TryContent() {
  std::vector<OpenedFile> files;
  for (const std::string& path : RotatedNames()) {
    const auto look = LookAt(path);
    if (!look || world_.registry->IsTaken(look->id)) continue;
    if (auto file = OpenRegularFile(path)) files.push_back(std::move(*file));
  }
  std::ranges::stable_sort(
      files, [](const OpenedFile& a, const OpenedFile& b) { return a.gzip != b.gzip ? b.gzip : a.look.modified_ns < b.look.modified_ns; });
  std::vector<OpenedFile> beginnings;
  for (OpenedFile& file : files) {
    const Likeness likeness = Compare(file.fd.get(), file.gzip, known_);
    const bool newer = file.look.modified_ns >= position_.modified_ns || (likeness == Likeness::kWhole && IsCompressedCopy(file));
    const bool unread = known_.read() == 0 && file.gzip && position_.size > 0 && file.look.modified_ns == position_.modified_ns;
    if (newer && (unread || likeness == Likeness::kWhole)) {
      if (Adopt(std::move(file))) return true;
    } else if (CanBeEarlier(file, likeness)) {
      beginnings.push_back(std::move(file));
    }
  }
  std::ranges::stable_sort(beginnings, [](const OpenedFile& a, const OpenedFile& b) {
    return a.gzip != b.gzip ? b.gzip : a.look.modified_ns > b.look.modified_ns;  // older ones may be of a file before
  });
  return std::ranges::any_of(beginnings, [this](OpenedFile& file) { return TryBeginning(std::move(file)); });
}

// logrotate's copytruncate gives what it compresses the time of the log, which is before that of the copy.
bool FollowedFile::IsCompressedCopy(const OpenedFile& file) const {
  if (!file.gzip) return false;
  if (known_.read() >= FilePosition::kHeadBytes) return true;
  const uint64_t size = Fingerprint::OfGzip(file.fd.get(), size_ + 1).read();
  return size == size_ || size == known_.read();
}

// Whether it may be a copy that was made when this one was shorter. It is no file that was read for itself. If nothing is known of what
// stands before its end, the two may only begin alike: then it has to be made before the last bytes were read.
bool FollowedFile::CanBeEarlier(const OpenedFile& file, Likeness likeness) const {
  if (likeness != Likeness::kBeginning && likeness != Likeness::kAlike) return false;
  const auto left = world_.registry->Known(file.look.id);
  if (left && left->read > 0 && left->path == path_) return false;
  return likeness == Likeness::kBeginning || file.look.modified_ns <= std::max(seen_ns_, position_.modified_ns);
}

// What is in it was read, at least in an earlier life, and is not to be read as a file of its own.
bool FollowedFile::TryBeginning(OpenedFile file) {
  const int fd = file.fd.get();
  const auto print = file.gzip ? Fingerprint::OfGzip(fd, known_.read()) : Fingerprint::Of(fd, file.look.size);
  if (!print) return false;
  const uint64_t size = print->read();
  if (size > offset_) return Adopt(std::move(file));
  FilePosition copy{.path = path_, .id = file.look.id, .tail = {}, .size = size, .modified_ns = file.look.modified_ns};
  print->Describe(&copy);
  copy.moved = copy.finished = true;
  world_.registry->Leave(std::move(copy));
  return false;
}

bool FollowedFile::Adopt(OpenedFile file) {
  if (!world_.registry->Take(file.look.id, *world_.source)) return false;
  Use(std::move(file));
  return true;
}

void FollowedFile::Use(OpenedFile file) {
  file_ = std::move(file);
  head_ = HeadCheck();
  quiet_since_.reset();
  const Fingerprint before = known_;
  print_ = Fingerprint();
  if (file_.gzip) {
    gzip_ = std::make_unique<GzipReader>(file_.fd.get());
  } else {
    print_ = Fingerprint::Of(file_.fd.get(), offset_).value_or(Fingerprint());
    print_.Learn(before);
    Know(file_.look.size, offset_);
    NoteSeen(file_.look, file_.look.size);
  }
  Look(file_.look);
  if (link_->has_path || link_->modified_ns == 0) link_->modified_ns = file_.look.modified_ns;
  if (link_->has_path) link_->born_ns = file_.look.id.born_ns;
}

void FollowedFile::Look(const FileLook& look) {
  file_.look = look;
  if (!gzip_) size_ = std::max(size_, look.size);
}

// Of all that was there at the last look, while all before `end` was read. Nothing new when it was truncated since.
void FollowedFile::Know(uint64_t size, uint64_t end) {
  auto whole = Fingerprint::Of(file_.fd.get(), size);
  if (!whole) return;
  whole->Learn(known_);
  whole->ReadMilestones(file_.fd.get(), end);
  known_ = *whole;
}

// What ends at `end` was written no later than that; `look` was before it was read.
void FollowedFile::NoteSeen(const FileLook& look, uint64_t end) {
  const auto now = end > look.size ? LookAt(file_.fd.get()) : std::nullopt;
  seen_ns_ = std::max({seen_ns_, look.modified_ns, now ? now->modified_ns : 0});
}

FilePosition FollowedFile::Describe(const Fingerprint& print) const {
  FilePosition position = position_;
  if (file_.fd.open()) {
    position.id = file_.look.id;
    const bool unread = moved_ && !link_->began && print.read() == 0;  // known again by its time only
    position.modified_ns = unread ? file_.look.modified_ns : link_->modified_ns;
  }
  print.Describe(&position);
  position.path = path_;
  position.size = size_;
  position.seen_ns =
      link_->began ? 0 : seen_ns_;  // less is known of its beginning in another life: an older file may be one that came before
  position.moved = moved_;
  return position;
}

}  // namespace logmill
