// The files of one `file:` entry: which exist, which are new, which were rotated away, and where reading goes on after a restart.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "sources/copies.h"
#include "sources/file_registry.h"
#include "sources/follow_file.h"
#include "sources/patience.h"
#include "sources/position.h"
#include "sources/shared_files.h"
#include "sources/siblings.h"
#include "sources/source.h"
#include "sources/watcher.h"

namespace logmill {

struct FileSetOptions {
  std::string pattern = {};               // a path or a glob
  std::vector<std::string> rotated = {};  // globs where rotated files go, when that is not the file's own folder or one directly in it
  StartAt start = StartAt::kStart;        // of files that are there at the first search and were never seen
  std::string source = {};                // the name of the entry
  std::vector<SharedFiles::Entry> before = {};  // other entries, whose the files are that they match, too
  unsigned index = 0;                           // of `count` workers: a file belongs to one of them, by its path; so do its rotated names
  unsigned count = 1;
};

// Used by one worker. What was a file stays one endless, exact stream through rotation, truncation and restarts:
//
// - A file that is found under a position of an earlier life (device, inode and birth; and its head and tail are the ones that were
//   read) is read on from there. If the path has another file now, the old one is looked for among its rotated siblings (same folder, its
//   direct subfolders, `rotated`), first by identity, then by content: a copy that copytruncate made, or a .gz of it. Generations between
//   the old one and the one that has the path now are read whole. Oldest first.
// - The same happens while running when several rotations fell between two looks.
// - A copy of what was read already (copytruncate with a glob that matches the copy) is known by its content and not read again.
// - What cannot be found any more is counted as lost: size at the last look minus what was read.
//
// When it is in doubt whether two files have the same content, these rules decide; sources/copies.h has those about copies (R: what was
// read, C: a file that was never seen):
// - The path has a file with another identity: it is another file, unless it has everything that was read at the same place and that was
//   4096 bytes or more (a file that is brought here by rsync, or was restored).
// - The path has the same file, but not everything that was read is in it at its place: it was truncated.
// - A generation between two that were seen: a C with a rotated name that is no copy of R, nor of what has the path now, was written to no
//   earlier than the older one at the last look when that had the path, and (plain files) was born no earlier.
// - The path leads nowhere, or to an empty file: generations are looked for at once, and the one written to last keeps the path, unless it
//   is a copy of the empty file.
// - Names that are no rotated names of each other: different files, however alike. Names of the same inode: one file, read once.
//
// What nobody can know: whether a .gz was renamed or copied: by its time, so that a rotation may count as a truncation. Generations that
// were deleted before a checkpoint knew of them are not counted again after a kill.
class FileSet {
 public:
  // Everything referenced outlives the set and its sources. `positions`: of this entry, from the checkpoint, whichever worker had them;
  // those of other workers' paths are only remembered. It watches what it needs with `watcher`.
  FileSet(FileSetOptions options, std::vector<Position> positions, FileRegistry& registry, Watcher& watcher, const Clock& clock);
  FileSet(const FileSet&) = delete;
  FileSet& operator=(const FileSet&) = delete;

  // How a file lost its path.
  enum class Change : uint8_t { kNone, kRotated, kTruncated };

  // A file that has to be read from now on.
  struct Found {
    std::unique_ptr<Source> source;
    std::string path;    // the followed path (also of a rotated generation)
    bool moved = false;  // a rotated generation: to be read to its kEnd; the path itself is another Found
    // To be counted: a change that no kMoved tells, because it came before the file was found. Together as many as there were files that
    // followed the first one at the path, whether that was seen when it happened or later.
    Change change = Change::kNone;
    // When it does not begin at 0: where an earlier life left it (offset, mid_line and pending are the stream's), or where it was left in
    // this one, or the end of the file (StartAt::kEnd). One that cannot be found any more comes too: its source says kEnd, `lost`.
    std::optional<Position> position;
  };
  // Looks for files. To be called at the start, whenever the watcher saw names come or go, after a source said kMoved or kEnd, and now
  // and then. At most `most` are opened (what an earlier life had open always is); truncated() says whether more were there. A path that
  // does not exist is found when it does. Cost: one walk over the folder.
  std::vector<Found> Find(size_t most);
  [[nodiscard]] bool truncated() const { return truncated_; }
  // Whether the last search left something with content for later, because another file has to be read or found first: search again soon.
  [[nodiscard]] bool undecided() const { return undecided_; }

  // Paths that match, but whose file another entry reads: new ones since the last call.
  std::vector<SharedFiles::Shared> TakeShared() { return shared_.Take(); }

  // Files read to their end and remembered, for the checkpoint (Position::file with `finished`).
  [[nodiscard]] std::vector<FilePosition> Finished() const;

 private:
  using Link = FollowedFile::Link;
  enum class Opened : uint8_t { kAll, kLater, kNoRoom };
  struct Generation {
    OpenedFile file;
    uint64_t offset;
  };

  // What is there now was never seen, and nothing was read that it could be a copy of.
  [[nodiscard]] bool IsFirstLife() const { return first_ && !had_positions_; }
  [[nodiscard]] bool Mine(const std::string& path) const;
  [[nodiscard]] bool Matches(const std::string& path) const;
  [[nodiscard]] bool Followed(const std::string& path) const;
  void NoteFinished(const FilePosition& file);
  std::vector<std::string> Walk();
  void SearchAgain();
  void FindBetween();
  void FindAfter();
  bool IsInPlace(const std::string& path, const Link& link);
  void Restore();
  void RestoreCurrent(const std::string& path, const Position& position);
  void KeepPath(const std::string& path, size_t first, const FileLook* there);
  [[nodiscard]] Change HowItLeft(const std::string& path, const FollowedFile& file, const FileId& id);
  bool OpenPath(const std::string& path);
  void Block(const std::string& path);
  Opened OpenGenerations(const std::string& path, const Link& before, const OpenedFile* current);
  bool ListGenerations(const std::string& path, const Siblings::Files& names, const Link& before, const OpenedFile* current,
                       std::vector<Generation>* generations);
  Copies::Start StartOf(const std::string& path, const OpenedFile& file, const std::string& followed);
  bool PutOff(const std::string& path, const FileLook& look);
  [[nodiscard]] bool WasRead(const FileLook& look) const;
  FollowedFile& Add(const std::string& path, std::unique_ptr<FollowedFile> source, std::optional<Position> position);
  bool AddOpen(const std::string& path, OpenedFile file, uint64_t offset, bool moved);
  void ForgetPaths(const std::vector<std::string>& present);
  [[nodiscard]] FollowedFile::World world() const { return {&registry_, &clock_, siblings_, source_}; }

  const FileSetOptions options_;
  const bool glob_;
  const bool had_positions_;
  FileRegistry& registry_;
  Watcher& watcher_;
  const Clock& clock_;
  const std::shared_ptr<Siblings> siblings_;
  const std::shared_ptr<const std::string> source_ = std::make_shared<const std::string>(options_.source);
  std::map<std::string, std::vector<Position>> positions_;        // by path, until the first search
  std::unordered_map<std::string, std::shared_ptr<Link>> paths_;  // who has, or had, the path
  Copies::OpenFiles open_;
  Copies copies_;
  std::unordered_set<std::string> later_;  // paths that are watched, though not followed yet
  Patience patience_{clock_};              // with paths whose generations cannot be told apart yet
  PatienceWithFiles put_off_{clock_};      // rotated names: whose file may be a copy of one that nobody reads yet
  SharedFiles shared_{registry_, options_.source, options_.before};
  std::vector<Found> found_;
  size_t room_ = 0;
  bool first_ = true;
  bool truncated_ = false;
  bool undecided_ = false;
};

}  // namespace logmill
