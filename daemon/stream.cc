#include "daemon/stream.h"

#include <utility>

namespace logmill {
namespace {

constexpr char kEscape = '\x1b';

// An envelope's line can be so long around a text of max_line_bytes: each byte escaped, and the other keys.
size_t LongestLine(const StreamOptions& options) {
  return options.framing == Framing::kNone ? options.max_line_bytes : 6 * options.max_line_bytes + 256;
}

}  // namespace

StreamContext::StreamContext(StreamOptions options, Matcher& matcher, Ledger& ledger, const Clock* clock, Intake* intake,
                             std::string_view source, ReadBlocks blocks)
    : options_(std::move(options)),
      ledger_(ledger),
      clock_(clock),
      source_(source),
      counter_(options_.format, options_.keys, matcher, ledger, clock, intake),
      blocks_(std::move(blocks)) {}

std::unique_ptr<LineSplitter> StreamContext::TakeSplitter(uint64_t offset) {
  if (idle_.empty()) {
    const LineSplitter::Options options{.max_line_bytes = LongestLine(options_), .read_bytes = options_.read_bytes};
    return std::make_unique<LineSplitter>(options, offset, blocks_);
  }
  std::unique_ptr<LineSplitter> splitter = std::move(idle_.back());
  idle_.pop_back();
  splitter->Restart(offset);
  return splitter;
}

void StreamContext::GiveBack(std::unique_ptr<LineSplitter> splitter) { idle_.push_back(std::move(splitter)); }

Stream::Stream(std::unique_ptr<Source> source, StreamContext& context, uint64_t offset)
    : source_(std::move(source)),
      context_(context),
      visit_([this](const Entry& entry) { context_.counter().Count(entry); }),
      offset_(offset) {
  if (context.options().framing != Framing::kNone || context.options().join.enabled) MakeAssembler();
}

void Stream::Resume(const Position& position) {
  offset_ = position.offset;
  origin_ = position.origin;
  mid_line_ = position.mid_line;
  if (position.pending.empty()) return;
  if (assembler_ == nullptr) MakeAssembler();
  if (!assembler_->Restore(position.pending)) {
    // The configuration joins lines in another way now.
    context_.ledger().lost_bytes += position.pending.size();
    ++context_.ledger().lost_files;
  }
  Settle();
}

void Stream::Identify(OriginId origin, bool by_content) {
  if (origin_ == 0) origin_ = origin;
  by_content_ = by_content;
}

Stream::~Stream() {
  if (before_ != nullptr) before_->after_ = after_;
  if (after_ != nullptr) after_->before_ = before_;
  if (splitter_ != nullptr) context_.GiveBack(std::move(splitter_));
}

void Stream::MakeAssembler() {
  const StreamOptions& options = context_.options();
  assembler_ = std::make_unique<Assembler>(Assembler::Options{
      .framing = options.framing, .format = options.format, .join = options.join, .max_line_bytes = options.max_line_bytes});
}

void Stream::LimitTo(uint64_t begin, uint64_t end) {
  begin_ = begin;
  end_ = end;
}

uint64_t Stream::position() const { return splitter_ == nullptr ? offset_ : splitter_->offset() + splitter_->pending_bytes(); }

bool Stream::pending() const {
  return (splitter_ != nullptr && splitter_->pending_bytes() > 0) || (assembler_ != nullptr && assembler_->pending_lines() > 0);
}

Stream::Status Stream::Pump() {
  if (early_) return TakeBytes();
  if (splitter_ == nullptr) splitter_ = context_.TakeSplitter(offset_);
  ReadResult result = source_->Read(splitter_->Room());
  switch (result.status) {
    case ReadResult::Status::kData:
      splitter_->Advance(result.bytes);
      read_out_ = false;
      error_.clear();
      if (context_.clock() != nullptr) NoteBytes();
      return TakeBytes();
    case ReadResult::Status::kMoved:
      truncated_ = result.truncated;
      ++(result.truncated ? context_.ledger().truncations : context_.ledger().rotations);
      return Status::kMoved;
    case ReadResult::Status::kEnd:
      FinishAll(result.lost == 0);
      lost_ = result.lost;
      if (result.lost > 0) {
        context_.ledger().lost_bytes += result.lost;
        ++context_.ledger().lost_files;
      }
      return Status::kEnd;
    case ReadResult::Status::kError:
      error_ = std::move(result.error);
      NoteEnd();
      return Status::kError;
    case ReadResult::Status::kIdle:
      error_.clear();
      FlushWhenIdle();
      NoteEnd();
      break;
  }
  return Status::kIdle;
}

Stream::Status Stream::TakeBytes() {
  early_ = held_back();
  if (early_) return Status::kHeldBack;
  if (before_ != nullptr) TakeOver();
  TakeLines();
  return past_end_ ? Status::kEnd : Status::kProgress;
}

bool Stream::PumpToEnd() {
  while (true) {
    const Status status = Pump();
    if (status == Status::kEnd) return true;
    if (status == Status::kError) return false;
  }
}

void Stream::Begin(LentBytes lent) {
  const bool received = context_.options().framing == Framing::kEnvelope;
  context_.counter().Begin({.origin = origin_,
                            .source = context_.source(),
                            .stream = received ? std::string_view() : source_->name(),
                            .catching_up = context_.catching_up(),
                            .last_ms = &last_ms_,
                            .lent = std::move(lent)});
}

// Where lines are shipped as they stand.
LentBytes Stream::Lend() {
  const bool lends = context_.counter().ships() && context_.options().framing == Framing::kNone;
  return lends ? splitter_->Lend() : LentBytes();
}

uint64_t Stream::PlaceOf(const Line& line) const { return by_content_ ? HashPlace(line.text) : line.offset; }

void Stream::TakeLines() {
  Begin(Lend());
  Line line;
  while (!past_end_ && splitter_->Next(&line)) Take(line);
  if (assembler_ != nullptr && context_.clock() != nullptr) assembler_->FlushIdle(*last_bytes_, visit_);
  Settle();
  // Nothing that begins inside the part can follow: do not read a neighbour's endless line.
  const bool neighbours_line = splitter_->offset() < begin_ && splitter_->offset() + splitter_->pending_bytes() >= end_;
  if (splitter_->offset() >= end_ || neighbours_line) past_end_ = true;
}

bool Stream::NeedsAssembler(std::string_view line) const {
  const InputFormat format = context_.options().format;
  if (format != InputFormat::kAuto && format != InputFormat::kConsole) return false;
  return !line.empty() && (line[0] == '[' || line[0] == kEscape);
}

void Stream::Take(const Line& line) {
  if (line.offset < begin_) return;
  if (line.offset >= end_) {
    past_end_ = true;
    return;
  }
  bytes_ += line.size;
  if (mid_line_) return SkipRest(line);
  if (assembler_ == nullptr && NeedsAssembler(line.text)) MakeAssembler();
  if (assembler_ == nullptr || assembler_->Passes(line.text)) {
    return context_.counter().Count(line.text, line.cut, line.offset);
  }
  TakeAssembled(line);
}

void Stream::TakeAssembled(const Line& line) {
  const Reject reject = assembler_->Take(line.text, line.cut, visit_, PlaceOf(line));
  if (reject != Reject::kNone) context_.counter().Reject(reject, line.text, line.cut, PlaceOf(line));
}

void Stream::SkipRest(const Line& line) {
  if (!line.text.empty()) context_.counter().Skip();
  mid_line_ = !line.terminated;
}

void Stream::NoteBytes() {
  last_bytes_ = context_.clock()->Monotonic();
  if (context_.catching_up()) *last_bytes_ -= source_->SinceWritten();
}

// Nothing came. What is held back may be complete by now; without anything held back, the buffer is not needed.
void Stream::FlushWhenIdle() {
  const Clock* clock = context_.clock();
  if (clock != nullptr && pending()) {
    Begin();
    if (!last_bytes_) NoteBytes();
    if (assembler_ != nullptr && after_ == nullptr) {
      assembler_->FlushIdle(*last_bytes_, visit_);
      assembler_->FlushIdle(clock->Monotonic(), visit_);
    }
    if (clock->Monotonic() - *last_bytes_ >= context_.options().flush_after) CountLastLine();
    Settle();
  }
  if (splitter_->pending_bytes() > 0) return;
  offset_ = splitter_->offset();
  context_.GiveBack(std::move(splitter_));
}

// A line without its newline, whose writer says no more: counted when it can be whole.
void Stream::CountLastLine() {
  if (context_.options().framing == Framing::kEnvelope || std::exchange(probed_, position()) == position()) return;
  if (!context_.counter().MayBeWhole(splitter_->pending_text())) return;
  Line line;
  if (!splitter_->Finish(&line)) return;
  Take(line);
  mid_line_ = true;
}

bool Stream::Follow(Stream& before) {
  if (assembler_ == nullptr || before.assembler_ == nullptr || before.after_ != nullptr) return false;
  if (position() > 0 || pending()) return false;
  before_ = &before;
  before.after_ = this;
  before.at_end_.reset();
  before.read_out_ = false;
  return true;
}

// Nothing came from the source.
void Stream::NoteEnd() {
  if (after_ == nullptr) return;
  const std::chrono::nanoseconds now = context_.clock()->Monotonic();
  if (!at_end_) at_end_ = now;
  const bool at_rest = splitter_ == nullptr && source_->SinceWritten() >= kHandOverTime;
  read_out_ = at_rest || now - *at_end_ >= kQuietTime;
}

bool Stream::IsReadOut() const {
  if (!source_->found()) return truncated_;
  const bool readable = error_.empty();
  return read_out_ && !(readable && source_->HasMore());
}

// Another life knows it again, and with it what is pending here.
bool Stream::WasOpen() const {
  Position position;
  return source_->Locate(offset_, &position) && (position.file.id != FileId{} || position.file.read > 0);
}

void Stream::TakeOver() {
  Stream& before = *std::exchange(before_, nullptr);
  before.after_ = nullptr;
  if (before.source_->LagBytes() > 0) return;
  std::swap(assembler_, before.assembler_);
  assembler_->WaitAnew();
  NotePending();
  before.NotePending();
}

// `whole`: nothing of the stream is missing.
void Stream::FinishAll(bool whole) {
  Begin();
  Line line;
  if (splitter_->Finish(&line)) Take(line);
  const bool begun = before_ == nullptr;  // otherwise who follows this one follows the one before
  if (whole && begun && after_ != nullptr && after_->WasOpen()) after_->TakeOver();
  if (assembler_ != nullptr) assembler_->Finish(visit_);
  mid_line_ = false;
  Settle();
}

void Stream::Settle() {
  context_.counter().End(std::exchange(bytes_, 0));
  NotePending();
}

void Stream::NotePending() {
  const uint64_t now = assembler_ == nullptr ? 0 : assembler_->pending_lines();
  context_.ledger().lines_pending += now - std::exchange(pending_lines_, now);
}

bool Stream::Locate(Position* position) {
  position->offset = splitter_ == nullptr ? offset_ : splitter_->offset();
  position->mid_line = mid_line_;
  position->origin = origin_;
  if (assembler_ != nullptr) assembler_->Save(position->pending);
  return source_->Locate(position->offset, position);
}

}  // namespace logmill
