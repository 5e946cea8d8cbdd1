// A worker's own window on the store: lookups without locks, writes with plain stores.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "metrics/arena.h"
#include "metrics/cell.h"
#include "metrics/directory.h"
#include "metrics/family.h"
#include "metrics/series_key.h"
#include "metrics/series_table.h"
#include "metrics/shard_image.h"

namespace logmill {

// Used by one thread at a time; MemoryBytes() by any. Made by Store::AddShard().
class Shard {
 public:
  // A handle to one series in this shard: valid as long as the store. To be used with this shard only.
  using Cell = SeriesCell;

  explicit Shard(Directory& directory);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // The series with exactly these values, if this shard has already used it, or null. Nothing is created. `values` has the size of
  // label_names. Cost: one hash of the values, one compare.
  Cell* Find(FamilyId family, LabelValues values) {
    const SeriesTable::Slot* slot = table_.Find(series_key::Hash(seed_, family, values), family, values);
    return slot == nullptr ? nullptr : slot->cell;
  }

  // The same, creating the series; the overflow series when the budget is used up. Never null. Values are repaired: cut to
  // kMaxLabelValueBytes, what is no UTF-8 and NUL replaced by U+FFFD. Takes the store's mutex only for a series that this shard
  // sees for the first time; once a family has overflowed, never again for that family.
  Cell* FindOrAdd(FamilyId family, LabelValues values) { return FindOrAdd(family, values, std::nullopt); }
  // A series that this call creates is given this birth, if any.
  Cell* FindOrAdd(FamilyId family, LabelValues values, std::optional<int64_t> created_ms);
  // The series of an earlier life: born then, and never refused. Values are fit (label_text.h). Before anybody reads.
  Cell* Restore(FamilyId family, LabelValues values, int64_t created_ms);

  // counter: adds 1 / adds `delta` (finite, >= 0). Sums are exact, independent of their order (exact_sum.h).
  void Increment(Cell* cell) {
    CellWord& increments = static_cast<CounterCell*>(cell)->increments;
    increments.Set(increments.Own() + 1);
  }
  void Add(Cell* cell, double delta) {
    auto* counter = static_cast<CounterCell*>(cell);
    const uint64_t before = counter->adds.Begin();
    counter->sum.Add(delta);
    counter->adds.End(before);
  }

  // gauge: any double. Costs one atomic increment on a counter of the whole store.
  void Set(Cell* cell, double value) {
    auto* gauge = static_cast<GaugeCell*>(cell);
    const uint64_t before = gauge->sets.Begin();
    gauge->stamp.Set(directory_.NextStamp());
    gauge->value.Set(std::bit_cast<uint64_t>(value));
    gauge->sets.End(before);
  }

  // histogram: finite value.
  void Observe(Cell* cell, double value) {
    auto* histogram = static_cast<HistogramCell*>(cell);
    CellWord& bucket = histogram->buckets()[histogram->BucketOf(value)];
    const uint64_t before = histogram->observations.Begin();
    histogram->sum.Add(value);
    bucket.Set(bucket.Own() + 1);
    histogram->observations.End(before);
  }

  // Copies all numbers of this shard. The shard's thread, between two records: some 10 ns a series. An image that was used for this
  // shard before allocates only for series that are new.
  void Capture(ShardImage& into) const;

  // Bytes held by this shard's cells and table. Any thread.
  [[nodiscard]] size_t MemoryBytes() const { return arena_.bytes() + table_.bytes() + list_bytes_.load(std::memory_order_relaxed); }

 private:
  // This shard's cells of families that refused a series: no other series can come, so misses need not ask the directory.
  struct Full {
    bool known = false;
    Cell* overflow = nullptr;
  };

  // What this shard has used of a family, by first use.
  struct Used {
    std::vector<const Series*> series;
    std::vector<const SeriesCell*> cells;  // of those series
  };

  Cell* FindOrAddFit(FamilyId family, LabelValues values, std::optional<int64_t> created_ms);
  Cell* CellIn(SeriesTable::Slot& slot, FamilyId family);
  void LearnAll(FamilyId family);

  Directory& directory_;
  const uint64_t seed_;
  SeriesTable table_;
  Arena arena_;
  std::vector<Full> full_;  // by family
  std::vector<Used> used_;  // by family
  std::atomic<size_t> list_bytes_{0};
};

}  // namespace logmill
