#include "metrics/series_table.h"

#include <utility>

namespace logmill {

SeriesTable::Slot* SeriesTable::Insert(uint64_t hash, Series* series) {
  if (2 * (used_ + 1) > mask_ + 1) Grow();
  ++used_;
  return Place({hash, series, nullptr});
}

SeriesTable::Slot* SeriesTable::Place(const Slot& slot) {
  size_t at = slot.hash & mask_;
  while (slots_[at].series != nullptr) at = (at + 1) & mask_;
  slots_[at] = slot;
  return &slots_[at];
}

void SeriesTable::Grow() {
  const size_t old_slots = mask_ + 1;
  const auto old = std::exchange(slots_, std::make_unique<Slot[]>(2 * old_slots));
  mask_ = 2 * old_slots - 1;
  for (size_t at = 0; at < old_slots; ++at) {
    if (old[at].series != nullptr) Place(old[at]);
  }
  bytes_.store(2 * old_slots * sizeof(Slot), std::memory_order_relaxed);
}

}  // namespace logmill
