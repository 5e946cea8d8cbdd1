// A source makes one path look like one endless stream of bytes: rotation and truncation end here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "sources/position.h"

namespace logmill {

// Result of one Read().
struct ReadResult {
  enum class Status : uint8_t {
    kData,   // `bytes` were read; there may be more
    kIdle,   // nothing now; more may come (followed sources only)
    kMoved,  // another file has the path now, or (`truncated`) the file begins anew: the path has to be followed anew. This source reads
             // on what the old file's writer still has to say, or the rest of a truncated file in the copy that was made of it, and ends
    kEnd,    // nothing will ever come. `lost` bytes are known to have been there and cannot be read any more
    kError,  // `error` says what; try again later (followed) or give up (read to the end)
  };
  Status status = Status::kIdle;
  size_t bytes = 0;
  bool truncated = false;  // kMoved
  uint64_t lost = 0;       // kEnd
  std::string error;
};

// One thread. Never blocks on a file; may block on a pipe when it is not followed.
class Source {
 public:
  virtual ~Source() = default;
  virtual ReadResult Read(std::span<char> room) = 0;
  // Bytes that exist but have not been read, as far as the source can know (0 otherwise).
  [[nodiscard]] virtual uint64_t LagBytes() const = 0;
  // Whether bytes are there now: looks, where LagBytes() tells what the last look saw. False while found() is false.
  [[nodiscard]] virtual bool HasMore() const { return found() && LagBytes() > 0; }
  // Where reading goes on in another life: fills in `file` or `cursor` of the position for stream offset `offset` (a file's offset in the
  // file; of a feed: bytes given so far), up to which everything is settled. False: this source cannot be replayed.
  [[nodiscard]] virtual bool Locate(uint64_t offset, Position* position) = 0;
  // False while it is not known whether there is more: a file that is still looked for, or being compressed.
  [[nodiscard]] virtual bool found() const { return true; }
  // How long ago what was read last was written, as far as the source knows; 0 otherwise.
  [[nodiscard]] virtual std::chrono::nanoseconds SinceWritten() const { return {}; }
  // True when time alone changes what Read() gives: ask again soon, though nobody says that there is something new.
  [[nodiscard]] virtual bool waiting() const { return false; }
  // What a person calls it: the path, or "stdin".
  [[nodiscard]] virtual const std::string& name() const = 0;
};

// Files are followed by a FileSet (sources/file_set.h).
enum class StartAt : uint8_t { kStart, kEnd };

// How long a file that lost its name is listened to: its writer may not have noticed yet.
inline constexpr std::chrono::milliseconds kQuietTime{1000};

// How long after its last line a container's file that was rotated has its last one: its writer goes on in the new file, but a thread of
// the writer may just be ending its part of a line in the old one.
inline constexpr std::chrono::milliseconds kHandOverTime{100};

// How long the rest of a file is looked for before it is lost: its copy may still be in the making, or just become a .gz. One that was
// empty at the last look is looked for no longer than kQuietTime: no copy of it can be known.
inline constexpr std::chrono::milliseconds kSearchTime{5000};

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
