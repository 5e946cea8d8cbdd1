// One source on its way: bytes → lines → entries → records → series (and the spool), and what became of each line in its ledger.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/record_counter.h"
#include "ingest/assembler.h"
#include "ingest/decoder.h"
#include "ingest/ledger.h"
#include "ingest/line_splitter.h"
#include "ingest/read_blocks.h"
#include "rules/matcher.h"
#include "sources/position.h"
#include "sources/source.h"

namespace logmill {

// How the lines of a source are read (configuration: `sources`).
struct StreamOptions {
  InputFormat format = InputFormat::kAuto;
  Framing framing = Framing::kNone;
  JoinOptions join;
  KeyNames keys;
  size_t max_line_bytes = size_t{1} << 20;
  size_t read_bytes = size_t{256} << 10;  // at once
  // A last line without a newline is counted when nothing follows for so long.
  std::chrono::milliseconds flush_after{5000};
};

// What the streams of one source share in one worker, which pumps them one after the other: the decoder, and buffers that only streams with
// something in them need.
class StreamContext {
 public:
  // `matcher`, `ledger`, `clock`, `intake` and `source` (name of the entry of `sources`) outlive it. With a clock, lines that never end are
  // counted after `flush_after`, and lag is observed; only with one are records shipped. `blocks`: to read into.
  StreamContext(StreamOptions options, Matcher& matcher, Ledger& ledger, const Clock* clock = nullptr, Intake* intake = nullptr,
                std::string_view source = {}, ReadBlocks blocks = ReadBlocks());

  [[nodiscard]] const StreamOptions& options() const { return options_; }
  [[nodiscard]] RecordCounter& counter() { return counter_; }
  [[nodiscard]] Ledger& ledger() { return ledger_; }
  [[nodiscard]] const Clock* clock() const { return clock_; }
  [[nodiscard]] std::string_view source() const { return source_; }
  // While what an earlier life may have counted is read again, a silence counts from when the writer fell silent, not from the reading: so
  // what that life completed after a silence is complete again at once.
  void set_catching_up(bool catching_up) { catching_up_ = catching_up; }
  [[nodiscard]] bool catching_up() const { return catching_up_; }

  // A splitter for a stream that goes on at `offset`; and back again, with nothing in it.
  std::unique_ptr<LineSplitter> TakeSplitter(uint64_t offset);
  void GiveBack(std::unique_ptr<LineSplitter> splitter);

 private:
  const StreamOptions options_;
  Ledger& ledger_;
  const Clock* clock_;
  const std::string_view source_;
  bool catching_up_ = false;
  RecordCounter counter_;
  const ReadBlocks blocks_;
  std::vector<std::unique_ptr<LineSplitter>> idle_;
};

// Used by one worker thread.
//
// A container's file (Framing::kDocker, kCri) that is rotated goes on in the file that has its path then: the parts of one line, and the
// lines of one trace, may stand on both sides. Follow() puts the streams of one path in a row, oldest first. Its writer is one program
// that writes in order, so once there is something in the new file the old one gets nothing more. Therefore:
// - A stream is held_back(), and not to be pumped, until the one before has been read to its end, after the new file was found; was last
//   written to kHandOverTime before, which an older file was; and has no half line. Both no longer than kQuietTime after it first reached
//   its end. What is left of a file that was truncated holds nothing back while it is looked for: most often it is gone, and the next
//   truncation may be near.
// - With its first bytes the new stream takes over all that is pending in the one before, lanes and all; or when that one ends, which
//   otherwise completes what is pending. While one follows, waiting completes nothing in it.
// - But it looks once more, when it has read those bytes: what the old file got before them, while nobody looked, is read first.
// - Nothing is taken over from a stream of which bytes are missing, nor by one whose file could never be opened.
// - All this happens between two moments in which Locate() is asked, so what is pending is in one position: before, in that of the old
//   file; afterwards, in that of the new one. In another life a stream follows only when nothing was read or taken over by it.
// What an old file still gets after it was taken over from is counted on its own.
class Stream {
 public:
  // `context` outlives the stream. `offset`: position in the stream of the first byte that the source will give.
  Stream(std::unique_ptr<Source> source, StreamContext& context, uint64_t offset = 0);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Before the first Pump(): goes on where an earlier life left off. The source does so, too.
  void Resume(const Position& position);
  // Before the first Pump(): what log stores know its records by (shipping/record_id.h), unless an earlier life decided it. `by_content`:
  // where an offset means something in this life only, so that what a line says tells its place.
  void Identify(OriginId origin, bool by_content);
  [[nodiscard]] OriginId origin() const { return origin_; }  // 0: none so far

  // kMoved: as ReadResult's. kHeldBack: bytes were read, but held_back() is true now, so they are taken at the next Pump().
  enum class Status : uint8_t { kProgress, kIdle, kMoved, kEnd, kError, kHeldBack };
  // One read and everything that follows from it. On kEnd the last line has been counted, with or without its newline.
  Status Pump();
  // Pumps to the end. False when the source failed: error() says how.
  bool PumpToEnd();

  // Before the first Pump(): goes on with what is pending in `before`, a rotated file, when that has been read; see above. False, and
  // nothing happens, when it has begun already, or in a source whose lines are not put together. Ends by itself when either is destroyed.
  bool Follow(Stream& before);
  // Its turn has not come: the stream before it has to be pumped first.
  [[nodiscard]] bool held_back() const { return before_ != nullptr && !before_->IsReadOut(); }

  // Only lines that begin in [begin, end) count: for one part of a file. Call before the first Pump(); the source has to start at
  // `begin` - 1 (at 0 when begin is 0).
  void LimitTo(uint64_t begin, uint64_t end);

  // Between two Pump()s: where another life goes on so that nothing is counted twice or left out. False: the source cannot be replayed.
  bool Locate(Position* position);

  // Position after all bytes taken from the source so far, a pending line's included.
  [[nodiscard]] uint64_t position() const;
  // Something is held back that time alone completes: Pump() now and then, even when the source has nothing new.
  [[nodiscard]] bool pending() const;
  // Lines of this stream were looked at together, so parts of it cannot be counted on their own.
  [[nodiscard]] bool assembled() const { return assembler_ != nullptr; }
  [[nodiscard]] const Source& source() const { return *source_; }
  [[nodiscard]] const std::string& error() const { return error_; }
  // After kMoved: the file was truncated.
  [[nodiscard]] bool truncated() const { return truncated_; }
  // After kEnd: bytes that were there and could not be read any more.
  [[nodiscard]] uint64_t lost() const { return lost_; }

 private:
  void Begin(LentBytes lent = {});
  LentBytes Lend();
  Status TakeBytes();
  [[nodiscard]] uint64_t PlaceOf(const Line& line) const;
  void TakeLines();
  void Take(const Line& line);
  void TakeAssembled(const Line& line);
  void NoteBytes();
  void FlushWhenIdle();
  void CountLastLine();
  void NoteEnd();
  [[nodiscard]] bool IsReadOut() const;
  [[nodiscard]] bool WasOpen() const;
  void TakeOver();
  void FinishAll(bool whole);
  void SkipRest(const Line& line);
  void Settle();
  void NotePending();
  bool NeedsAssembler(std::string_view line) const;
  void MakeAssembler();

  std::unique_ptr<Source> source_;
  StreamContext& context_;
  std::unique_ptr<LineSplitter> splitter_;  // null: nothing is pending in it
  std::unique_ptr<Assembler> assembler_;    // null: not needed so far
  Assembler::Visit visit_;                  // counts an entry
  std::string error_;
  uint64_t lost_ = 0;
  OriginId origin_ = 0;
  bool by_content_ = false;
  int64_t last_ms_ = 0;  // timestamp of the last record that had one
  uint64_t offset_ = 0;  // while there is no splitter: where the next line begins
  uint64_t begin_ = 0;
  uint64_t end_ = UINT64_MAX;
  uint64_t bytes_ = 0;                                  // of the lines of this batch
  uint64_t pending_lines_ = 0;                          // as the ledger has them
  std::optional<std::chrono::nanoseconds> last_bytes_;  // when some came
  uint64_t probed_ = UINT64_MAX;                        // position at which the unfinished line was last looked at
  Stream* before_ = nullptr;                            // that this one follows; null from when it has begun
  Stream* after_ = nullptr;                             // that follows this one
  std::optional<std::chrono::nanoseconds> at_end_;      // when its end was first reached, since another one follows
  bool read_out_ = false;                               // at its end, and at rest
  bool early_ = false;                                  // bytes were read before their turn
  bool truncated_ = false;
  bool past_end_ = false;
  bool mid_line_ = false;  // the line that goes on here was counted already
};

}  // namespace logmill
