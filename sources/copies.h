// Which files are copies of files that were read: what copytruncate leaves, and what is compressed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sources/file_registry.h"
#include "sources/fingerprint.h"
#include "sources/follow_file.h"
#include "sources/open_file.h"
#include "sources/siblings.h"

namespace logmill {

// Everything that was read is in it, at the same place.
bool HasWhole(const OpenedFile& file, const Fingerprint& print);
// All of a plain file stands in the other one, as far as its own first and last bytes tell.
bool IsPartOf(const OpenedFile& file, const OpenedFile& whole);
// Whether what a file says was once in `later`, a file that goes on with something else: that one was there when it was written.
bool IsCopyFrom(const FileLook& file, bool gzip, const FileLook& later);

// Of one FileSet. Names say which files may have to do with each other, content says whether they do: what tells is how a file begins
// (4096 bytes), what stands before the place up to which it was read (128 bytes), and at milestones on the way there (fingerprint.h).
// These rules decide (R: what was read, C: a file that nobody reads, and that has a rotated name of R's path):
//
// - C was read itself, or found to be a copy, and has not changed since: nothing is to be read. If it grew: its rest, or all that the
//   rules below say.
// - R still is at its path: C is a copy when all of it stands in R (its own first 4096 and last 128 bytes are compared). While it has
//   more than was read of R, or is empty, it is looked at again later: it may be a copy in the making, or R may be about to be truncated.
// - R was truncated just now, or is not at its path any more, and does not know yet: later.
// - R has left its path: C is a copy when it has everything that was read of R, and that was 4096 bytes or more, or the two have the same
//   size. Otherwise it is another generation.
// - C has R's path itself: it was brought here by rsync, or was restored. When it has everything that was read of R, and that was 4096
//   bytes or more, only its rest is read.
// - R is looked for: C is R's if it has everything that was read of R; or all of C was read: then it is a copy that was made before the
//   last lines came (FollowedFile::Search). The search takes it or leaves it; later.
//
// What nobody can know: whether C is a copy when it has less than 16 bytes, or when nothing but a beginning that many files share is in it.
class Copies {
 public:
  using OpenFiles = std::unordered_multimap<std::string, std::shared_ptr<FollowedFile::Link>>;  // by RotationKey()

  // Everything outlives it. `open`: the files of the set that are read or looked for.
  Copies(FileRegistry& registry, Siblings& siblings, const OpenFiles& open);

  // What is to be done with a file.
  struct Start {
    bool read = false;
    bool later = false;                    // it has to be asked again
    std::optional<uint64_t> left_at = {};  // up to where it was read before, if it was
  };
  // Of a file that nobody reads: `path` leads to it, and it is about what is followed by the path `followed`. `compare`: false when there
  // is nothing that was read of which it could be a copy, so that it is only asked whether it was read itself.
  Start StartOf(const std::string& path, const OpenedFile& file, const std::string& followed, bool compare);
  // Whether it was found to be a copy, and is left alone.
  [[nodiscard]] bool Has(const FileId& id) const { return copies_.contains(id); }

 private:
  // Nothing when it is none; with neither `read` nor `later`, it is one.
  using Verdict = std::optional<Start>;

  Verdict IsCopy(const std::string& path, const OpenedFile& file, const std::string& followed);
  Verdict IsCopyOf(const std::string& key, const std::string& path, const OpenedFile& file, const std::string& followed);
  std::vector<std::string> LogsNear(const std::string& key, const std::string& path, const std::string& followed);
  bool IsRelated(const std::string& path, const std::string& name);
  static Verdict CompareWithOpen(const OpenedFile& file, const FollowedFile& open, bool direct);
  void NoteCopy(const std::string& path, const OpenedFile& file);

  FileRegistry& registry_;
  Siblings& siblings_;
  const OpenFiles& open_;
  std::map<FileId, FileLook> copies_;  // as they were when that was found out
};

}  // namespace logmill
