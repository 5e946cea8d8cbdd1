// One source on its way: bytes → lines → records → series, and what became of each line in its ledger.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ingest/decoder.h"
#include "ingest/ledger.h"
#include "ingest/line_splitter.h"
#include "ingest/source.h"
#include "rules/matcher.h"

namespace logmill {

// How the lines of a source are read (configuration: `sources`).
struct StreamOptions {
  InputFormat format = InputFormat::kAuto;
  KeyNames keys;
  size_t max_line_bytes = size_t{1} << 20;
  size_t read_bytes = size_t{256} << 10;  // at once
};

// Used by one worker thread.
class Stream {
 public:
  // `matcher` and `ledger` outlive the stream. `offset`: position of the source's first byte in the file.
  Stream(std::unique_ptr<Source> source, const StreamOptions& options, Matcher& matcher, Ledger& ledger, uint64_t offset = 0);

  enum class Status : uint8_t { kProgress, kIdle, kMoved, kEnd, kError };  // kMoved: as ReadResult's
  // One read and everything that follows from it. On kEnd the last line has been counted, with or without its newline.
  Status Pump();
  // Pumps to the end. False when the source failed: error() says how.
  bool PumpToEnd();

  // Only lines that begin in [begin, end) count: for one part of a file. Call before the first Pump(); the source has to start at
  // `begin` - 1 (at 0 when begin is 0).
  void LimitTo(uint64_t begin, uint64_t end);

  // Bytes taken from the source so far (since it was truncated, if it was), a pending line's included.
  [[nodiscard]] uint64_t position() const { return splitter_.offset() + splitter_.pending_bytes(); }
  [[nodiscard]] const Source& source() const { return *source_; }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  void TakeLines();
  void Count(const Line& line);
  void Settle();
  void CountLastLine();

  std::unique_ptr<Source> source_;
  LineSplitter splitter_;
  Decoder decoder_;
  Matcher& matcher_;
  Ledger& ledger_;
  Record record_;
  // What the lines of one read add to the ledger.
  struct Tally {
    uint64_t bytes = 0;
    uint64_t lines = 0;
    uint64_t json = 0;
  } tally_;
  std::string error_;
  uint64_t begin_ = 0;
  uint64_t end_ = UINT64_MAX;
  bool past_end_ = false;
};

}  // namespace logmill
