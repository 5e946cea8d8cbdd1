// What has become of the records between two places of the spool.
//
//   sequence   17   18   19 ... 30   31   32        Pass(): what was read and is not to be sent, or was not there
//   outcome   sent open  filtered   sent open       AddRecord(): what is
//              │                     │               MoveOn(): the cursor follows behind the first ones that are settled, and notes the
//              └ cursor              └ ahead         others, which another life does not send again
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "shipping/ship_cursor.h"

namespace logmill {

// One thread. Every sequence number gets exactly one outcome, so what is counted always adds up to how far the cursor has come.
class ShipProgress {
 public:
  // Goes on where `cursor` says. What an earlier life settled ahead of it keeps its outcome.
  explicit ShipProgress(const ShipCursor& cursor)
      : earlier_(cursor.ahead.begin(), cursor.ahead.end()), begin_(cursor.sequence), end_(cursor.sequence) {}

  // The numbers from end() to `end`, which is the new one; nothing when it is not beyond.
  void Pass(uint64_t end, ShipOutcome outcome);
  // The number end() is the next record: open. Records are counted from 0 since Clear(). False: an earlier life settled it, and it is
  // passed.
  bool AddRecord();
  void Settle(size_t record, ShipOutcome outcome);
  [[nodiscard]] bool is_open(size_t record) const { return runs_[runs_of_records_[record]].outcome == ShipOutcome::kOpen; }

  // The others' records make room: returns those that are open, ascending, which are counted anew from 0.
  std::vector<size_t> KeepOpen();

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

  Run NextRun(uint64_t end, ShipOutcome outcome);
  void Append(const Run& run);
  void Join(const Run& run);
  [[nodiscard]] std::vector<ShipRun> Ahead() const;

  std::vector<Run> runs_;
  size_t counted_ = 0;  // of runs_
  std::vector<size_t> runs_of_records_;
  std::deque<ShipRun> earlier_;  // by an earlier life, of numbers from end_ on, or just before
  uint64_t begin_;               // the first that is not counted
  uint64_t end_;
  uint64_t size_ = 0;
};

}  // namespace logmill
