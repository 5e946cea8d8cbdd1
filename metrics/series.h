// One series of the store, as the directory keeps it: for ever, at one address.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "metrics/cell.h"

namespace logmill {

// The key and the rendered labels follow in memory. All but `cells` is constant once the directory has handed it out.
class Series {
 public:
  Series(int64_t created, uint32_t place, uint32_t key_bytes, uint32_t label_bytes)
      : created_ms(created), index(place), key_bytes_(key_bytes), label_bytes_(label_bytes) {}

  [[nodiscard]] const char* key() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] char* key() { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] char* label_text() { return key() + key_bytes_; }
  [[nodiscard]] std::string_view labels() const { return {key() + key_bytes_, label_bytes_}; }

  // Makes a shard's cell part of the series. Any thread; each shard once.
  void Link(SeriesCell* cell) {
    cell->next = cells_.load(std::memory_order_relaxed);
    while (!cells_.compare_exchange_weak(cell->next, cell, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }
  // The cells so far, chained by `next`. Any thread.
  [[nodiscard]] const SeriesCell* cells() const { return cells_.load(std::memory_order_acquire); }

  int64_t created_ms;    // changed by Directory::Restore alone
  const uint32_t index;  // among the family's series, by first appearance

 private:
  std::atomic<SeriesCell*> cells_{nullptr};
  uint32_t key_bytes_;
  uint32_t label_bytes_;
};

}  // namespace logmill
