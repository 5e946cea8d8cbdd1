// Hash table from label values to a series: open addressing, hashes kept beside the pointers, nothing ever removed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "metrics/series.h"
#include "metrics/series_key.h"

namespace logmill {

// One thread at a time, except bytes().
class SeriesTable {
 public:
  struct Slot {
    uint64_t hash = 0;
    Series* series = nullptr;    // null: free
    SeriesCell* cell = nullptr;  // a shard's own cell, once it has used the series
  };

  // The slot of these values (`hash` is theirs), or null. Valid until the next Insert.
  Slot* Find(uint64_t hash, FamilyId family, LabelValues values) {
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      Slot& slot = slots_[at];
      if (slot.series == nullptr) return nullptr;
      if (slot.hash == hash && series_key::Equals(slot.series->key(), family, values)) return &slot;
    }
  }

  // For a series that is not there yet. The slot is valid until the next Insert.
  Slot* Insert(uint64_t hash, Series* series);

  // Calls `visit(hash, series)` for each entry, in no useful order.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (size_t at = 0; at <= mask_; ++at) {
      if (slots_[at].series != nullptr) visit(slots_[at].hash, slots_[at].series);
    }
  }

  // Memory held. Any thread.
  [[nodiscard]] size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kFirstSlots = 16;

  Slot* Place(const Slot& slot);
  void Grow();

  size_t used_ = 0;
  size_t mask_ = kFirstSlots - 1;
  std::unique_ptr<Slot[]> slots_ = std::make_unique<Slot[]>(kFirstSlots);
  std::atomic<size_t> bytes_{kFirstSlots * sizeof(Slot)};
};

}  // namespace logmill
