// What does it cost to count one record, and to render the page?
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "metrics/exposition.h"
#include "metrics/store.h"

namespace logmill {
namespace {

constexpr size_t kContexts = 240;
constexpr std::array<std::string_view, 4> kLevels{"log", "debug", "warn", "error"};

FamilySpec Messages(uint32_t max_series) {
  return {.name = "bench_messages_total", .help = "Bench.", .label_names = {"level", "context"}, .max_series = max_series};
}

FamilySpec Durations() {
  return {.name = "bench_duration_ms",
          .help = "Bench.",
          .type = MetricType::kHistogram,
          .label_names = {"method", "route"},
          .buckets = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000}};
}

std::vector<std::string> Contexts(size_t count) {
  std::vector<std::string> contexts;
  for (size_t i = 0; i < count; ++i) contexts.push_back("Service" + std::to_string(i * 7919 % count));
  return contexts;
}

// One record of W1: hash the two values, find the cell, add one.
void FindAndIncrement(benchmark::State& state) {
  Store store({Messages(1000)}, SystemClock());
  Shard& shard = store.AddShard();
  const std::vector<std::string> contexts = Contexts(kContexts);
  for (size_t i = 0; i < kContexts; ++i) shard.FindOrAdd(0, std::array<std::string_view, 2>{kLevels[i % 4], contexts[i]});
  size_t i = 0;
  for (auto _ : state) {
    const std::array<std::string_view, 2> values{kLevels[i % 4], contexts[i]};
    shard.Increment(shard.Find(0, values));
    if (++i == kContexts) i = 0;
  }
}
BENCHMARK(FindAndIncrement);

void IncrementKeptCell(benchmark::State& state) {
  Store store({Messages(1000)}, SystemClock());
  Shard& shard = store.AddShard();
  Shard::Cell* cell = shard.FindOrAdd(0, std::array<std::string_view, 2>{"log", "Bench"});
  for (auto _ : state) {
    shard.Increment(cell);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(IncrementKeptCell);

void ObserveKeptCell(benchmark::State& state) {
  Store store({Durations()}, SystemClock());
  Shard& shard = store.AddShard();
  Shard::Cell* cell = shard.FindOrAdd(0, std::array<std::string_view, 2>{"GET", "/api/assets/:id"});
  double value = 0.25;
  for (auto _ : state) {
    shard.Observe(cell, value);
    value = value > 20000 ? 0.25 : value * 1.7;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(ObserveKeptCell);

// A record whose label values are new each time, after the budget is used up.
void OverflowMiss(benchmark::State& state) {
  Store store({Messages(1000)}, SystemClock());
  Shard& shard = store.AddShard();
  const std::vector<std::string> contexts = Contexts(300'000);
  size_t i = 0;
  for (auto _ : state) {
    const std::array<std::string_view, 2> values{"log", contexts[i]};
    Shard::Cell* cell = shard.Find(0, values);
    shard.Increment(cell != nullptr ? cell : shard.FindOrAdd(0, values));
    if (++i == contexts.size()) i = 0;
  }
}
BENCHMARK(OverflowMiss);

void Render(benchmark::State& state, ExpositionFormat format) {
  const auto series = static_cast<size_t>(state.range(0));
  Store store({Messages(static_cast<uint32_t>(series))}, SystemClock());
  Shard& shard = store.AddShard();
  const std::vector<std::string> contexts = Contexts(series);
  for (size_t i = 0; i < series; ++i) {
    Shard::Cell* cell = shard.FindOrAdd(0, std::array<std::string_view, 2>{kLevels[i % 4], contexts[i]});
    for (size_t n = 0; n <= i % 100; ++n) shard.Increment(cell);
  }
  size_t bytes = 0;
  for (auto _ : state) {
    const Exposition page = RenderExposition(&store, std::nullopt, {}, format);
    bytes = page.text.size();
    benchmark::DoNotOptimize(page.text.data());
  }
  state.counters["page_bytes"] = static_cast<double>(bytes);
  if (store.SeriesCount(0) != series) state.SkipWithError("series are missing");
}
BENCHMARK_CAPTURE(Render, text, ExpositionFormat::kText)->Arg(1000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Render, openmetrics, ExpositionFormat::kOpenMetrics)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace logmill

BENCHMARK_MAIN();
