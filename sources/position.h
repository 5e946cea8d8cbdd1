// Where reading goes on after a restart: plain values, which the checkpoint stores and the sources make and understand.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace logmill {

// Device, inode and time of birth (nanoseconds; 0 where the file system does not know it). The system gives an inode to another file once
// the first is gone; where the birth does not tell the two apart, how they begin and what stands before a position does.
struct FileId {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t born_ns = 0;
  auto operator<=>(const FileId&) const = default;
};

// How far one file was read, and enough of its content to know it again under another name, as a copy, or compressed: of the bytes
// [0, read) the first ones and the last ones.
struct FilePosition {
  std::string path;          // by which it was found; not where it may have been moved since
  FileId id;                 // of the file that was read
  uint64_t read = 0;         // bytes [0, read) were seen
  uint64_t head_hash = 0;    // of the first `head_bytes` bytes
  uint32_t head_bytes = 0;   // min(read, kHeadBytes)
  std::string tail;          // the last min(read, kTailBytes) bytes before `read`
  std::string milestones{};  // of [0, read) or less: by which a shorter copy is known (sources/fingerprint.h); none once it is finished
  uint64_t size = 0;         // of the file at the last look
  int64_t modified_ns = 0;   // when it was last written to, at the last look; Unix time
  int64_t seen_ns = 0;       // the same at a look after [0, read) was seen; 0: not known, or what came before this content is not known yet
  bool moved = false;        // another file has the path: only a rest is to be read
  bool finished = false;     // moved and read to its end: remembered, so that it is not read again under another name

  static constexpr uint32_t kHeadBytes = 4096;  // start-up banners are alike for some hundred bytes
  static constexpr uint32_t kTailBytes = 128;   // a log line's time of day, most often
};

// Of one stream of a source.
struct Position {
  std::string source;     // name of the entry of `sources`
  FilePosition file;      // a file's; `path` is empty for other sources
  std::string cursor;     // other sources': whatever they need to go on (Feed::CursorAt); "" when they cannot be replayed
  uint64_t offset = 0;    // in the stream: everything before is accounted for or stands in `pending`. A file: offset <= file.read
  bool mid_line = false;  // the line at `offset` was counted before its newline came: the rest of it is to be skipped
  uint64_t origin = 0;    // by which the records of the stream are known to log stores; 0: not decided yet
  std::string pending;    // lines taken but not counted yet: the assembler's state (Assembler::Save)
};

}  // namespace logmill
