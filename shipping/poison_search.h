// Finds the record of a batch that a server fails at each time, where its answer may mean that record, or trouble of its own.
//
//   fails kAttempts times in a row ─► halves, halves of these ... ─► a record alone ─► fails kAlone times, and for kShortest ─► refused
//                                        └ taken, kProofs times for each that is refused: the server is well
//
// One good answer proves nothing: a server in trouble has its moments. Nor do ten failures: of one that fails four times in five, one
// record in ten would be given up; of thirty, one in a thousand. As long as too little of the batch is taken, nobody knows, and it
// is tried on: each record that is alone once, then those behind it. Only when nothing was taken for kLongest one record is given up, so
// that a log with few lines does not wait for ever.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace logmill {

// Several such records in a batch take their time: what is behind them waits.
//
// One thread. Times are monotonic.
class PoisonSearch {
 public:
  enum class Next : uint8_t {
    kAgain,    // the same once more
    kHalve,    // the group, which has two records at least
    kAnother,  // this record later, the next group first
    kRefuse,   // the group, which is one record
  };

  static constexpr size_t kAttempts = 10;
  static constexpr size_t kAlone = 30;
  static constexpr size_t kProofs = 3;
  static constexpr std::chrono::minutes kShortest{10};
  static constexpr std::chrono::minutes kForgotten{20};  // what is proven, when nothing is taken
  static constexpr std::chrono::minutes kLongest{30};

  // Another batch is at hand.
  void Begin() { *this = {}; }
  // Something of the batch was taken.
  void Taken();
  // What was sent, `records` at least one, the first of them `first`, was answered like that.
  Next Failed(size_t first, size_t records, std::chrono::nanoseconds now);
  // Nobody was there: that says nothing of any record.
  void Away();

 private:
  size_t failures_ = 0;                      // in a row: before the search, and of the record that is alone
  bool searching_ = false;                   // the batch was halved
  size_t proofs_ = 0;                        // answers that took something since the search began, or since a refusal
  std::optional<size_t> alone_ = {};         // the record that failed alone, nothing else since
  std::chrono::nanoseconds alone_since_{0};  // first failure of alone_
  bool waiting_ = false;                     // nothing was taken or refused since the first of these failures
  std::chrono::nanoseconds waiting_since_{0};
};

}  // namespace logmill
