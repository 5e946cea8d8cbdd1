// One followed file of a set.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sources/file_registry.h"
#include "sources/fingerprint.h"
#include "sources/gzip_reader.h"
#include "sources/head_check.h"
#include "sources/open_file.h"
#include "sources/siblings.h"
#include "sources/source.h"

namespace logmill {

// Reads one file from an offset on and keeps up with what becomes of it:
// - Another file with something in it has the path: kMoved, once; then what the writer still says, and kEnd when that has been quiet for
//   kQuietTime. The same when the file was deleted.
// - The file is shorter than what was read; or before the place where reading goes on, or at its beginning, other bytes stand than those
//   that were read: it was truncated (and may have grown again). kMoved, `truncated`. The copy that was made of it is looked for: see
//   Search(). Reading goes on in it, at the same offset, and ends as above. When there is none: kEnd, `lost`.
// - The file cannot be opened (no permission, a directory): kError at every Read(), until it can.
class FollowedFile final : public Source {
 public:
  // What the set remembers of it; the set and the source share it.
  struct Link {
    FollowedFile* file = nullptr;  // null once it was destroyed or has said kEnd
    bool has_path = true;          // the path is its; false after kMoved and kEnd
    int64_t modified_ns = 0;       // at the last look while it had the path; while it is empty: at the first
    int64_t born_ns = 0;           // 0: not known, or a copy may have taken its place
    bool deleted = false;          // it has ended while the path was its
    bool began = false;            // it was empty, and is not any more: others may have come and gone through it by copytruncate
  };
  struct World {
    FileRegistry* registry;
    const Clock* clock;
    std::shared_ptr<Siblings> siblings;
    std::shared_ptr<const std::string> source;  // the name under which it takes files
  };

  // A file that is open, and that the caller has taken from the registry, from `offset` on. `whole`: of all that was in it at that look.
  FollowedFile(std::string path, World world, OpenedFile file, const Fingerprint& whole, uint64_t offset, bool moved);
  // The file that `position` tells of; where is still to be found out. Either the path is the file's but cannot be opened just now
  // (`moved` false), or it has to be looked for: Search().
  FollowedFile(std::string path, World world, const Position& position, bool moved);
  ~FollowedFile() override;
  FollowedFile(const FollowedFile&) = delete;
  FollowedFile& operator=(const FollowedFile&) = delete;

  ReadResult Read(std::span<char> room) override;
  [[nodiscard]] uint64_t LagBytes() const override;
  [[nodiscard]] bool HasMore() const override;
  bool Locate(uint64_t offset, Position* position) override;
  [[nodiscard]] bool found() const override { return !searching() && !(gzip_ && !damaged_ && !gzip_->complete()); }
  [[nodiscard]] std::chrono::nanoseconds SinceWritten() const override;
  [[nodiscard]] bool waiting() const override { return away_ || quiet_since_.has_value(); }
  [[nodiscard]] const std::string& name() const override { return path_; }

  // Looks for the file that was read, among the names near the path:
  // 1. the file itself, by device, inode and birth, if it still has what was read in it;
  // 2. a file with a rotated name that has what was read in it: plain, then .gz; one of which nothing was read: a .gz that was last written
  //    to at the same time;
  //    Not one that was written to last before the file was (but logrotate's .gz of a copy); of several the one that was written to first.
  // 3. a file with a rotated name that has only the beginning of what was read: a copy that was made before the last lines came.
  bool Search();
  [[nodiscard]] bool searching() const { return !ended_ && !file_.fd.open(); }
  // While it is searched for: whether the file may be it.
  [[nodiscard]] bool MayBe(const OpenedFile& file) const;
  // A file that was renamed, while the path leads nowhere or to an empty file: its writer may go on with it.
  void KeepPath();
  [[nodiscard]] bool CanKeepPath() const { return file_.fd.open() && !gzip_ && (position_.path.empty() || position_.id == file_.look.id); }

  [[nodiscard]] const FileId& id() const { return file_.look.id; }  // of the open file; all zero when none is

  [[nodiscard]] const std::shared_ptr<Link>& link() const { return link_; }
  // Of all that was read, or seen without being read.
  [[nodiscard]] const Fingerprint& print() const { return known_.read() > print_.read() ? known_ : print_; }
  // It was empty, and was written to.
  [[nodiscard]] bool HasBegun() const;
  [[nodiscard]] const FileLook& look() const { return file_.look; }
  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] bool moved() const { return moved_; }
  // Another file with something in it has the path.
  [[nodiscard]] bool HasLostPath() const;
  // Of all that stands in it now; nothing when it is compressed, not open, or was truncated.
  [[nodiscard]] std::optional<Fingerprint> Now() const;
  // Open, plain, and everything that was read is in it.
  [[nodiscard]] bool Intact() const;
  [[nodiscard]] int fd() const { return file_.fd.get(); }

 private:
  std::optional<ReadResult> OpenBlocked();
  ReadResult SearchOn();
  ReadResult ReadPlain(std::span<char> room);
  ReadResult ReadGzip(std::span<char> room);
  std::optional<bool> StandsAsKnown() const;
  std::optional<bool> BeginsAsBefore(std::span<const char> read);
  ReadResult Took(std::span<const char> bytes);
  ReadResult AtEnd();
  ReadResult EndWhenQuiet();
  ReadResult Move(bool truncated);
  ReadResult Truncated();
  ReadResult TruncatedWhileRead(uint64_t behind);
  ReadResult End();
  bool SearchOnce();
  std::vector<std::string> RotatedNames();
  bool TryContent();
  [[nodiscard]] bool IsCompressedCopy(const OpenedFile& file) const;
  [[nodiscard]] bool CanBeEarlier(const OpenedFile& file, Likeness likeness) const;
  bool TryBeginning(OpenedFile file);
  bool Adopt(OpenedFile file);
  void Use(OpenedFile file);
  void Look(const FileLook& look);
  void Know(uint64_t size, uint64_t end);
  void NoteSeen(const FileLook& look, uint64_t end);
  [[nodiscard]] bool skipping() const { return print_.read() < offset_; }
  [[nodiscard]] FilePosition Describe(const Fingerprint& print) const;

  const std::string path_;
  const World world_;
  const std::shared_ptr<Link> link_;
  OpenedFile file_;
  std::unique_ptr<GzipReader> gzip_;  // of file_, when it is compressed
  HeadCheck head_;                    // of file_, when it is not
  uint64_t offset_ = 0;               // of the next byte
  uint64_t size_ = 0;                 // most bytes that are known to have been there
  Fingerprint print_;                 // of [0, offset_); of less while a .gz is read up to there
  Fingerprint known_;                 // of what was there at a look, though not read yet; while it is looked for: of what is to be found
  FilePosition position_;             // of what is looked for
  int64_t seen_ns_ = 0;               // when it was last written to, at a look after all that is known of it was seen; 0: not known
  std::optional<std::chrono::nanoseconds> quiet_since_;
  bool away_ = false;  // at its end the path did not lead to it: no watch tells what its writer still says
  bool moved_ = false;
  bool blocked_ = false;
  bool damaged_ = false;
  bool ended_ = false;
};

}  // namespace logmill
