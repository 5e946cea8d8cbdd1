#include "sources/copies.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "sources/read_calls.h"
#include "sources/rotated_name.h"

namespace logmill {
namespace {

constexpr size_t kMostCopies = 4096;

std::string KeyOf(const std::string& path) { return RotationKey(BaseName(path)); }

// Whether the file has that many bytes; of a .gz, as its last member says (modulo 4 GiB).
bool HasSize(const OpenedFile& file, uint64_t size) {
  if (!file.gzip) return file.look.size == size;
  std::array<char, 4> end{};
  if (file.look.size < end.size() || ReadAt(file.fd.get(), file.look.size - end.size(), end) != 4) return false;
  uint32_t says = 0;
  for (size_t i = 0; i < end.size(); ++i) says |= uint32_t{static_cast<unsigned char>(end[i])} << (8 * i);
  return says == static_cast<uint32_t>(size);
}

// Of a file that is not written to any more.
bool IsSameContent(const OpenedFile& file, const Fingerprint& print, std::optional<uint64_t> size) {
  return (print.read() >= FilePosition::kHeadBytes || (size && HasSize(file, *size))) && HasWhole(file, print);
}

const Copies::Start kCopy = {};
const Copies::Start kLater = {.later = true};

// Of a file that has everything that was `read` of one that had its path.
Copies::Start RestOf(const OpenedFile& file, uint64_t read) {
  if (file.gzip || file.look.size <= read) return kCopy;
  return {.read = true, .left_at = read};
}

}  // namespace

bool HasWhole(const OpenedFile& file, const Fingerprint& print) { return Compare(file.fd.get(), file.gzip, print) == Likeness::kWhole; }

bool IsPartOf(const OpenedFile& file, const OpenedFile& whole) {
  return file.look.size <= whole.look.size && AlikeUpTo(file.look.size, file.fd.get(), whole.fd.get());
}

bool IsCopyFrom(const FileLook& file, bool gzip, const FileLook& later) {
  return later.id.born_ns != 0 && later.id.born_ns <= file.modified_ns && (gzip || later.id.born_ns <= file.id.born_ns);
}

Copies::Copies(FileRegistry& registry, Siblings& siblings, const OpenFiles& open) : registry_(registry), siblings_(siblings), open_(open) {}

Copies::Start Copies::StartOf(const std::string& path, const OpenedFile& file, const std::string& followed, bool compare) {
  const auto known = registry_.Known(file.look.id);
  const bool same = known && (known->read == 0 || HasWhole(file, Fingerprint::From(*known)));
  if (same && file.gzip && known->finished) return {};
  const auto copy = copies_.find(file.look.id);
  if (copy != copies_.end() && copy->second.size == file.look.size && copy->second.modified_ns == file.look.modified_ns) return {};
  if (copy == copies_.end() && same && file.look.size == known->read) return {};
  const Verdict verdict = compare ? IsCopy(path, file, followed) : std::nullopt;
  if (!verdict) return {.read = true, .left_at = same ? std::optional(known->read) : std::nullopt};
  if (!verdict->read && !verdict->later) NoteCopy(path, file);
  return verdict->read && same ? Start{.read = true, .left_at = std::max(known->read, *verdict->left_at)} : *verdict;
}

// Whether one is a rotated name of the other's path, or both are of a third one: what is followed as app.log.1 may become app.log.2.gz.
bool Copies::IsRelated(const std::string& path, const std::string& name) {
  if (path == name || siblings_.IsRotated(path, name)) return true;
  const std::string first = CurrentPath(path);
  return siblings_.IsRotated(first, path) && siblings_.IsRotated(first, name);
}

// Behind a symbolic link, the file and the path by which it is followed have names of their own.
Copies::Verdict Copies::IsCopy(const std::string& path, const OpenedFile& file, const std::string& followed) {
  const Verdict verdict = IsCopyOf(KeyOf(path), path, file, followed);
  return verdict || KeyOf(followed) == KeyOf(path) ? verdict : IsCopyOf(KeyOf(followed), path, file, followed);
}

// Of which the file may be a generation: of so many logs that have the same name, those that rotate to where it is.
std::vector<std::string> Copies::LogsNear(const std::string& key, const std::string& path, const std::string& followed) {
  if (siblings_.searches_elsewhere()) return registry_.LogsCalled(key);
  std::set<std::string> logs;
  for (const std::string* name : {&path, &followed}) {
    const std::string_view folder = FolderPrefix(*name);
    logs.insert(std::string(folder) + key);
    if (!folder.empty()) logs.insert(std::string(FolderPrefix(folder.substr(0, folder.size() - 1))) + key);
  }
  return {logs.begin(), logs.end()};
}

Copies::Verdict Copies::IsCopyOf(const std::string& key, const std::string& path, const OpenedFile& file, const std::string& followed) {
  std::optional<uint64_t> own;  // how much of it was read at its own path
  const auto [from, to] = open_.equal_range(key);
  for (auto at = from; at != to; ++at) {
    const FollowedFile* open = at->second->file;
    if (open == nullptr || !IsRelated(open->name(), path)) continue;
    const bool direct = siblings_.IsRotated(open->name(), path);
    if (open->name() == path && !open->searching()) {
      if (IsSameContent(file, open->print(), std::nullopt)) own = std::max(own.value_or(0), open->print().read());
      continue;
    }
    if (const Verdict verdict = CompareWithOpen(file, *open, direct)) return verdict;
  }
  for (const std::string& log : LogsNear(key, path, followed)) {
    for (const FilePosition& left : registry_.LeftOf(log)) {
      if (SameFile(left.id, file.look.id) || !IsRelated(left.path, path)) continue;
      const bool here = left.path == path;
      if (!IsSameContent(file, Fingerprint::From(left), here ? std::nullopt : std::optional(left.size))) continue;
      if (!here) return kCopy;
      own = std::max(own.value_or(0), left.read);
    }
  }
  return own ? RestOf(file, *own) : Verdict();
}

Copies::Verdict Copies::CompareWithOpen(const OpenedFile& file, const FollowedFile& open, bool direct) {
  if (open.searching()) return open.MayBe(file) ? kLater : Verdict();
  if (!open.moved() && (open.HasLostPath() || !open.Intact())) return kLater;  // it will notice
  if (open.moved() || file.gzip || !direct) {
    const auto now = open.Now();
    const bool same = IsSameContent(file, open.print(), open.size()) || (now && IsSameContent(file, *now, now->read()));
    if (!same && !open.moved() && !open.Intact()) return kLater;  // truncated just now
    return same ? kCopy : Verdict();
  }
  if (file.look.size == 0) return kLater;
  const auto look = LookAt(open.fd());
  const bool all_in_it = look && file.look.size <= look->size && AlikeUpTo(file.look.size, file.fd.get(), open.fd());
  if (!all_in_it) return open.Intact() ? Verdict() : kLater;
  return file.look.size <= open.print().read() ? kCopy : kLater;
}

void Copies::NoteCopy(const std::string& path, const OpenedFile& file) {
  if (copies_.size() >= kMostCopies) copies_.erase(copies_.begin());
  copies_[file.look.id] = file.look;
  const auto print = file.gzip ? std::nullopt : Fingerprint::Of(file.fd.get(), file.look.size);
  if (!print) return;
  FilePosition copy{.path = path, .id = file.look.id, .tail = {}, .size = file.look.size, .modified_ns = file.look.modified_ns};
  print->Describe(&copy);
  copy.moved = copy.finished = true;
  registry_.Leave(std::move(copy));
}

}  // namespace logmill
