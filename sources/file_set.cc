#include "sources/file_set.h"

#include <algorithm>
#include <utility>

#include "sources/glob.h"
#include "sources/rotated_name.h"

namespace logmill {
namespace {

// Of a plain file, all that was in it at the last look.
std::optional<Fingerprint> WholeOf(const OpenedFile& file) {
  return file.gzip ? Fingerprint() : Fingerprint::Of(file.fd.get(), file.look.size);
}

bool WasBornBefore(const FileLook& look, const FollowedFile::Link& other) {
  return look.id.born_ns != 0 && look.id.born_ns < other.born_ns;
}

// A .gz in a glob that belongs to another file there, or did.
bool IsRotatedGzip(const std::string& path) {
  const std::string current = CurrentPath(path);
  return HasGzipName(path) && (current + ".gz" != path || LookAt(current));
}

bool IsAt(const OpenedFile& file, const FilePosition& position) {
  if (!SameFile(file.look.id, position.id)) {
    return position.read >= FilePosition::kHeadBytes && HasWhole(file, Fingerprint::From(position));
  }
  return position.read == 0 || HasWhole(file, Fingerprint::From(position));
}

}  // namespace

FileSet::FileSet(FileSetOptions options, std::vector<Position> positions, FileRegistry& registry, Watcher& watcher, const Clock& clock)
    : options_(std::move(options)),
      glob_(IsGlob(options_.pattern)),
      had_positions_(!positions.empty()),
      registry_(registry),
      watcher_(watcher),
      clock_(clock),
      siblings_(std::make_shared<Siblings>(options_.rotated, clock)),
      copies_(registry, *siblings_, open_) {
  if (!glob_) watcher_.Add(options_.pattern);
  for (Position& position : positions) {
    if (position.file.id == FileId{} && position.file.read == 0) continue;  // it could not even be opened
    const std::string& path = position.file.path;
    if (!Mine(path)) continue;
    const bool own = Matches(path);
    if (position.file.finished) {
      if (own) NoteFinished(position.file);
      registry_.Remember(std::move(position.file));
    } else if (own) {
      registry_.Expect(position.file.id);
      positions_[path].push_back(std::move(position));
    }
  }
}

// Of all that were finished at a path, the one that was written to last is the one that others came after.
void FileSet::NoteFinished(const FilePosition& file) {
  Link& link = *paths_.try_emplace(file.path, std::make_shared<Link>(Link{.has_path = false})).first->second;
  if (file.modified_ns > link.modified_ns) link = {.has_path = false, .modified_ns = file.modified_ns, .deleted = !file.moved};
}

bool FileSet::Mine(const std::string& path) const {
  return std::hash<std::string>()(RotationKey(BaseName(path))) % std::max(options_.count, 1U) == options_.index;
}

bool FileSet::Matches(const std::string& path) const { return glob_ ? MatchesGlob(options_.pattern, path) : path == options_.pattern; }

bool FileSet::Followed(const std::string& path) const {
  const auto at = paths_.find(path);
  return at != paths_.end() && at->second->has_path;
}

std::vector<FilePosition> FileSet::Finished() const {
  std::vector<FilePosition> left = registry_.Left();
  std::erase_if(left, [this](const FilePosition& position) { return !Matches(position.path) || !Mine(position.path); });
  for (FilePosition& position : left) position.finished = true;
  return left;
}

std::vector<FileSet::Found> FileSet::Find(size_t most) {
  siblings_->Forget();
  room_ = most;
  truncated_ = undecided_ = false;
  SearchAgain();
  if (first_) Restore();
  FindBetween();
  FindAfter();
  const std::vector<std::string> paths = Walk();
  for (const std::string& path : paths) {
    if (Followed(path) || shared_.BelongsToOther(path) || OpenPath(path)) continue;
    truncated_ = true;
    break;
  }
  ForgetPaths(paths);
  put_off_.ForgetOthers();
  first_ = false;
  return std::exchange(found_, {});
}

std::vector<std::string> FileSet::Walk() {
  std::vector<std::string> paths;
  const std::string prefix(FolderPrefix(options_.pattern));
  const std::string base(BaseName(options_.pattern));
  for (const std::string& folder : prefix.empty() ? std::vector<std::string>{""} : ExpandGlob(prefix)) {
    if (!IsGlob(base)) {
      paths.push_back(folder + base);
      continue;
    }
    watcher_.AddFolder(folder);
    for (const Siblings::Name& name : siblings_->In(folder)) {
      const std::string file(BaseName(name.path));
      if (MatchesGlob(base, file)) paths.push_back(name.path);
    }
  }
  if (options_.count > 1 || glob_) std::erase_if(paths, [this](const std::string& path) { return !Mine(path); });
  // What a rotated file may be a copy of goes first.
  if (glob_) std::ranges::stable_partition(paths, [](const std::string& path) { return CurrentPath(path) == path; });
  return paths;
}

// Files whose rest is looked for go first: what they find is theirs.
void FileSet::SearchAgain() {
  std::erase_if(open_, [](const auto& entry) { return entry.second->file == nullptr; });
  for (const auto& [key, link] : open_) {
    if (link->file->searching() && link->file->moved()) link->file->Search();
  }
}

// What came and went through a file by copytruncate, from when it was empty until it was read.
void FileSet::FindBetween() {
  std::vector<FollowedFile*> began;
  for (const auto& [key, link] : open_) {
    if (link->has_path && link->file != nullptr && link->file->HasBegun()) began.push_back(link->file);
  }
  for (const FollowedFile* file : began) {
    file->link()->began = OpenGenerations(file->name(), *file->link(), nullptr) != Opened::kAll;
  }
}

// What came after a file that has left its path, while that leads nowhere, or to an empty file.
void FileSet::FindAfter() {
  std::vector<std::pair<std::string, std::shared_ptr<Link>>> left;
  std::ranges::copy_if(paths_, std::back_inserter(left), [this](const auto& entry) { return !IsInPlace(entry.first, *entry.second); });
  for (const auto& [path, link] : left) {
    const auto there = LookAt(path);
    if (!there || there->size == 0) OpenGenerations(path, *link, nullptr);
  }
}

bool FileSet::IsInPlace(const std::string& path, const Link& link) {
  if (!link.has_path || link.file == nullptr) return false;
  if (link.file->fd() < 0 || siblings_->InodeOf(path) == link.file->id().inode) return true;
  const auto there = LookAt(path);
  return there && there->id == link.file->id();
}

void FileSet::Restore() {
  for (const auto& [path, positions] : std::exchange(positions_, {})) {
    paths_.erase(path);
    for (const Position& position : positions) {
      if (!position.file.moved) continue;
      registry_.Expected(position.file.id);
      Add(path, std::make_unique<FollowedFile>(path, world(), position, true), position).Search();
    }
    for (const Position& position : positions) {
      if (!position.file.moved) RestoreCurrent(path, position);
    }
  }
}

void FileSet::RestoreCurrent(const std::string& path, const Position& position) {
  registry_.Expected(position.file.id);
  NotOpened why;
  auto file = OpenRegularFile(path, &why);
  auto whole = file ? WholeOf(*file) : std::nullopt;
  if (whole && !file->gzip && IsAt(*file, position.file) && !Followed(path) && registry_.Take(file->look.id, *source_)) {
    const uint64_t offset = std::min(position.offset, position.file.read);
    whole->Learn(Fingerprint::From(position.file));
    FollowedFile& source = Add(path, std::make_unique<FollowedFile>(path, world(), std::move(*file), *whole, offset, false), position);
    source.link()->modified_ns = position.file.modified_ns;
    source.link()->began = true;
    return;
  }
  const bool moved = file || why.missing || Followed(path);
  const size_t first = found_.size();
  FollowedFile& source = Add(path, std::make_unique<FollowedFile>(path, world(), position, moved), position);
  if (!moved) return;
  source.Search();
  found_.back().change = HowItLeft(path, source, position.file.id);
  const bool nothing_there = file ? file->look.size == 0 : why.missing;
  room_ = std::max<size_t>(room_, 1);
  const bool all = OpenGenerations(path, *source.link(), file ? &*file : nullptr) == Opened::kAll;
  // What was empty, and cannot be known again for that reason, is the first one that came after.
  const bool unknown = source.searching() && position.file.read == 0 && position.file.size == 0;
  if (unknown && found_.size() > first + 1) found_[first].change = Change::kNone;
  if (all && nothing_there && !Followed(path)) KeepPath(path, first, file ? &file->look : nullptr);
}

// The writer may go on with the file that was written to last, of those found as `first` and later; unless that is a copy of the one that
// is `there` and was truncated.
void FileSet::KeepPath(const std::string& path, size_t first, const FileLook* there) {
  const auto file_of = [](const Found& found) { return static_cast<FollowedFile*>(found.source.get()); };
  const auto last = std::max_element(found_.begin() + static_cast<ptrdiff_t>(first), found_.end(), [&](const Found& a, const Found& b) {
    return file_of(a)->look().modified_ns <= file_of(b)->look().modified_ns;
  });
  const bool again = last->position && last != found_.begin() + static_cast<ptrdiff_t>(first);  // its leaving was counted
  const bool copy = there != nullptr && IsCopyFrom(file_of(*last)->look(), false, *there);
  if (again || copy || !file_of(*last)->CanKeepPath()) return;
  file_of(*last)->KeepPath();
  paths_[path] = file_of(*last)->link();
  watcher_.Add(path);
  last->moved = false;
  last->change = Change::kNone;
}

// A file that is still near, with other content than the one that was read, was truncated.
FileSet::Change FileSet::HowItLeft(const std::string& path, const FollowedFile& file, const FileId& id) {
  if (SameFile(file.id(), id)) return Change::kRotated;
  std::vector<std::string> names = siblings_->WithInode(path, id.inode);
  names.push_back(path);
  const bool near = std::ranges::any_of(names, [&id](const std::string& name) {
    const auto look = LookAt(name);
    return look && SameFile(look->id, id);
  });
  return near ? Change::kTruncated : Change::kRotated;
}

// False when there is no room for it.
bool FileSet::OpenPath(const std::string& path) {
  if (room_ == 0) return false;
  NotOpened why;
  auto file = OpenRegularFile(path, &why);
  const bool is_no_log = glob_ && (why.refused || (file && (file->gzip || file->look.size == 0) && IsRotatedGzip(path)));
  if (why.missing || is_no_log) return true;
  if (!file || file->gzip) {
    Block(path);
    return true;
  }
  if (registry_.IsTaken(file->look.id)) {
    shared_.Note(path, file->look.id);
    return true;
  }
  if (PutOff(path, file->look)) return true;
  const auto before = paths_.find(path);
  if (before != paths_.end()) {
    const Opened opened = OpenGenerations(path, *before->second, &*file);
    if (opened == Opened::kNoRoom) return false;
    if (opened == Opened::kLater) return true;
  }
  const Copies::Start start = StartOf(path, *file, path);
  if (!start.read && !copies_.Has(file->look.id) && later_.insert(path).second) watcher_.Add(path);
  if (start.read) AddOpen(path, std::move(*file), start.left_at.value_or(0), false);
  patience_.Done(path);
  return true;
}

// A rotated name: of a path of which it cannot be said yet what came after what, or whose file nobody reads yet. It may be a copy of that.
// Waits once for each file.
bool FileSet::PutOff(const std::string& path, const FileLook& look) {
  const std::string current = CurrentPath(path);
  if (current == path || Followed(current) || WasRead(look) || IsFirstLife()) return false;
  const auto there = Matches(current) ? LookAt(current) : std::nullopt;
  const bool unread =
      there && there->regular && there->size > 0 && !registry_.IsTaken(there->id) && !copies_.Has(there->id) && !WasRead(*there);
  const bool waits = patience_.IsWaitingFor(current) || (unread && put_off_.WaitsFor(look.id));
  undecided_ |= waits;
  return waits;
}

bool FileSet::WasRead(const FileLook& look) const {
  const auto known = registry_.Known(look.id);
  return known && known->read == look.size;
}

void FileSet::Block(const std::string& path) { Add(path, std::make_unique<FollowedFile>(path, world(), Position(), false), std::nullopt); }

// Opens what came between the file that had the path and the one that has it now, `current`. kNoRoom when there is none for all and that
// one.
FileSet::Opened FileSet::OpenGenerations(const std::string& path, const Link& before, const OpenedFile* current) {
  std::vector<Generation> generations;
  const auto there = current != nullptr ? std::optional(current->look) : LookAt(path);
  const Siblings::Files names = siblings_->RotatedFilesOf(path);
  const bool all = ListGenerations(path, names, before, current, &generations);
  // What was renamed or compressed while we looked may be met twice, or not at all.
  siblings_->Refresh();
  const auto there_now = LookAt(path);
  const bool moved =
      there.has_value() != there_now.has_value() || (there && there->id != there_now->id) || siblings_->RotatedFilesOf(path) != names;
  if (moved && patience_.WaitsFor(path)) {
    undecided_ = true;
    return Opened::kLater;
  }
  if (generations.size() >= room_) {
    truncated_ = true;
    return Opened::kNoRoom;
  }
  for (auto at = generations.begin(); at != generations.end(); ++at) {
    const FileLook look = at->file.look;
    const bool gzip = at->file.gzip;
    if (!AddOpen(path, std::move(at->file), at->offset, true)) continue;
    const bool copied = (there && IsCopyFrom(look, gzip, *there)) || std::any_of(at + 1, generations.end(), [&](const Generation& later) {
                          return !later.file.gzip && IsCopyFrom(look, gzip, later.file.look);
                        });
    if (at->offset == 0) found_.back().change = copied ? Change::kTruncated : Change::kRotated;
  }
  if (!all) return Opened::kLater;
  patience_.Done(path);
  return Opened::kAll;
}

// Oldest first. False when it cannot be said of all of them yet; what came after the first such one is left for later, too.
bool FileSet::ListGenerations(const std::string& path, const Siblings::Files& names, const Link& before, const OpenedFile* current,
                              std::vector<Generation>* generations) {
  int64_t first_later = INT64_MAX;
  for (const auto& [name, id] : names) {
    const auto look = LookAt(name);
    if (!look || look->modified_ns < before.modified_ns || look->size == 0 || registry_.IsTaken(look->id)) continue;
    auto file = OpenRegularFile(name);
    if (!file || (!file->gzip && WasBornBefore(file->look, before))) continue;
    const std::string plain = HasGzipName(name) ? name.substr(0, name.size() - 3) : "";
    const bool twin = file->gzip && (std::ranges::find(names, plain, &Siblings::Files::value_type::first) != names.end() ||
                                     (plain == path && CurrentPath(path) != path));
    const bool copy = current != nullptr && !file->gzip && IsPartOf(*file, *current);
    const Copies::Start start = twin || copy ? Copies::Start() : StartOf(name, *file, path);
    if (start.later) first_later = std::min(first_later, file->look.modified_ns);
    const uint64_t offset = start.left_at.value_or(0);
    if (!start.read || (file->gzip ? offset > 0 : offset >= file->look.size)) continue;
    generations->push_back({std::move(*file), offset});
  }
  std::ranges::stable_sort(*generations, {}, [](const Generation& generation) { return generation.file.look.modified_ns; });
  if (first_later == INT64_MAX || !patience_.WaitsFor(path)) return true;
  std::erase_if(*generations, [&](const Generation& generation) { return generation.file.look.modified_ns >= first_later; });
  return false;
}

Copies::Start FileSet::StartOf(const std::string& path, const OpenedFile& file, const std::string& followed) {
  Copies::Start start = copies_.StartOf(path, file, followed, !IsFirstLife());
  undecided_ |= start.later && file.look.size > 0;
  if (IsFirstLife() && options_.start == StartAt::kEnd && start.read && !start.left_at) start.left_at = file.look.size;
  return start;
}

FollowedFile& FileSet::Add(const std::string& path, std::unique_ptr<FollowedFile> source, std::optional<Position> position) {
  FollowedFile& added = *source;
  open_.emplace(RotationKey(BaseName(path)), added.link());
  const bool has_path = added.link()->has_path;
  std::shared_ptr<Link>& holder = paths_[path];
  const bool follows = has_path && holder != nullptr && std::exchange(holder->deleted, false);
  if (has_path || holder == nullptr || !holder->has_path) holder = added.link();
  if (has_path) watcher_.Add(path);
  if (room_ > 0) --room_;
  found_.push_back({.source = std::move(source),
                    .path = path,
                    .moved = !has_path,
                    .change = follows ? Change::kRotated : Change::kNone,
                    .position = std::move(position)});
  return added;
}

// False when another one reads it, or it was truncated since the last look: what was in it is nowhere known.
bool FileSet::AddOpen(const std::string& path, OpenedFile file, uint64_t offset, bool moved) {
  const auto whole = WholeOf(file);
  undecided_ |= !whole;
  if (!whole || !registry_.Take(file.look.id, *source_)) return false;
  auto source = std::make_unique<FollowedFile>(path, world(), std::move(file), *whole, offset, moved);
  std::optional<Position> position;
  if (offset > 0) {
    position.emplace();
    source->Locate(offset, &*position);
  }
  Add(path, std::move(source), std::move(position));
  return true;
}

void FileSet::ForgetPaths(const std::vector<std::string>& present) {
  if (!glob_) return;
  const std::unordered_set<std::string> here(present.begin(), present.end());
  const auto gone = [this, &here](const std::string& path) {
    return !Followed(path) && !here.contains(path) && siblings_->RotatedOf(path).empty();
  };
  shared_.Keep(here);
  const auto forget = [this, &gone](const std::string& path) {
    const bool is_gone = gone(path);
    if (is_gone) watcher_.Remove(path);
    return is_gone;
  };
  std::erase_if(later_, forget);
  patience_.Forget(gone);
  std::erase_if(paths_, [&forget](const auto& entry) { return forget(entry.first); });
}

}  // namespace logmill
