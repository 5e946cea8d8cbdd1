#include "ingest/ledger.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <random>

namespace logmill {
namespace {

// The first bucket whose bound is not below the lag.
size_t BucketOf(int64_t lag_ms) {
  size_t bucket = 0;
  while (bucket < LagHistogram::kBounds.size() && static_cast<double>(lag_ms) > LagHistogram::kBounds[bucket] * 1000) ++bucket;
  return bucket;
}

void ExpectInItsBucket(int64_t lag_ms) {
  LagHistogram lag;
  lag.Observe(lag_ms, 0);
  EXPECT_EQ(lag.buckets[BucketOf(lag_ms)], 1U) << lag_ms;
  EXPECT_EQ(std::accumulate(lag.buckets.begin(), lag.buckets.end(), uint64_t{0}), 1U) << lag_ms;
  EXPECT_EQ(lag.sum_ms, std::min(static_cast<uint64_t>(lag_ms), LagHistogram::kMostMillis)) << lag_ms;
}

TEST(LagHistogram, EachLagIsInTheFirstBucketThatHoldsIt) {
  for (const double bound : LagHistogram::kBounds) {
    const auto bound_ms = static_cast<int64_t>(bound * 1000);
    for (int64_t lag = bound_ms - 2; lag <= bound_ms + 2; ++lag) ExpectInItsBucket(lag);
  }
  for (int64_t lag = 0; lag < 5000; ++lag) ExpectInItsBucket(lag);
  for (int bit = 0; bit < 63; ++bit) {
    ExpectInItsBucket(int64_t{1} << bit);
    ExpectInItsBucket((int64_t{1} << bit) - 1);
  }
  ExpectInItsBucket(INT64_MAX);
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) ExpectInItsBucket(static_cast<int64_t>(random() >> (1 + random() % 63)));
}

TEST(LagHistogram, AClockThatIsAheadGivesNoLag) {
  LagHistogram lag;
  lag.Observe(1, 2);
  lag.Observe(INT64_MIN, 0);
  lag.Observe(INT64_MIN, INT64_MAX);
  EXPECT_EQ(lag.buckets[0], 3U);
  EXPECT_EQ(lag.sum_ms, 0U);
}

TEST(LagHistogram, TimesThatAreWrongDoNotSpoilTheSum) {
  LagHistogram lag;
  for (int i = 0; i < 1000; ++i) lag.Observe(1'800'000'000'000, INT64_MIN);
  lag.Observe(INT64_MAX, INT64_MIN);
  EXPECT_EQ(lag.buckets.back(), 1001U);
  EXPECT_EQ(lag.sum_ms, 1001 * LagHistogram::kMostMillis);
}

TEST(LagHistogram, LagsAddUp) {
  LagHistogram lag;
  for (const int64_t ms : {5, 10, 11, 90'000'000}) lag.Observe(ms, 0);
  EXPECT_EQ(lag.buckets.front(), 2U);
  EXPECT_EQ(lag.buckets[1], 1U);
  EXPECT_EQ(lag.buckets.back(), 1U);
  EXPECT_EQ(lag.sum_ms, 90'000'026U);
}

}  // namespace
}  // namespace logmill
