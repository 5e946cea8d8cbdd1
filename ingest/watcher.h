// Wakes a worker when something happens to its files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/file_descriptor.h"

namespace logmill {

// One inotify instance on the directories of the paths (and, where a path is a symbolic link, on its target's directory), so that the
// number of files does not matter. Where inotify cannot be had, or a directory cannot be watched, Wait() returns at least every
// poll_interval_ms, and complaints() says why. All of one thread, but Wake().
class Watcher {
 public:
  struct Options {
    int poll_interval_ms = 250;
    bool use_inotify = true;
  };
  enum class Event : uint8_t { kTimeout, kChanged, kWoken };

  Watcher() : Watcher(Options()) {}
  explicit Watcher(Options options);
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // A path, which need not exist, or a pattern without wildcards in its directories. Adding a directory twice does nothing.
  void Add(const std::string& path);

  // Sleeps until Wake(), a change in a directory or the time-out (-1: none). Changes that happened since the last Wait() count.
  // kTimeout may come early. kWoken may hide a change. Whatever comes, look at every file.
  Event Wait(int timeout_ms);

  // From any thread and from signal handlers. Not lost when nobody waits just now.
  void Wake() const;

  // True while some directory is looked after by polling.
  [[nodiscard]] bool polling() const;
  // What a person should know: new ones since the last call, each once.
  std::vector<std::string> TakeComplaints();

 private:
  struct Directory {
    std::string path;
    int watch = -1;
    bool complained = false;
  };

  void AddDirectory(std::string path);
  void Watch(Directory& directory);
  void WatchMissing();
  bool DrainEvents();
  bool DrainWakes() const;
  [[nodiscard]] int Bounded(int timeout_ms) const;

  Options options_;
  FileDescriptor wake_;
  FileDescriptor inotify_;
  std::vector<Directory> directories_;
  std::vector<std::string> complaints_;
};

}  // namespace logmill
