// A source makes one path look like one endless stream of bytes: rotation and truncation end here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "ingest/file_registry.h"

namespace logmill {

// Result of one Read().
struct ReadResult {
  enum class Status : uint8_t {
    kData,   // `bytes` were read; there may be more
    kIdle,   // nothing now; more may come (followed sources only)
    kBreak,  // the file was truncated: finish the line that is pending, then go on from the file's start
    kMoved,  // another file has the path now. This source reads on what the old file's writer still has to say and ends after that; the
             // path has to be followed anew
    kEnd,    // nothing will ever come
    kError,  // `error` says what; try again later (followed) or give up (read to the end)
  };
  Status status = Status::kIdle;
  size_t bytes = 0;
  std::string error;
};

// One thread. Never blocks on a file; may block on a pipe when it is not followed.
class Source {
 public:
  virtual ~Source() = default;
  virtual ReadResult Read(std::span<char> room) = 0;
  // Bytes that exist but have not been read, as far as the source can know (0 otherwise).
  [[nodiscard]] virtual uint64_t LagBytes() const = 0;
  // What a person calls it: the path, or "stdin".
  [[nodiscard]] virtual const std::string& name() const = 0;
};

enum class StartAt : uint8_t { kStart, kEnd };

// Follows the file that a path leads to, as `tail -F` does. When another file takes the path: kMoved, once, and kEnd when the old one has
// been quiet for kQuietTime since; when the file was deleted, kEnd likewise. A file that shrinks is read again from its start. A path that
// does not exist yet is waited for (kIdle); one that cannot be opened, is no regular file or is compressed is kError and tried again.
// `start` holds for the file that is there at the first Read() only. Two rotations between two calls of Read() hide the file in between,
// and a file truncated and grown beyond its old size between them looks like one that grew.
// `registry` is shared by all followed files: a file that was renamed, or that two paths lead to, is read once. It and `clock` outlive the
// source.
std::unique_ptr<Source> FollowFile(std::string path, StartAt start, FileRegistry& registry, const Clock& clock);

// How long a file that lost its name is listened to: its writer may not have noticed yet.
inline constexpr std::chrono::milliseconds kQuietTime{1000};

// Reads bytes [begin, end) of a regular file, then kEnd. `end` beyond the file means its end.
std::expected<std::unique_ptr<Source>, std::string> ReadFileRange(const std::string& path, uint64_t begin, uint64_t end);

// Reads a file (or FIFO) to its end; recognises gzip by its first bytes (concatenated members too), whatever the name. Damaged gzip: what
// could be read, then kError, then kEnd.
std::expected<std::unique_ptr<Source>, std::string> ReadFile(const std::string& path);

// Reads a file descriptor that it does not own (stdin) to its end; gzip recognised too. Blocks.
std::unique_ptr<Source> ReadDescriptor(int fd, std::string name);

// Follows a file descriptor (stdin) without blocking.
std::unique_ptr<Source> FollowDescriptor(int fd, std::string name);

}  // namespace logmill
