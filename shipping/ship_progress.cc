#include "shipping/ship_progress.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace logmill {
namespace {

// In the order of ShipOutcome, from kSent on.
constexpr std::array<uint64_t ShipCursor::*, 6> kCounters{&ShipCursor::sent,        &ShipCursor::refused,  &ShipCursor::dropped_full,
                                                          &ShipCursor::dropped_old, &ShipCursor::filtered, &ShipCursor::damaged};

}  // namespace

void ShipProgress::Pass(uint64_t end, ShipOutcome outcome) {
  if (end <= end_) return;
  size_ += end - end_;
  end_ = end;
  if (runs_.size() > counted_ && runs_.back().outcome == outcome) {
    runs_.back().end = end;
  } else {
    runs_.push_back({end, outcome});
  }
}

void ShipProgress::AddRecord() {
  runs_of_records_.push_back(runs_.size());
  runs_.push_back({++end_, ShipOutcome::kOpen});
  ++size_;
}

void ShipProgress::BeginSending() {
  groups_.clear();
  std::vector<size_t>& all = groups_.emplace_back(runs_of_records_.size());
  std::iota(all.begin(), all.end(), 0);
}

const std::vector<size_t>& ShipProgress::NextGroup() {
  static const std::vector<size_t> kNothing;
  for (; !groups_.empty(); groups_.pop_back()) {
    std::erase_if(groups_.back(), [this](size_t record) { return !is_open(record); });
    if (!groups_.back().empty()) return groups_.back();
  }
  return kNothing;
}

void ShipProgress::SplitGroup() {
  std::vector<size_t> first = std::move(groups_.back());
  const auto middle = first.begin() + static_cast<std::ptrdiff_t>(first.size() / 2);
  groups_.back().assign(middle, first.end());
  first.erase(middle, first.end());
  groups_.push_back(std::move(first));
}

void ShipProgress::PostponeGroup() { std::ranges::rotate(groups_, groups_.end() - 1); }

void ShipProgress::Settle(size_t record, ShipOutcome outcome) { runs_[runs_of_records_[record]].outcome = outcome; }

bool ShipProgress::MoveOn(ShipCursor& cursor) {
  const uint64_t before = begin_;
  for (; counted_ < runs_.size() && runs_[counted_].outcome != ShipOutcome::kOpen; ++counted_) {
    const Run& run = runs_[counted_];
    cursor.*kCounters[static_cast<size_t>(run.outcome) - 1] += run.end - begin_;
    begin_ = run.end;
  }
  cursor.sequence = begin_;
  return begin_ != before;
}

void ShipProgress::Clear() {
  runs_.clear();
  counted_ = 0;
  runs_of_records_.clear();
  groups_.clear();
  size_ = 0;
}

}  // namespace logmill
