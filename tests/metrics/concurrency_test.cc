// Writers never wait for a scrape, and a scrape never sees half of a write. Meant for the thread sanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <latch>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "metrics/exposition.h"
#include "metrics/store.h"
#include "tests/metrics/store_fixture.h"

namespace logmill {
namespace {

constexpr int kWriters = 3;
constexpr int kReaders = 2;
constexpr int kRounds = 200'000;
constexpr uint32_t kBudget = 40;
constexpr int kValues = 60;  // more than the budget
constexpr FamilyId kCounter = 0;
constexpr FamilyId kHistogram = 1;
constexpr FamilyId kGauge = 2;

void Write(Shard& shard, int writer) {
  for (int i = 0; i < kRounds; ++i) {
    const std::string x = std::to_string((i / 50 + writer) % kValues);
    Shard::Cell* counter = CellOf(shard, kCounter, {x});
    if (i % 2 == 0) {
      shard.Increment(counter);
    } else {
      shard.Add(counter, 1);
    }
    // Every observation is its bucket's number, so that a sum which does not belong to its buckets is noticed.
    shard.Observe(CellOf(shard, kHistogram, {}), i % 4);
    shard.Set(CellOf(shard, kGauge, {}), i);
  }
}

class Scraper {
 public:
  explicit Scraper(const Store& store) : store_(store) {}

  void Scrape() {
    store_.Visit(kCounter, [this](const SeriesView& view) {
      double& before = seen_[std::string(view.labels)];
      EXPECT_GE(view.value, before) << "a counter fell";
      before = view.value;
    });
    store_.Visit(kHistogram, [](const SeriesView& view) {
      double sum = 0;
      for (size_t i = 0; i < view.buckets.size(); ++i) sum += static_cast<double>(i * view.buckets[i]);
      EXPECT_EQ(view.value, sum) << "sum and buckets are of different moments";
      EXPECT_EQ(view.count, std::accumulate(view.buckets.begin(), view.buckets.end(), uint64_t{0}));
    });
    store_.Visit(kGauge, [](const SeriesView& view) { EXPECT_EQ(view.value, std::floor(view.value)); });
    EXPECT_LE(store_.SeriesCount(kCounter), kBudget);
    EXPECT_GE(store_.MemoryBytes(), 1u);
    EXPECT_TRUE(RenderExposition(&store_, std::nullopt, {}, ExpositionFormat::kOpenMetrics).problems.empty());
  }

 private:
  const Store& store_;
  std::map<std::string, double> seen_;
};

TEST(StoreConcurrency, ScrapesDuringWritesAreConsistentAndTotalsExact) {
  TestClock clock;
  Store store({CounterFamily("c_total", {"x"}, kBudget), HistogramFamily("h", {}, {0, 1, 2}), GaugeFamily("g", {})}, clock);
  std::atomic<int> writing{kWriters};
  std::latch start(kWriters + kReaders);
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([&store, &writing, &start, writer] {
        start.arrive_and_wait();
        Write(store.AddShard(), writer);
        --writing;
      });
    }
    for (int reader = 0; reader < kReaders; ++reader) {
      threads.emplace_back([&store, &writing, &start] {
        start.arrive_and_wait();
        Scraper scraper(store);
        do scraper.Scrape();
        while (writing > 0);
      });
    }
  }
  double total = 0;
  for (const auto& [labels, value] : ValuesOf(store, kCounter)) total += value;
  EXPECT_EQ(total, kWriters * kRounds);
  EXPECT_EQ(store.SeriesCount(kCounter), kBudget);
  const SeriesCopy histogram = SeriesOf(store, kHistogram)[0];
  EXPECT_EQ(histogram.count, static_cast<uint64_t>(kWriters) * kRounds);
  EXPECT_EQ(histogram.value, kWriters * kRounds * 1.5);
  EXPECT_EQ(SeriesOf(store, kGauge)[0].value, kRounds - 1);
}

}  // namespace
}  // namespace logmill
