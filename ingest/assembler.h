// Lines → entries: takes envelopes off (Docker's files, CRI, our own), joins parts of one line, and joins the lines of one message.
//
//   Docker, CRI, Feed line ─► text (+ time, stream) ─► parts joined, by stream ─► lines of one block joined ─► Entry ─► Decoder
//   plain line ─────────────────────────────────────────────────────────────────┘
//
// For plain JSON lines nothing of this is needed, and Passes() says so.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/decoder.h"
#include "ingest/entry.h"
#include "ingest/line_joiner.h"

namespace logmill {

struct Unwrapped;

enum class Framing : uint8_t {
  kNone,
  kDocker,    // files of Docker's json-file driver
  kCri,       // files of Kubernetes: TIME STREAM P|F TEXT
  kEnvelope,  // sources/envelope.h, from a Feed
};

// One per stream, used by its worker. What holds at any time: lines taken = lines rejected + sum of Entry::lines visited +
// pending_lines(). Streams inside of an envelope (stdout and stderr, the keys of a Feed) are put together apart from each other.
// Linear in what it takes. Memory: 4 * (max_line_bytes + join.max_bytes) of pending text, in 256 streams at most; beyond that the stream
// that has waited longest is completed early.
class Assembler {
 public:
  struct Options {
    Framing framing = Framing::kNone;
    InputFormat format = InputFormat::kAuto;  // of the text inside
    JoinOptions join = {};
    // Of one line inside of an envelope. An envelope's line is up to six times as long (escapes), plus 256 bytes.
    size_t max_line_bytes = size_t{1} << 20;
    // A line whose parts have come but not its end is given up (cut) after this time without another part. Long: its end is on its way as
    // long as its writer lives.
    std::chrono::milliseconds max_part_wait{10'000};
  };
  explicit Assembler(Options options);
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;

  // True when nothing is pending and `line` is an entry as it stands: the caller may decode it at once. The cheap way for JSON.
  [[nodiscard]] bool Passes(std::string_view line) const {
    return passing_ != Passing::kNothing && (passing_ == Passing::kEverything || line.starts_with("{\""));
  }

  using Visit = VisitEntry;
  // Takes one line. Entries that are complete now are visited, in order; valid during the call. kNone, or why the line was no envelope
  // (kNoEnvelope; kTooLong: it was cut, and JSON): then nothing else happened to it. `place` becomes Entry::place of what begins with it.
  Reject Take(std::string_view line, bool cut, const Visit& visit, uint64_t place = 0);
  // Completes what has waited for max_wait (parts: max_part_wait) at the monotonic time `now`. The first call after a Take starts the
  // clock for what is pending in its stream, so that nothing waits too short.
  void FlushIdle(std::chrono::nanoseconds now, const Visit& visit);
  // Waiting begins anew for all that is pending: what comes next is from another file, with a time of its own.
  void WaitAnew();
  // At the end of the stream: completes everything; a line whose end did not come is cut.
  void Finish(const Visit& visit);

  // Lines that were taken and belong to no entry yet.
  [[nodiscard]] uint64_t pending_lines() const { return pending_lines_; }
  // Sets `out` to what is pending, as bytes for Restore() in another life; "" when nothing is.
  void Save(std::string& out) const;
  // In place of what is pending. What comes afterwards gives the same entries as it would have given where the bytes were saved; only
  // waiting begins anew. Damaged or foreign bytes restore nothing and give false.
  [[nodiscard]] bool Restore(std::string_view saved);

 private:
  // What is pending of one stream.
  struct Lane {
    explicit Lane(const Options& options) : joiner(options.format, options.join) {}
    [[nodiscard]] uint64_t lines() const { return uint64_t{part.lines()} + joiner.pending_lines(); }
    [[nodiscard]] size_t bytes() const { return part.bytes() + joiner.pending_bytes(); }

    PendingText part;  // of a line whose end has not come
    LineJoiner joiner;
    uint64_t used = 0;                                   // when, counted in lines
    std::optional<std::chrono::nanoseconds> since = {};  // it waits; nothing: a line came since the last FlushIdle()
  };
  using Lanes = std::map<std::string, Lane, std::less<>>;
  enum class Passing : uint8_t { kNothing, kJsonLines, kEverything };

  bool Unwrap(std::string_view line, Unwrapped* unwrapped) const;
  Lane& LaneOf(std::string_view stream, const Visit& visit);
  Lanes::iterator OldestLane(bool pending);
  void TakeLine(Lane& lane, const Entry& line, bool whole, const Visit& visit);
  void CompletePart(Lane& lane, const Visit& visit);
  void CompleteLane(Lane& lane, const Visit& visit);
  template <typename Change>
  void Account(Lane& lane, const Change& change);
  [[nodiscard]] Passing WhatPasses() const;
  bool RestoreLanes(std::string_view saved);

  const Options options_;
  const size_t most_bytes_;
  Lanes lanes_;  // by stream; some have nothing pending
  uint64_t taken_ = 0;
  uint64_t pending_lines_ = 0;
  size_t pending_bytes_ = 0;
  Passing passing_;
};

}  // namespace logmill
