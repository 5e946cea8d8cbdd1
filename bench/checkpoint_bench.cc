// What does a checkpoint cost, by the number of series: the worker, for whom reading waits; the thread that writes it; and a restart?
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "checkpoint/state_folder.h"
#include "metrics/store.h"

namespace logmill {
namespace {

constexpr std::array<std::string_view, 4> kLevels{"log", "debug", "warn", "error"};
const std::vector<uint64_t> kFingerprints{1, 2};

// Nine of ten series are counters, one is a histogram.
class Filled {
 public:
  explicit Filled(size_t series) : store_(Families(), SystemClock()), shard_(store_.AddShard()) {
    for (size_t i = 0; i < series; ++i) {
      const std::string service = "SomeService" + std::to_string(i);
      const std::array<std::string_view, 2> values{kLevels[i % 4], service};
      const FamilyId family = i % 10 == 0 ? 1 : 0;
      Shard::Cell* cell = shard_.FindOrAdd(family, values);
      for (size_t n = 0; n <= i % 100; ++n) family == 0 ? shard_.Increment(cell) : shard_.Observe(cell, static_cast<double>(n) * 1.7);
    }
    shard_.Capture(image_);
  }

  static std::vector<FamilySpec> Families() {
    FamilySpec counter{.name = "bench_messages_total", .help = "Bench.", .label_names = {"level", "context"}, .max_series = 1'000'000};
    FamilySpec histogram = counter;
    histogram.name = "bench_duration_ms";
    histogram.type = MetricType::kHistogram;
    histogram.buckets = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000};
    return {counter, histogram};
  }

  void Capture() { shard_.Capture(image_); }
  [[nodiscard]] Checkpoint Assemble() const {
    const ShardImage* images[] = {&image_};
    return {.generation = 1, .version = "bench", .series = store_.Assemble(images, kFingerprints)};
  }
  // Something is different each time.
  void Count() { shard_.Increment(shard_.FindOrAdd(0, std::array<std::string_view, 2>{"log", "SomeService4"})); }

 private:
  Store store_;
  Shard& shard_;
  ShardImage image_;
};

void Capture(benchmark::State& state) {
  Filled filled(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    filled.Capture();
    benchmark::ClobberMemory();
  }
}

void AssembleAndEncode(benchmark::State& state) {
  const Filled filled(static_cast<size_t>(state.range(0)));
  size_t bytes = 0;
  for (auto _ : state) bytes = EncodeCheckpoint(filled.Assemble()).size();
  state.counters["file_bytes"] = static_cast<double>(bytes);
}

// All of it, as the daemon does it every five seconds; in the folder for temporary files, so that the disk is the machine's own.
void WholeCheckpoint(benchmark::State& state) {
  Filled filled(static_cast<size_t>(state.range(0)));
  std::string path = (std::filesystem::temp_directory_path() / "logmill_bench_XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) return state.SkipWithError("no temporary folder");
  {
    const auto folder = StateFolder::Open(path);
    for (auto _ : state) {
      filled.Count();
      filled.Capture();
      if (!folder || !(*folder)->Write(EncodeCheckpoint(filled.Assemble()))) state.SkipWithError("cannot write");
    }
  }
  std::filesystem::remove_all(path);
}

void DecodeAndRestore(benchmark::State& state) {
  const Checkpoint checkpoint = Filled(static_cast<size_t>(state.range(0))).Assemble();
  const std::string bytes = EncodeCheckpoint(checkpoint);
  for (auto _ : state) {
    Store store(Filled::Families(), SystemClock());
    const auto decoded = DecodeCheckpoint(bytes);
    if (!decoded || store.Restore(decoded->series, kFingerprints).series != static_cast<size_t>(state.range(0))) {
      state.SkipWithError("series are missing");
    }
  }
}

BENCHMARK(Capture)->Arg(10)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(AssembleAndEncode)->Arg(10)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(WholeCheckpoint)->Arg(10)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(DecodeAndRestore)->Arg(10)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace logmill

BENCHMARK_MAIN();
