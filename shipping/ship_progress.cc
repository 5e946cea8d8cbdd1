#include "shipping/ship_progress.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace logmill {
namespace {

// In the order of ShipOutcome, from kSent on.
constexpr std::array<uint64_t ShipCursor::*, 6> kCounters{&ShipCursor::sent,        &ShipCursor::refused,  &ShipCursor::dropped_full,
                                                          &ShipCursor::dropped_old, &ShipCursor::filtered, &ShipCursor::damaged};

void Extend(std::vector<ShipRun>& runs, const ShipRun& run) {
  if (!runs.empty() && runs.back().end == run.begin && runs.back().outcome == run.outcome) {
    runs.back().end = run.end;
  } else {
    runs.push_back(run);
  }
}

}  // namespace

void ShipProgress::Pass(uint64_t end, ShipOutcome outcome) {
  while (end_ < end) Append(NextRun(end, outcome));
}

// Of the numbers from end_ to `end`.
ShipProgress::Run ShipProgress::NextRun(uint64_t end, ShipOutcome outcome) {
  while (!earlier_.empty() && earlier_.front().end <= end_) earlier_.pop_front();
  if (earlier_.empty() || earlier_.front().begin >= end) return {end, outcome};
  const ShipRun& earlier = earlier_.front();
  if (earlier.begin > end_) return {earlier.begin, outcome};
  return {std::min(end, earlier.end), earlier.outcome};
}

void ShipProgress::Append(const Run& run) {
  size_ += run.end - end_;
  end_ = run.end;
  Join(run);
}

void ShipProgress::Join(const Run& run) {
  if (run.outcome != ShipOutcome::kOpen && runs_.size() > counted_ && runs_.back().outcome == run.outcome) {
    runs_.back().end = run.end;
  } else {
    runs_.push_back(run);
  }
}

bool ShipProgress::AddRecord() {
  const Run run = NextRun(end_ + 1, ShipOutcome::kOpen);
  Append(run);
  if (run.outcome != ShipOutcome::kOpen) return false;
  runs_of_records_.push_back(runs_.size() - 1);
  return true;
}

void ShipProgress::Settle(size_t record, ShipOutcome outcome) { runs_[runs_of_records_[record]].outcome = outcome; }

std::vector<size_t> ShipProgress::KeepOpen() {
  std::vector<size_t> kept;
  for (size_t record = 0; record < runs_of_records_.size(); ++record) {
    if (is_open(record)) kept.push_back(record);
  }
  runs_of_records_.clear();
  const std::vector<Run> runs = std::exchange(runs_, {});
  for (const Run& run : std::span(runs).subspan(std::exchange(counted_, 0))) {
    if (run.outcome == ShipOutcome::kOpen) runs_of_records_.push_back(runs_.size());
    Join(run);
  }
  return kept;
}

bool ShipProgress::MoveOn(ShipCursor& cursor) {
  const uint64_t before = begin_;
  for (; counted_ < runs_.size() && runs_[counted_].outcome != ShipOutcome::kOpen; ++counted_) {
    const Run& run = runs_[counted_];
    cursor.*kCounters[static_cast<size_t>(run.outcome) - 1] += run.end - begin_;
    begin_ = run.end;
  }
  cursor.sequence = begin_;
  cursor.ahead = Ahead();
  return begin_ != before;
}

std::vector<ShipRun> ShipProgress::Ahead() const {
  std::vector<ShipRun> ahead;
  uint64_t begin = begin_;
  for (size_t i = counted_; i < runs_.size(); begin = runs_[i++].end) {
    if (runs_[i].outcome != ShipOutcome::kOpen) Extend(ahead, {begin, runs_[i].end, runs_[i].outcome});
  }
  for (const ShipRun& run : earlier_) {
    if (run.end > end_) Extend(ahead, {std::max(run.begin, end_), run.end, run.outcome});
  }
  return ahead;
}

void ShipProgress::Clear() {
  runs_.clear();
  counted_ = 0;
  runs_of_records_.clear();
  size_ = 0;
}

}  // namespace logmill
