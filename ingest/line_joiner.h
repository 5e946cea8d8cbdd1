// Lines of one stream → entries: joins the lines of one message.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "ingest/console_line.h"
#include "ingest/decoder.h"
#include "ingest/entry.h"
#include "ingest/pending_text.h"
#include "ingest/trace_lines.h"

namespace logmill {

struct JoinOptions {
  // Whether text lines are joined into blocks. Lines of the console format are joined to their head whatever stands here.
  bool enabled = false;
  // Whether `line` goes on with the block that ends in the line before. Null: the default (trace_lines.h), which suits traces of Node and
  // Python, and object dumps.
  std::function<bool(std::string_view line)> continues = {};
  // When a block would be larger it ends, cut, and the line begins a new one. A console entry takes further lines without their text
  // instead, since a line that was forged must not become an entry of its own; it ends when it has ten times as many lines.
  size_t max_lines = 1000;
  size_t max_bytes = size_t{256} << 10;      // a single line may be longer
  std::chrono::milliseconds max_wait{1000};  // without a further line, then the block is complete
};

// A line of JSON stands alone: with kAuto one that begins with `{"`, or like an object where no block goes on (in a console entry the
// console format decides), with kJson every line. So does a text that itself has several lines.
// Lines about which different things are said from outside (level, context, pid) are not joined.
// Memory: max_bytes, or one line. One thread.
class LineJoiner {
 public:
  // `join` outlives the joiner.
  LineJoiner(InputFormat format, const JoinOptions& join) : format_(format), join_(join) {}

  // Visits what is complete now: the block before, the line itself, both or none.
  void Take(const Entry& line, const VisitEntry& visit);
  // Nothing more belongs to what is pending.
  void Complete(const VisitEntry& visit);

  [[nodiscard]] uint32_t pending_lines() const { return block_.lines(); }
  [[nodiscard]] size_t pending_bytes() const { return block_.bytes(); }

  void Save(SavedWriter& out) const;
  // False, and nothing is pending, when what is read makes no sense.
  [[nodiscard]] bool Restore(SavedReader& in);

 private:
  ConsolePlace PlaceOf(const Entry& line);
  [[nodiscard]] bool StandsAlone(const Entry& line) const;
  bool GoesOn(const Entry& line);
  [[nodiscard]] bool Fits(const Entry& line) const;
  void GoOnWithConsole(const Entry& line);

  InputFormat format_;
  const JoinOptions& join_;
  PendingText block_;
  bool console_entry_ = false;  // what block_ is
  ConsoleBlock console_;
  TraceLines trace_;
};

}  // namespace logmill
