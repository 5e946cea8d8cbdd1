#include "sources/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace logmill {
namespace {

constexpr uint32_t kNames = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr uint32_t kChanges = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | kNames;
constexpr int kMostLinks = 16;

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string Reason() {
  if (errno == ENOSPC) return "the limit fs.inotify.max_user_watches is reached";
  if (errno == EMFILE) return "the limit fs.inotify.max_user_instances or of open files is reached";
  return std::generic_category().message(errno);
}

bool Readable(const pollfd& descriptor) { return (descriptor.revents & POLLIN) != 0; }

constexpr int kReadsAtOnce = 128;  // of events, some hundred each: more than the system keeps

}  // namespace

Watcher::Watcher(Options options) : options_(options), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (options_.use_inotify) inotify_ = FileDescriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (options_.use_inotify && !inotify_.open()) complaints_.push_back("no inotify, files are polled instead: " + Reason());
}

void Watcher::Add(const std::string& path) {
  Remove(path);
  std::filesystem::path place = path;
  for (int links = 0; links < kMostLinks; ++links) {
    AddPlace(path, place.string());
    std::error_code error;
    const auto target = std::filesystem::read_symlink(place, error);
    if (error) return;
    place = place.parent_path() / target;
  }
}

void Watcher::AddPlace(const std::string& path, const std::string& place) {
  Place at{.folder = FolderOf(place), .name = std::filesystem::path(place).filename().string()};
  FolderAt(at.folder).paths[at.name].insert(path);
  places_[path].push_back(std::move(at));
}

void Watcher::Remove(const std::string& path) {
  const auto places = places_.find(path);
  if (places == places_.end()) return;
  for (const Place& place : places->second) {
    auto& paths = folders_[place.folder].paths;
    const auto at = paths.find(place.name);
    if (at == paths.end()) continue;
    at->second.erase(path);
    if (at->second.empty()) paths.erase(at);
  }
  places_.erase(places);
}

void Watcher::AddFolder(const std::string& folder) {
  FolderAt(FolderOf(folder.empty() || folder.ends_with('/') ? folder + "x" : folder + "/x"));
}

Watcher::Folder& Watcher::FolderAt(const std::string& path) {
  const auto [at, is_new] = folders_.try_emplace(path);
  if (is_new) Watch(path, at->second);
  return at->second;
}

void Watcher::Watch(const std::string& path, Folder& folder) {
  if (inotify_.open()) folder.watch = ::inotify_add_watch(inotify_.get(), path.c_str(), kChanges | IN_ONLYDIR);
  if (folder.watch >= 0) {
    watched_.emplace(folder.watch, path);
    unwatched_.erase(path);
    return;
  }
  unwatched_.insert(path);
  if (!inotify_.open() || std::exchange(folder.complained, true)) return;
  complaints_.push_back(path + ": cannot be watched and is polled instead: " + Reason());
}

// What happened in a folder before it could be watched is not known.
void Watcher::WatchMissing() {
  if (!inotify_.open()) return;
  for (const std::string& path : std::vector<std::string>(unwatched_.begin(), unwatched_.end())) {
    Folder& folder = folders_[path];
    Watch(path, folder);
    if (folder.watch >= 0) ChangeAll(folder);
  }
}

void Watcher::Unwatch(int watch) {
  const auto [from, to] = watched_.equal_range(watch);
  for (auto at = from; at != to; ++at) {
    folders_[at->second].watch = -1;
    unwatched_.insert(at->second);
  }
  watched_.erase(from, to);
}

int Watcher::Bounded(int timeout_ms) const {
  if (!polling() && wake_.open()) return timeout_ms;
  return timeout_ms < 0 ? options_.poll_interval_ms : std::min(timeout_ms, options_.poll_interval_ms);
}

Watcher::Event Watcher::Wait(int timeout_ms) {
  WatchMissing();
  pollfd descriptors[] = {{.fd = wake_.get(), .events = POLLIN, .revents = 0}, {.fd = inotify_.get(), .events = POLLIN, .revents = 0}};
  const int ready = ::poll(descriptors, 2, Bounded(timeout_ms));
  if (ready == 0 || std::chrono::steady_clock::now() - polled_at_ >= std::chrono::milliseconds(options_.poll_interval_ms)) Poll();
  if (ready <= 0) return Event::kTimeout;
  const bool changed = Readable(descriptors[1]) && DrainEvents();
  if (Readable(descriptors[0]) && DrainWakes()) return Event::kWoken;
  return changed ? Event::kChanged : Event::kTimeout;
}

Watcher::Changes Watcher::TakeChanges() {
  Changes changes{.paths = {}, .names = std::exchange(names_, false), .everything = std::exchange(everything_, false)};
  if (!changes.everything) changes.paths.assign(changed_.begin(), changed_.end());
  changed_.clear();
  return changes;
}

void Watcher::Poll() {
  polled_at_ = std::chrono::steady_clock::now();
  for (const std::string& path : unwatched_) ChangeAll(folders_[path]);
}

void Watcher::ChangeAll(const Folder& folder) {
  names_ = true;
  for (const auto& [name, paths] : folder.paths) changed_.insert(paths.begin(), paths.end());
}

bool Watcher::DrainEvents() {
  alignas(inotify_event) char buffer[16 << 10];
  bool any = false;
  ssize_t bytes = 0;
  // Somebody who writes to the folder all the time must not keep us here.
  for (int reads = 0; reads < kReadsAtOnce && (bytes = ::read(inotify_.get(), buffer, sizeof(buffer))) > 0; ++reads) {
    any = true;
    for (ssize_t at = 0; at < bytes;) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof(event));
      const char* const name = buffer + at + sizeof(event);
      Take(event.wd, event.mask, std::string(name, ::strnlen(name, event.len)));
      at += static_cast<ssize_t>(sizeof(event) + event.len);
    }
  }
  return any;
}

void Watcher::Take(int watch, uint32_t mask, const std::string& name) {
  if ((mask & IN_Q_OVERFLOW) != 0) everything_ = true;
  const auto [from, to] = watched_.equal_range(watch);
  for (auto at = from; at != to; ++at) {
    const Folder& folder = folders_[at->second];
    const auto paths = folder.paths.find(name);
    const bool known = paths != folder.paths.end();
    if (known) changed_.insert(paths->second.begin(), paths->second.end());
    // A file that nobody follows and that was written is looked at again: it may have been empty, or a copy in the making.
    if ((mask & kNames) != 0 || (!known && (mask & (IN_CLOSE_WRITE | IN_ATTRIB)) != 0)) names_ = true;
    if ((mask & (IN_IGNORED | IN_MOVE_SELF)) != 0) ChangeAll(folder);
  }
  if ((mask & IN_MOVE_SELF) != 0) ::inotify_rm_watch(inotify_.get(), watch);
  if ((mask & (IN_IGNORED | IN_MOVE_SELF)) != 0) Unwatch(watch);
}

bool Watcher::DrainWakes() const {
  uint64_t count = 0;
  return ::read(wake_.get(), &count, sizeof(count)) > 0;
}

void Watcher::Wake() const {
  const int saved = errno;  // a signal handler must leave it alone
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
  errno = saved;
}

std::vector<std::string> Watcher::TakeComplaints() { return std::exchange(complaints_, {}); }

}  // namespace logmill
