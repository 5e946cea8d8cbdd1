// A source makes one path look like one endless stream of bytes: rotation and truncation end here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "ingest/file_registry.h"

namespace logmill {

// Result of one Read().
struct ReadResult {
  enum class Status : uint8_t {
    kData,   // `bytes` were read; there may be more
    kIdle,   // nothing now; more may come (followed sources only)
    kBreak,  // the stream is cut here (another file took the path, or it was truncated): finish the line that is pending, then go on
    kEnd,    // nothing will ever come
    kError,  // `error` says what; try again later (followed) or give up (read to the end)
  };
  Status status = Status::kIdle;
  size_t bytes = 0;
  bool truncated = false;  // kBreak: the file became shorter; otherwise another file took the path
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

// Follows a path as `tail -F` does: keeps reading the old file after a rename until its end and then the new one from its start; a file
// that shrinks is read again from its start. The old file is held while the new one is empty: its writer may not have moved on yet. A path
// that does not exist yet, or vanishes, is waited for (kIdle); one that cannot be opened or is no regular file is kError and tried again.
// `start` holds for the file that is there at the first Read() only. Two rotations between two calls of Read() hide the file in between,
// and a file truncated and grown beyond its old size between them looks like one that grew.
// `registry` is shared by all followed files and outlives them: a file that was renamed, or that two paths lead to, is read once.
std::unique_ptr<Source> FollowFile(std::string path, StartAt start, FileRegistry& registry);

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
