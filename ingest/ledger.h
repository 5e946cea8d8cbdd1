// What became of every byte and line of one source. In = out + accounted.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "ingest/decoder.h"

namespace logmill {

// Time from a record's timestamp to when it was counted.
struct LagHistogram {
  // Upper bounds in seconds. A clock that is ahead of ours gives 0; more than kMostMillis count as that many, so that lines with
  // wrong times do not spoil the sum.
  static constexpr std::array<double, 12> kBounds{0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 3600, 86400};

  static constexpr uint64_t kMostMillis = uint64_t{366} * 86'400'000;

  // Any two times, in milliseconds since 1970.
  void Observe(int64_t now_ms, int64_t timestamp_ms);

  std::array<uint64_t, kBounds.size() + 1> buckets{};  // not cumulative; the last one is +Inf
  uint64_t sum_ms = 0;
};

// Plain numbers of one thread. What holds between batches (Balanced): every line read became a record, a reject, a part of another line's
// record, or was skipped.
struct Ledger {
  uint64_t bytes_read = 0;
  uint64_t lines_read = 0;  // whose fate is decided
  uint64_t records_json = 0;
  uint64_t records_text = 0;
  uint64_t records_console = 0;
  std::array<uint64_t, kRejects> rejected{};  // by Reject
  uint64_t lines_joined = 0;                  // that went into the record of a line before
  uint64_t lines_skipped = 0;                 // rests of lines that were counted before their newline came
  uint64_t lines_cut = 0;                     // longer than the limit; counted above, too
  uint64_t lines_pending = 0;                 // read, fate not decided yet: lines that may go on
  uint64_t lag_bytes = 0;                     // not yet read at the last look
  uint64_t lost_bytes = 0;                    // unread when a file was unlinked, truncated or could not be found again
  uint64_t lost_files = 0;                    // that this happened to
  uint64_t truncations = 0;                   // times a file began anew under us
  uint64_t rotations = 0;                     // times another file took the path
  uint64_t read_errors = 0;                   // attempts to open or read that failed
  LagHistogram lag;

  [[nodiscard]] bool Balanced() const;

  // Calls visit(key, counter) for what a checkpoint keeps: everything that is counted from the bytes of the logs, so that reading them
  // again gives the same, under keys that stay the same in all versions ("lines_read", "rejected/syntax"). What happened to files and reads
  // (truncations, rotations, errors) is this life's own. Works on a const and a mutable ledger.
  template <typename Self, typename Visit>
  static void ForEachCounter(Self& ledger, const Visit& visit) {
    visit(std::string("bytes_read"), ledger.bytes_read);
    visit(std::string("lines_read"), ledger.lines_read);
    visit(std::string("records_json"), ledger.records_json);
    visit(std::string("records_text"), ledger.records_text);
    visit(std::string("records_console"), ledger.records_console);
    for (size_t i = 1; i < kRejects; ++i) visit("rejected/" + std::string(RejectName(static_cast<Reject>(i))), ledger.rejected[i]);
    visit(std::string("lines_joined"), ledger.lines_joined);
    visit(std::string("lines_skipped"), ledger.lines_skipped);
    visit(std::string("lines_cut"), ledger.lines_cut);
    visit(std::string("lost_bytes"), ledger.lost_bytes);
    visit(std::string("lost_files"), ledger.lost_files);
    for (size_t i = 0; i < ledger.lag.buckets.size(); ++i) visit("lag/" + std::to_string(i), ledger.lag.buckets[i]);
    visit(std::string("lag/sum_ms"), ledger.lag.sum_ms);
  }
};

// Adds all numbers of `part` to those of `total`.
void AddLedger(Ledger& total, const Ledger& part);

// A ledger for others to read, all numbers of one moment. One writer, which never waits; any readers.
class PublishedLedger {
 public:
  void Publish(const Ledger& ledger);
  [[nodiscard]] Ledger Read() const;

 private:
  static_assert(std::is_trivially_copyable_v<Ledger> && sizeof(Ledger) % sizeof(uint64_t) == 0);
  static constexpr size_t kWords = sizeof(Ledger) / sizeof(uint64_t);

  std::atomic<uint64_t> version_{0};  // odd while the words change
  std::array<std::atomic<uint64_t>, kWords> words_{};
};

}  // namespace logmill
