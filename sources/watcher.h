// Wakes a worker when something happens to its files, and says to which.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sources/file_descriptor.h"

namespace logmill {

// One inotify instance on the folders of the paths (and, where a path is a symbolic link, on the folders of everything it leads over), so
// that the number of files does not matter. Where inotify cannot be had, or a folder cannot be watched, Wait() returns at least every
// poll_interval_ms and names every path there, and TakeComplaints() says why. All of one thread, but Wake().
class Watcher {
 public:
  struct Options {
    int poll_interval_ms = 250;
    bool use_inotify = true;  // false: polling only, as for network file systems, where inotify does not see what other machines write
  };
  enum class Event : uint8_t { kTimeout, kChanged, kWoken };
  // What happened.
  struct Changes {
    std::vector<std::string> paths;  // that were written to, created, renamed or deleted, each once: read them. As they were added
    bool names = false;              // names came or went in a folder: search for files
    bool everything = false;         // events were lost: look at every file and search (`paths` is empty then)
  };

  Watcher() : Watcher(Options()) {}
  explicit Watcher(Options options);
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // A path, which need not exist, no pattern. Adding it again finds out anew where it leads.
  void Add(const std::string& path);
  void Remove(const std::string& path);
  // A folder in which names may come and go ("" is the working one). Adding one twice does nothing.
  void AddFolder(const std::string& folder);

  // Sleeps until Wake(), a change in a folder or the time-out (-1: none). Changes that happened since the last Wait() count.
  // kTimeout may come early, after a poll interval. Whatever comes, TakeChanges() says what to do.
  Event Wait(int timeout_ms);
  // Since it was called last.
  Changes TakeChanges();

  // From any thread and from signal handlers. Not lost when nobody waits just now.
  void Wake() const;

  // True while some folder is looked after by polling.
  [[nodiscard]] bool polling() const { return !unwatched_.empty(); }
  // What a person should know: new ones since the last call, each once.
  std::vector<std::string> TakeComplaints();

 private:
  struct Folder {
    int watch = -1;
    bool complained = false;
    std::unordered_map<std::string, std::unordered_set<std::string>> paths;  // by the name in the folder
  };
  struct Place {
    std::string folder;
    std::string name;
  };

  void AddPlace(const std::string& path, const std::string& place);
  Folder& FolderAt(const std::string& path);
  void Watch(const std::string& path, Folder& folder);
  void Unwatch(int watch);
  void WatchMissing();
  bool DrainEvents();
  void Take(int watch, uint32_t mask, const std::string& name);
  void ChangeAll(const Folder& folder);
  void Poll();
  bool DrainWakes() const;
  [[nodiscard]] int Bounded(int timeout_ms) const;

  Options options_;
  FileDescriptor wake_;
  FileDescriptor inotify_;
  std::map<std::string, Folder> folders_;
  std::unordered_multimap<int, std::string> watched_;           // several names may lead to one folder
  std::unordered_set<std::string> unwatched_;                   // folders
  std::unordered_map<std::string, std::vector<Place>> places_;  // by path
  std::unordered_set<std::string> changed_;
  std::chrono::steady_clock::time_point polled_at_{};
  bool names_ = false;
  bool everything_ = false;
  std::vector<std::string> complaints_;
};

}  // namespace logmill
