// Which files are being read, and which were read how far: so that a file that got another name, or has several, is read once.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "sources/position.h"

namespace logmill {

// Shared by all sources of a program; thread-safe.
class FileRegistry {
 public:
  // Before a source reads a file. False: another source reads it just now; keep off. Otherwise the caller has it, until Leave() or
  // Release(). What was known of it is forgotten: from now on the caller knows. `source`: the name of the caller's entry of `sources`.
  bool Take(const FileId& id, const std::string& source = {}) EXCLUDES(mutex_);
  [[nodiscard]] bool IsTaken(const FileId& id) const EXCLUDES(mutex_);
  // Which source has it; "" when none has, or it is only expected.
  [[nodiscard]] std::string TakenBy(const FileId& id) const EXCLUDES(mutex_);
  // The caller does not read it any more, and what it has read is not in it any more (truncated).
  void Release(const FileId& id) EXCLUDES(mutex_);
  // The caller leaves the file, read up to position.read. Also for files that nobody took (position.id may be zero then): they are
  // remembered as read so far.
  void Leave(FilePosition position) EXCLUDES(mutex_);

  // The same for what an earlier life has finished; does nothing when this life knows better.
  void Remember(FilePosition position) EXCLUDES(mutex_);
  // Files that an earlier life was reading are kept for the one who is going to read on: nobody can Take() them between Expect() and
  // Expected().
  void Expect(const FileId& id) EXCLUDES(mutex_);
  void Expected(const FileId& id) EXCLUDES(mutex_);

  // How far a file was read that nobody reads just now. Whether it is still the same one is for the caller to find out: by its content.
  // What is asked for is remembered longest.
  [[nodiscard]] std::optional<FilePosition> Known(const FileId& id) EXCLUDES(mutex_);
  // Files that were left, followed by a path whose CurrentPath() is `current`: the generations of one log.
  [[nodiscard]] std::vector<FilePosition> LeftOf(const std::string& current) const EXCLUDES(mutex_);
  // The CurrentPath()s of all that were left by a path whose RotationKey() is `key`.
  [[nodiscard]] std::vector<std::string> LogsCalled(const std::string& key) const EXCLUDES(mutex_);
  // All that were left, the one left or asked for longest ago first.
  [[nodiscard]] std::vector<FilePosition> Left() const EXCLUDES(mutex_);

 private:
  using Files = std::list<FilePosition>;
  using Log = std::list<Files::iterator>;       // its generations, in the order of left_
  static constexpr size_t kMostFiles = 65'536;  // that are remembered; then the first one is forgotten
  static constexpr size_t kMostOfLog =
      1024;  // the same for the generations of one log: those that are gone, too, as their copies need not be

  void Keep(FilePosition position) REQUIRES(mutex_);
  Log& LogOf(const FilePosition& position) REQUIRES(mutex_);
  [[nodiscard]] bool Has(const FilePosition& position) REQUIRES(mutex_);
  void Drop(Files::iterator file) REQUIRES(mutex_);
  void ForgetId(const FileId& id) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<FileId, std::string> taken_ GUARDED_BY(mutex_);  // by which source
  std::set<FileId> expected_ GUARDED_BY(mutex_);
  Files left_ GUARDED_BY(mutex_);  // in the order in which they were left or asked for
  std::map<FileId, Files::iterator> by_id_ GUARDED_BY(mutex_);
  std::map<std::string, std::map<std::string, Log>> by_key_ GUARDED_BY(mutex_);  // RotationKey(), CurrentPath()
};

}  // namespace logmill
