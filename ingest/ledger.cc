#include "ingest/ledger.h"

#include <algorithm>
#include <bit>

namespace logmill {
namespace {

// Lags of one bit width: no two bounds have the same one, so a single comparison decides between two buckets.
struct BitWidth {
  uint64_t bound = UINT64_MAX;  // in milliseconds; the one of this width
  size_t bucket = 0;            // of lags up to it
};

constexpr BitWidth OfBitWidth(size_t width) {
  BitWidth lags;
  for (const double seconds : LagHistogram::kBounds) {
    const auto bound = static_cast<uint64_t>(seconds * 1000);
    const auto its_width = static_cast<size_t>(std::bit_width(bound));
    if (its_width == width) lags.bound = bound;
    if (its_width < width) ++lags.bucket;
  }
  return lags;
}

constexpr auto kByBitWidth = [] {
  std::array<BitWidth, 65> widths{};
  for (size_t width = 0; width < widths.size(); ++width) widths[width] = OfBitWidth(width);
  return widths;
}();
static_assert(static_cast<size_t>(std::ranges::count(kByBitWidth, UINT64_MAX, &BitWidth::bound)) + LagHistogram::kBounds.size() ==
              kByBitWidth.size());

// A ledger is nothing but numbers that add up.
using Words = std::array<uint64_t, sizeof(Ledger) / sizeof(uint64_t)>;

}  // namespace

void LagHistogram::Observe(int64_t now_ms, int64_t timestamp_ms) {
  const uint64_t apart = static_cast<uint64_t>(now_ms) - static_cast<uint64_t>(timestamp_ms);
  const uint64_t lag = timestamp_ms < now_ms ? std::min(apart, kMostMillis) : 0;
  const BitWidth& width = kByBitWidth[static_cast<size_t>(std::bit_width(lag))];
  ++buckets[width.bucket + (lag > width.bound ? 1 : 0)];
  sum_ms += lag;
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
