#include "daemon/stream.h"

#include <utility>

namespace logmill {

Stream::Stream(std::unique_ptr<Source> source, const StreamOptions& options, Matcher& matcher, Ledger& ledger, uint64_t offset)
    : source_(std::move(source)),
      splitter_({.max_line_bytes = options.max_line_bytes, .read_bytes = options.read_bytes}, offset),
      decoder_({.format = options.format,
                .keys = options.keys,
                .fields = matcher.rules().field_paths(),
                .numbers = matcher.rules().needs_numbers()}),
      matcher_(matcher),
      ledger_(ledger) {}

void Stream::LimitTo(uint64_t begin, uint64_t end) {
  begin_ = begin;
  end_ = end;
}

Stream::Status Stream::Pump() {
  ReadResult result = source_->Read(splitter_.Room());
  switch (result.status) {
    case ReadResult::Status::kData:
      splitter_.Advance(result.bytes);
      TakeLines();
      return past_end_ ? Status::kEnd : Status::kProgress;
    case ReadResult::Status::kBreak:
      Ledger::Add(ledger_.truncations, 1);
      CountLastLine();
      splitter_.Restart(0);
      return Status::kProgress;
    case ReadResult::Status::kMoved:
      Ledger::Add(ledger_.rotations, 1);
      return Status::kMoved;
    case ReadResult::Status::kEnd:
      CountLastLine();
      return Status::kEnd;
    case ReadResult::Status::kError:
      error_ = std::move(result.error);
      return Status::kError;
    case ReadResult::Status::kIdle:
      break;
  }
  return Status::kIdle;
}

bool Stream::PumpToEnd() {
  while (true) {
    const Status status = Pump();
    if (status == Status::kEnd) return true;
    if (status == Status::kError) return false;
  }
}

void Stream::TakeLines() {
  Line line;
  while (!past_end_ && splitter_.Next(&line)) Count(line);
  Settle();
  // Nothing that begins inside the part can follow: do not read a neighbour's endless line.
  const bool neighbours_line = splitter_.offset() < begin_ && splitter_.offset() + splitter_.pending_bytes() >= end_;
  if (splitter_.offset() >= end_ || neighbours_line) past_end_ = true;
}

void Stream::CountLastLine() {
  Line line;
  if (splitter_.Finish(&line)) Count(line);
  Settle();
}

void Stream::Count(const Line& line) {
  if (line.offset < begin_) return;
  if (line.offset >= end_) {
    past_end_ = true;
    return;
  }
  tally_.bytes += line.size;
  ++tally_.lines;
  if (line.cut) Ledger::Add(ledger_.lines_cut, 1);
  const Reject reject = decoder_.Decode(line.text, line.cut, &record_);
  if (reject != Reject::kNone) {
    Ledger::Add(ledger_.rejected[static_cast<size_t>(reject)], 1);
    return;
  }
  if (record_.format == RecordFormat::kJson) {
    ++tally_.json;
  } else {
    Ledger::Add(ledger_.records_text, 1);
  }
  matcher_.Apply(record_);
}

void Stream::Settle() {
  Ledger::Add(ledger_.bytes_read, tally_.bytes);
  Ledger::Add(ledger_.lines_read, tally_.lines);
  Ledger::Add(ledger_.records_json, tally_.json);
  tally_ = {};
}

}  // namespace logmill
