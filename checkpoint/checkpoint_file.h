// The files of a state folder, as they are read: by the daemon at its start, and by whoever wants to look into them.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace logmill {

namespace checkpoint_files {
inline constexpr char kCurrent[] = "checkpoint";            // the newest
inline constexpr char kTemporary[] = "checkpoint.tmp";      // being written; the newest when a crash came between two renames
inline constexpr char kPrevious[] = "checkpoint.previous";  // the one before
inline constexpr char kDamaged[] = "checkpoint.damaged-";   // and a number: set aside
inline constexpr char kLock[] = "lock";                     // held while a daemon runs; its process id is in it
}  // namespace checkpoint_files

struct CheckpointReadError {
  enum class Kind : uint8_t {
    kMissing,
    kDenied,   // may not be read
    kDamaged,  // also when the disk cannot give it, and when it is no regular file or larger than kMaxCheckpointBytes
    kNewer,
  };
  Kind kind = Kind::kDamaged;
  std::string message{};  // "PATH is damaged: ..."
};

// A checkpoint of 10 million series is smaller.
inline constexpr size_t kMaxCheckpointBytes = size_t{1} << 30;

struct CheckpointFile {
  std::string name{};  // one of checkpoint_files
  size_t bytes = 0;
  std::expected<Checkpoint, CheckpointReadError> content;
};

// Reads one file. Nothing is changed.
CheckpointFile ReadCheckpointFile(const std::string& path);

// kCurrent, kTemporary and kPrevious of a folder, in this order, without those that are missing. `name` is without the folder.
std::vector<CheckpointFile> ReadCheckpointFiles(const std::string& folder);

// The whole one with the highest generation, or null.
CheckpointFile* NewestOf(std::vector<CheckpointFile>& files);

}  // namespace logmill
