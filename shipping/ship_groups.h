// What of a batch is to be sent next, in which requests; and the search for records that a server fails at each time, where its answer may
// mean such a record, or trouble of its own.
//
//   the batch fails kAttempts times ─► a group, and some of its records each alone ─► round and round, each group in its turn:
//
//     a group fails ──────────────────────► it has failed
//     another one is taken ───────────────► the server was well: the groups that have failed are halved
//     one that never failed is taken ─────► and the records that have failed alone have a strike. Given up after kStrikes of them in a row
//     one that never failed fails ────────► nobody knows: all strikes are forgotten
//     all have failed ────────────────────► nobody knows, however long it takes. Smaller groups, then one more record from the spool
//
// So trouble of the server costs no record: a record is given up when it failed kStrikes times and more, each time just before one was
// taken that nobody had doubted, and none of these failed. It is tried once to three times in a row, and in any order with others, so that
// it does not meet the broken one of several servers that have turns each time. Where nothing else is taken, it waits: at the end of a log
// that rests until lines come.
#pragma once

#include <cstddef>
#include <deque>
#include <random>
#include <vector>

#include "shipping/ship_progress.h"

namespace logmill {

// One thread. Records are indices in the batch.
class ShipGroups {
 public:
  static constexpr unsigned kAttempts = 3;  // 1 once a record was given up: a server that has done so does it again
  static constexpr unsigned kStrikes = 16;
  static constexpr size_t kReserve = 32;  // records that are sent alone in a search, so that others are there to be taken

  // All that are open become one group.
  void Begin(const ShipProgress& progress, size_t records);
  // What is to be sent next, ascending; empty when nothing is open. Valid until the next call of anything.
  const std::vector<size_t>& Next(const ShipProgress& progress);
  // Of Next(), two records at least: in halves, the first one first.
  void Split();

  // Next() failed, and that may mean a record of it. False: without a pause the next request would tell no more.
  bool Failed();
  // Something of Next() was taken. Returns the records that are to be given up.
  std::vector<size_t> Taken();
  // All that is left are records that have failed alone: another one from the spool would tell whether that means anything.
  [[nodiscard]] bool wants_another() const { return wants_another_; }
  // It is to be sent next.
  void Add(size_t record);
  // Only these are left of the batch, ascending; they are counted anew from 0.
  void Keep(const std::vector<size_t>& records);

 private:
  struct Group {
    std::vector<size_t> records = {};
    unsigned strikes = 0;
    unsigned tries = 1;    // to come, until it is the next one's turn
    bool failed = false;   // since something was taken
    bool doubted = false;  // has failed, or is a half of one that has
  };

  void BeginSearch();
  void LookCloser();
  unsigned AnyTries();
  [[nodiscard]] bool all_failed() const;

  std::minstd_rand random_;
  std::deque<Group> groups_;  // the next one first
  bool searching_ = false;    // in this batch
  bool wants_another_ = false;
  bool known_to_refuse_ = false;
  size_t failures_ = 0;           // since something was taken, or since LookCloser()
  size_t expected_failures_ = 0;  // of groups that are doubted: no news, and no reason for a pause
};

}  // namespace logmill
