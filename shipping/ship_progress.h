// What has become of the records between two places of the spool, and what of them is to be sent next.
//
//   sequence   17   18   19 ... 30   31   32        Pass(): what was read and is not to be sent, or was not there
//   outcome   sent open  filtered   open open       AddRecord(): what is
//              │                                    MoveOn(): the cursor follows behind the first ones that are settled
//   groups    {18} {31 32}                          Each is one request; the next one first. Together: all that are open
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shipping/ship_cursor.h"

namespace logmill {

enum class ShipOutcome : uint8_t { kOpen, kSent, kRefused, kDroppedFull, kDroppedOld, kFiltered, kDamaged };
inline constexpr size_t kShipOutcomes = static_cast<size_t>(ShipOutcome::kDamaged) + 1;

// One thread. Every sequence number gets exactly one outcome, so what is counted always adds up to how far the cursor has come.
class ShipProgress {
 public:
  explicit ShipProgress(uint64_t sequence) : begin_(sequence), end_(sequence) {}

  // The numbers from end() to `end`, which is the new one; nothing when it is not beyond.
  void Pass(uint64_t end, ShipOutcome outcome);
  // The number end() is the next record: open. Records are counted from 0 since Clear().
  void AddRecord();

  // All that are open become one group.
  void BeginSending();
  // What is to be sent next, ascending; empty when nothing is open in any group. Valid until the next call of anything that is not const.
  const std::vector<size_t>& NextGroup();
  // In halves, the first one first. It has two records at least.
  void SplitGroup();
  // It comes after all others.
  void PostponeGroup();
  // What is settled leaves its group.
  void Settle(size_t record, ShipOutcome outcome);
  [[nodiscard]] bool is_open(size_t record) const { return runs_[runs_of_records_[record]].outcome == ShipOutcome::kOpen; }

  // Counts what is settled and has nothing open before it, and moves the cursor behind it. True when it moved.
  bool MoveOn(ShipCursor& cursor);
  // Nothing is open, and MoveOn() has counted everything.
  [[nodiscard]] bool finished() const { return begin_ == end_; }
  // When finished().
  void Clear();

  [[nodiscard]] uint64_t end() const { return end_; }
  // Numbers that were passed or added since Clear(), counted or not.
  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  // Numbers up to `end`, exclusive, from where the run before ends. A record is a run of its own.
  struct Run {
    uint64_t end;
    ShipOutcome outcome;
  };

  std::vector<Run> runs_;
  size_t counted_ = 0;  // of runs_
  std::vector<size_t> runs_of_records_;
  std::vector<std::vector<size_t>> groups_;  // the next one last
  uint64_t begin_;                           // the first that is not counted
  uint64_t end_;
  uint64_t size_ = 0;
};

}  // namespace logmill
