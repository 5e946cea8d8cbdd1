#include "sources/siblings.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <memory>
#include <set>

#include "sources/glob.h"
#include "sources/open_file.h"
#include "sources/rotated_name.h"

namespace logmill {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// The kernel gives files the time of its last tick: every 10 ms at the least (CONFIG_HZ=100).
constexpr int64_t kTimeStepNs = 20'000'000;

int64_t Nanoseconds(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

// By the clock that gives files their times.
int64_t Now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return Nanoseconds(now);
}

// When a name in it changed last; 0 when it is gone.
int64_t TimeOf(const std::string& folder) {
  struct stat status{};
  return ::stat(folder.empty() ? "." : folder.c_str(), &status) == 0 ? Nanoseconds(status.st_mtim) : 0;
}

bool IsFolder(const std::string& path, unsigned char type) {
  if (type != DT_UNKNOWN) return type == DT_DIR;
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string RealPathOf(const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> real(::realpath(path.c_str(), nullptr), &::free);
  return real ? std::string(real.get()) : path;
}

}  // namespace

Siblings::Siblings(std::vector<std::string> rotated, const Clock& clock) : rotated_(std::move(rotated)), clock_(clock) {}

void Siblings::Forget() {
  listings_.clear();
  real_paths_.clear();
  listed_at_ = clock_.Monotonic();
}

void Siblings::ForgetOld() {
  if (clock_.Monotonic() - listed_at_ > kFresh) Forget();
}

bool Siblings::Refresh() {
  real_paths_.clear();
  return std::erase_if(listings_,
                       [](const auto& entry) { return !entry.second.settled || TimeOf(entry.first) != entry.second.modified_ns; }) > 0;
}

Siblings::Listing& Siblings::List(const std::string& folder) {
  const auto [at, is_new] = listings_.try_emplace(folder);
  Listing& listing = at->second;
  if (!is_new) return listing;
  listing.modified_ns = TimeOf(folder);
  listing.settled = Now() - listing.modified_ns > kTimeStepNs;
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.empty() ? "." : folder.c_str()));
  while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    std::string path = folder + entry->d_name;
    const bool is_folder = IsFolder(path, entry->d_type);
    if (is_folder && listing.folders.size() < kMostFolders) listing.folders.push_back(path + "/");
    if (!is_folder) listing.names.push_back({.path = std::move(path), .inode = entry->d_ino});
  }
  std::ranges::sort(listing.names, {}, &Name::path);
  for (size_t i = 0; i < listing.names.size(); ++i) {
    listing.by_key.emplace(RotationKey(BaseName(listing.names[i].path)), i);
    listing.by_inode.emplace(listing.names[i].inode, i);
  }
  return listing;
}

const std::vector<Siblings::Name>& Siblings::In(const std::string& folder) {
  ForgetOld();
  return List(folder).names;
}

const std::string& Siblings::RealPath(const std::string& path) {
  const auto [at, is_new] = real_paths_.try_emplace(path);
  if (is_new) at->second = RealPathOf(path);
  return at->second;
}

std::vector<std::string> Siblings::FoldersOf(const std::string& path) {
  std::set<std::string> folders;
  for (const std::string* name : {&path, &RealPath(path)}) {
    const std::string folder(FolderPrefix(*name));
    folders.insert(folder);
    for (const std::string& below : List(folder).folders) folders.insert(below);
  }
  for (const std::string& glob : rotated_) {
    for (const std::string& prefix : ExpandGlob(std::string(FolderPrefix(glob)))) folders.insert(prefix);
  }
  return {folders.begin(), folders.end()};
}

std::vector<std::string> Siblings::RotatedOf(const std::string& path) {
  ForgetOld();
  std::vector<std::string> found;
  std::set<std::string> keys;
  for (const std::string* name : {&path, &RealPath(path)}) keys.insert(RotationKey(BaseName(*name)));
  for (const std::string& folder : FoldersOf(path)) {
    const Listing& listing = List(folder);
    for (const std::string& key : keys) {
      const auto [from, to] = listing.by_key.equal_range(key);
      for (auto at = from; at != to; ++at) {
        const std::string& other = listing.names[at->second].path;
        if (IsRotated(path, other)) found.push_back(other);
      }
    }
  }
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  std::ranges::stable_partition(found, [](const std::string& name) { return !HasGzipName(name); });
  return found;
}

Siblings::Files Siblings::RotatedFilesOf(const std::string& path) {
  Files files;
  for (std::string& name : RotatedOf(path)) {
    const auto look = LookAt(name);
    files.emplace_back(std::move(name), look ? std::optional(look->id) : std::nullopt);
  }
  return files;
}

std::vector<std::string> Siblings::WithInode(const std::string& path, uint64_t inode) {
  ForgetOld();
  std::vector<std::string> found;
  for (const std::string& folder : FoldersOf(path)) {
    const Listing& listing = List(folder);
    const auto [from, to] = listing.by_inode.equal_range(inode);
    for (auto at = from; at != to; ++at) found.push_back(listing.names[at->second].path);
  }
  return found;
}

uint64_t Siblings::InodeOf(const std::string& path) {
  const std::vector<Name>& names = In(std::string(FolderPrefix(path)));
  const auto at = std::ranges::lower_bound(names, path, {}, &Name::path);
  return at != names.end() && at->path == path ? at->inode : 0;
}

bool Siblings::IsRotated(const std::string& path, const std::string& other) {
  for (const std::string* name : {&path, &RealPath(path)}) {
    if (other == *name) return false;
    const std::string_view folder = FolderPrefix(*name);
    const std::string_view other_folder = FolderPrefix(other);
    const bool here = folder == other_folder;
    const bool below = other_folder.starts_with(folder) && other_folder.find('/', folder.size()) + 1 == other_folder.size();
    const bool elsewhere = std::ranges::any_of(
        rotated_, [&other](const std::string& glob) { return ::fnmatch(glob.c_str(), other.c_str(), FNM_PATHNAME) == 0; });
    const std::string_view base = BaseName(*name);
    const bool moved_only = !here && BaseName(other) == base;
    if ((here || below || elsewhere) && (moved_only || IsRotatedName(base, BaseName(other)))) return true;
  }
  return false;
}

}  // namespace logmill
