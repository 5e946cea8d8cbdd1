#include "ingest/watcher.h"

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

constexpr uint32_t kChanges = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF |
                              IN_MOVE_SELF | IN_ATTRIB | IN_ONLYDIR;

std::string DirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

std::string Reason() {
  if (errno == ENOSPC) return "the limit fs.inotify.max_user_watches is reached";
  if (errno == EMFILE) return "the limit fs.inotify.max_user_instances or of open files is reached";
  return std::generic_category().message(errno);
}

bool Readable(const pollfd& descriptor) { return (descriptor.revents & POLLIN) != 0; }

}  // namespace

Watcher::Watcher(Options options) : options_(options), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (options_.use_inotify) inotify_ = FileDescriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (options_.use_inotify && !inotify_.open()) complaints_.push_back("no inotify, files are polled instead: " + Reason());
}

void Watcher::Add(const std::string& path) {
  AddDirectory(DirectoryOf(path));
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return;
  const auto target = std::filesystem::canonical(path, error);
  if (!error) AddDirectory(DirectoryOf(target.string()));
}

void Watcher::AddDirectory(std::string path) {
  if (std::ranges::find(directories_, path, &Directory::path) != directories_.end()) return;
  Watch(directories_.emplace_back(Directory{.path = std::move(path)}));
}

void Watcher::Watch(Directory& directory) {
  if (!inotify_.open()) return;
  directory.watch = ::inotify_add_watch(inotify_.get(), directory.path.c_str(), kChanges);
  if (directory.watch >= 0 || std::exchange(directory.complained, true)) return;
  complaints_.push_back(directory.path + ": cannot be watched and is polled instead: " + Reason());
}

void Watcher::WatchMissing() {
  for (Directory& directory : directories_) {
    if (directory.watch < 0) Watch(directory);
  }
}

bool Watcher::polling() const {
  return std::ranges::any_of(directories_, [](const Directory& directory) { return directory.watch < 0; });
}

int Watcher::Bounded(int timeout_ms) const {
  if (!polling() && wake_.open()) return timeout_ms;
  return timeout_ms < 0 ? options_.poll_interval_ms : std::min(timeout_ms, options_.poll_interval_ms);
}

Watcher::Event Watcher::Wait(int timeout_ms) {
  WatchMissing();
  pollfd descriptors[] = {{.fd = wake_.get(), .events = POLLIN, .revents = 0}, {.fd = inotify_.get(), .events = POLLIN, .revents = 0}};
  if (::poll(descriptors, 2, Bounded(timeout_ms)) <= 0) return Event::kTimeout;
  const bool changed = Readable(descriptors[1]) && DrainEvents();
  if (Readable(descriptors[0]) && DrainWakes()) return Event::kWoken;
  return changed ? Event::kChanged : Event::kTimeout;
}

bool Watcher::DrainEvents() {
  alignas(inotify_event) char buffer[16 << 10];
  bool any = false;
  ssize_t bytes = 0;
  while ((bytes = ::read(inotify_.get(), buffer, sizeof(buffer))) > 0) {
    any = true;
    for (ssize_t at = 0; at < bytes;) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof(event));
      at += static_cast<ssize_t>(sizeof(event) + event.len);
      if ((event.mask & (IN_IGNORED | IN_MOVE_SELF)) == 0) continue;
      const auto gone = std::ranges::find(directories_, event.wd, &Directory::watch);
      if (gone == directories_.end()) continue;
      if ((event.mask & IN_MOVE_SELF) != 0) ::inotify_rm_watch(inotify_.get(), event.wd);
      gone->watch = -1;
    }
  }
  return any;
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
