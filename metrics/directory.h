// Which series exist in a store, over all shards, and who may still come in.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "metrics/arena.h"
#include "metrics/family.h"
#include "metrics/series.h"
#include "metrics/series_table.h"

namespace logmill {

// Thread-safe. Series live as long as the directory.
class Directory {
 public:
  using SeriesList = std::vector<Series*>;

  // Makes the series that exist from the start. `clock` must outlive the directory.
  Directory(std::vector<FamilySpec> families, const Clock& clock);

  [[nodiscard]] std::span<const FamilySpec> families() const { return specs_; }

  // `series` is the overflow series when `refused`: the family's budget is used up, so from now on no series but that one can come.
  struct Answer {
    Series* series;
    bool refused;
  };

  // The series of these values, made when there is none and the budget allows it. Values are fit (label_text.h).
  // `hash` is theirs. A new series is born at `created_ms`, or now.
  Answer FindOrAdd(uint64_t hash, FamilyId family, LabelValues values, std::optional<int64_t> created_ms = std::nullopt);

  // The series of these values, which was born at `created_ms` in an earlier life: made if it is not there, whatever the budget says.
  // Before anybody reads.
  Series* Restore(uint64_t hash, FamilyId family, LabelValues values, int64_t created_ms);

  // All series of a family by first appearance, overflow included.
  [[nodiscard]] SeriesList InOrder(FamilyId family) const;
  // The same by rendered labels. Sorts only what is new since the last call.
  [[nodiscard]] std::shared_ptr<const SeriesList> Sorted(FamilyId family) const;

  // Series in the budget.
  [[nodiscard]] size_t BudgetedCount(FamilyId family) const;
  // The family's overflow series, or null while there is none.
  [[nodiscard]] const Series* Overflow(FamilyId family) const;
  // True once any family refused a series.
  [[nodiscard]] bool AnyRefused() const;
  [[nodiscard]] size_t MemoryBytes() const;

  // Stamps order the sets of gauges over all shards: each is higher than all before. Reserve returns the last one given out and
  // skips `count`.
  uint64_t NextStamp() { return stamps_.fetch_add(1, std::memory_order_relaxed) + 1; }
  uint64_t ReserveStamps(uint64_t count) { return stamps_.fetch_add(count, std::memory_order_relaxed); }
  // Stamps of an earlier life, up to this one, are taken. Before anybody writes.
  void RaiseStamps(uint64_t last) { stamps_.store(std::max(LastStamp(), last), std::memory_order_relaxed); }
  [[nodiscard]] uint64_t LastStamp() const { return stamps_.load(std::memory_order_relaxed); }

 private:
  struct Family {
    SeriesList in_order;
    SeriesList unsorted;  // not yet in Order::sorted
    size_t budgeted = 0;
    Series* overflow = nullptr;
  };
  struct Order {
    Mutex mutex;  // taken before the directory's
    std::shared_ptr<const SeriesList> sorted GUARDED_BY(mutex) = std::make_shared<SeriesList>();
  };

  void AddInitial(FamilyId family);
  Series* Add(uint64_t hash, FamilyId family, LabelValues values, int64_t created_ms) REQUIRES(mutex_);
  Series* AddOverflow(FamilyId family, int64_t created_ms) REQUIRES(mutex_);
  [[nodiscard]] SeriesList TakeUnsorted(FamilyId family) const EXCLUDES(mutex_);

  const std::vector<FamilySpec> specs_;
  const Clock& clock_;
  mutable std::vector<Order> orders_;  // one a family

  mutable Mutex mutex_;
  mutable std::vector<Family> families_ GUARDED_BY(mutex_);
  SeriesTable table_ GUARDED_BY(mutex_);
  Arena arena_ GUARDED_BY(mutex_);
  bool any_refused_ GUARDED_BY(mutex_) = false;

  alignas(64) std::atomic<uint64_t> stamps_{0};
};

}  // namespace logmill
