// The numbers of one series in one shard: written by one thread with plain stores, read by any at any time.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include "metrics/exact_sum.h"
#include "metrics/family.h"

namespace logmill {

// One word of a cell. Sets are releases and reads acquires, which x86 gives for nothing: this is what orders them with the
// WriteCount around them.
class CellWord {
 public:
  [[nodiscard]] uint64_t Own() const { return word_.load(std::memory_order_relaxed); }  // the writer's own look
  [[nodiscard]] uint64_t Read() const { return word_.load(std::memory_order_acquire); }
  void Set(uint64_t value) { word_.store(value, std::memory_order_release); }

 private:
  std::atomic<uint64_t> word_{0};
};

// A sequence lock for one writer which also counts the writes: twice their number, odd during one.
class WriteCount {
 public:
  [[nodiscard]] uint64_t Begin() {
    const uint64_t before = word_.load(std::memory_order_relaxed);
    word_.store(before + 1, std::memory_order_relaxed);
    return before;
  }
  void End(uint64_t before, uint64_t writes = 1) { word_.store(before + 2 * writes, std::memory_order_release); }
  [[nodiscard]] uint64_t Own() const { return word_.load(std::memory_order_relaxed) / 2; }  // the writer's own look: the number of writes

  // Runs `read` until no write fell into it; the number of writes that it saw.
  template <class Read>
  uint64_t ReadBetweenWrites(Read read) const {
    for (unsigned attempt = 1;; ++attempt) {
      const uint64_t before = word_.load(std::memory_order_acquire);
      if (before % 2 == 0) {
        read();
        if (word_.load(std::memory_order_relaxed) == before) return before / 2;
      }
      if (attempt % kSpins == 0) std::this_thread::yield();  // the writer may have lost its processor
    }
  }

 private:
  static constexpr unsigned kSpins = 64;

  std::atomic<uint64_t> word_{0};
};

// An ExactSum in a cell; to be written and read under the cell's WriteCount.
class SumWords {
 public:
  void Add(double value) {
    ExactSum sum = Own();
    sum.Add(value);
    Set(sum);
  }
  void Add(const ExactSum& other) {
    ExactSum sum = Own();
    sum.Add(other);
    Set(sum);
  }
  [[nodiscard]] ExactSum Read() const { return ExactSum({words_[0].Read(), words_[1].Read(), words_[2].Read(), words_[3].Read()}); }
  [[nodiscard]] ExactSum::Words OwnWords() const { return {words_[0].Own(), words_[1].Own(), words_[2].Own(), words_[3].Own()}; }

 private:
  [[nodiscard]] ExactSum Own() const { return ExactSum(OwnWords()); }
  void Set(const ExactSum& sum) {
    const ExactSum::Words words = sum.words();
    for (size_t i = 0; i < words.size(); ++i) words_[i].Set(words[i]);
  }

  CellWord words_[4];
};

// What all cells begin with. The kind of a cell follows from its family's type.
struct SeriesCell {
  SeriesCell* next = nullptr;  // the same series in another shard; set before the cell is linked
};

struct CounterCell : SeriesCell {
  CellWord increments;
  WriteCount adds;
  SumWords sum;
};

struct GaugeCell : SeriesCell {
  WriteCount sets;
  CellWord value;
  CellWord stamp;  // orders the sets of all shards; 0: never set
};

// Followed in memory by a CellWord for each bound and one for +Inf.
struct HistogramCell : SeriesCell {
  explicit HistogramCell(std::span<const double> upper_bounds) : bounds(upper_bounds) {}
  [[nodiscard]] CellWord* buckets() { return reinterpret_cast<CellWord*>(this + 1); }
  [[nodiscard]] const CellWord* buckets() const { return reinterpret_cast<const CellWord*>(this + 1); }
  // The bucket that `value` falls into.
  [[nodiscard]] size_t BucketOf(double value) const {
    size_t below = 0;
    for (const double bound : bounds) below += value > bound ? 1 : 0;
    return below;
  }

  std::span<const double> bounds;  // the family's, which outlives the cell
  WriteCount observations;
  SumWords sum;
};

// What one cell, or several of one series, hold: the sum of them, for gauges the last set.
struct CellTotals {
  uint64_t writes = 0;            // increments and adds, sets, or observations
  ExactSum sum;                   // counter, histogram
  uint64_t stamp = 0;             // gauge: of the last set
  double last = 0;                // gauge: its value
  std::vector<uint64_t> buckets;  // histogram
};

// Empties `totals` for series of a family, keeping its memory.
void Reset(const FamilySpec& family, CellTotals& totals);

// Adds what `cell` of `family` holds now. Any thread.
void AddCell(const FamilySpec& family, const SeriesCell& cell, CellTotals& totals);

// Writes `totals`, its stamp raised by `stamp_base`, into a cell as if everything had happened there. The cell's writer only.
void AddTotals(const FamilySpec& family, const CellTotals& totals, uint64_t stamp_base, SeriesCell& cell);

// Bytes of a cell of this family, and a new one in that much memory.
size_t CellBytes(const FamilySpec& family);
SeriesCell* MakeCell(const FamilySpec& family, void* memory);

}  // namespace logmill
