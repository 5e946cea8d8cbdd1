#include "ingest/ledger.h"

#include <algorithm>
#include <bit>

namespace logmill {
namespace {

constexpr auto kBoundsMs = [] {
  std::array<int64_t, LagHistogram::kBounds.size()> bounds{};
  for (size_t i = 0; i < bounds.size(); ++i) bounds[i] = static_cast<int64_t>(LagHistogram::kBounds[i] * 1000);
  return bounds;
}();

// A ledger is nothing but numbers that add up.
using Words = std::array<uint64_t, sizeof(Ledger) / sizeof(uint64_t)>;

}  // namespace

void LagHistogram::Observe(int64_t lag_ms) {
  lag_ms = std::max<int64_t>(lag_ms, 0);
  size_t bucket = 0;
  for (const int64_t bound : kBoundsMs) bucket += lag_ms > bound ? 1 : 0;
  ++buckets[bucket];
  sum_ms += static_cast<uint64_t>(lag_ms);
}

bool Ledger::Balanced() const {
  uint64_t accounted = records_json + records_text + records_console + lines_joined + lines_skipped;
  for (const uint64_t count : rejected) accounted += count;
  return accounted == lines_read;
}

void AddLedger(Ledger& total, const Ledger& part) {
  auto sums = std::bit_cast<Words>(total);
  const auto parts = std::bit_cast<Words>(part);
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += parts[i];
  total = std::bit_cast<Ledger>(sums);
}

// A sequence lock, as in metrics/cell.h.
void PublishedLedger::Publish(const Ledger& ledger) {
  const auto words = std::bit_cast<Words>(ledger);
  const uint64_t before = version_.load(std::memory_order_relaxed);
  version_.store(before + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  for (size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_relaxed);
  version_.store(before + 2, std::memory_order_release);
}

Ledger PublishedLedger::Read() const {
  Words words;
  while (true) {
    const uint64_t before = version_.load(std::memory_order_acquire);
    for (size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && version_.load(std::memory_order_relaxed) == before) return std::bit_cast<Ledger>(words);
  }
}

}  // namespace logmill
