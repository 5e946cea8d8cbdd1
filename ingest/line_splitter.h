// Bytes → lines. Knows buffers and newlines, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/lent_bytes.h"
#include "ingest/read_blocks.h"

namespace logmill {

// One line, without "\n" or "\r\n". `cut`: it was longer than the limit; `text` is its first max_line_bytes.
// `offset`: where its first byte stands in the stream, `size`: bytes it takes there, its line end included.
struct Line {
  std::string_view text;
  uint64_t offset = 0;
  uint64_t size = 0;
  bool cut = false;
  bool terminated = true;  // false only from Finish(): the stream's last line had no newline
};

// Reads into one page-aligned block. The reader asks for room (Room), reads into it and says how much came (Advance), then takes
// the lines out (Next). Room() begins on a page boundary: read() into an address 8 or 16 bytes past one is four times slower on
// common CPUs (measured); the unfinished tail of a line is carried in front of it. Only when that tail is longer than what was read
// since it was last carried (a long line that comes in small pieces) Room() goes on behind it, so that the work stays linear.
// Memory: max_line_bytes + read size, whatever comes; of a longer line the rest is discarded while it is read. One thread.
class LineSplitter {
 public:
  struct Options {
    size_t max_line_bytes = 1 << 20;
    size_t read_bytes = 256 << 10;
  };
  // `offset`: position in the stream of the first byte that will be read. `blocks`: shared with the other splitters of the thread.
  explicit LineSplitter(Options options, uint64_t offset = 0, ReadBlocks blocks = ReadBlocks());
  LineSplitter(const LineSplitter&) = delete;
  LineSplitter& operator=(const LineSplitter&) = delete;

  // Where to read to. Invalidates lines taken before. Call only after Next() has returned false.
  std::span<char> Room();
  // `bytes` of Room() are filled.
  void Advance(size_t bytes);
  // After Advance(): what the next lines stand in, until Room(), which is in another block then. Nothing where copying costs less: where
  // little was read, or little compared with the line that it belongs to.
  LentBytes Lend();
  // The next whole line; false when there is none. Valid until Room() or Finish(), or while it is lent.
  bool Next(Line* line);
  // At the end of the stream: the last line without a newline, if there is one. The splitter is empty afterwards.
  bool Finish(Line* line);

  // The stream begins anew at `offset` (another file); what is pending is forgotten.
  void Restart(uint64_t offset);

  // Bytes of an unfinished line held back (including bytes of it already discarded because it is too long).
  [[nodiscard]] uint64_t pending_bytes() const { return static_cast<uint64_t>(end_ - begin_) + discarded_; }
  // What is there of the unfinished line. Valid until the next call of anything else.
  [[nodiscard]] std::string_view pending_text() const { return {begin_, static_cast<size_t>(end_ - begin_)}; }
  // Stream position after the last line taken out.
  [[nodiscard]] uint64_t offset() const { return offset_; }

 private:
  void MoveTail(size_t tail);
  void TakeAnotherBlock(size_t tail);
  // Takes out the line whose text ends at `text_end` and whose line end ends at `line_end`.
  void Take(const char* text_end, const char* line_end, Line* line);

  const size_t keep_bytes_;   // of an unfinished line: one more than the limit, which may be the '\r' of its end
  const size_t front_bytes_;  // where the page-aligned part begins that is read into
  const size_t size_;
  const size_t lent_bytes_;  // at least
  ReadBlocks blocks_;
  std::shared_ptr<char[]> block_;
  bool lent_ = false;
  char* begin_ = nullptr;  // of the unfinished line; block_ <= begin_ <= searched_ <= end_
  const char* searched_ = nullptr;
  char* end_ = nullptr;
  uint64_t discarded_ = 0;  // bytes of the unfinished line that stood at end_ and are gone
  size_t fresh_ = 0;        // read since the tail was last carried
  uint64_t offset_ = 0;
};

}  // namespace logmill
