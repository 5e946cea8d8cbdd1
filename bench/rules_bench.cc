// What does it cost to find out which rules a message may concern, by the number of literals and the way to look for them?
// LiteralScanner's limits for Teddy are from here. Each way has to find what std::string_view::find finds: what is fast and wrong does not
// count.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/gallery_log.h"
#include "rules/literal_automaton.h"
#include "rules/literal_scanner.h"
#include "rules/teddy.h"

namespace logmill {
namespace {

constexpr size_t kMessages = 2000;
constexpr std::array<std::string_view, 64> kWords = {
    "deadlock",    "detected",   "permission", "denied",      "connection", "refused",   "unable",      "asset",
    "job",         "failed",     "while",      "timeout",     "exceeded",   "queue",     "stalled",     "worker",
    "exited",      "code",       "duplicate",  "key",         "value",      "violates",  "disk",        "quota",
    "no space",    "left on",    "device",     "memory",      "out of",     "heap",      "rate limit",  "reached",
    "certificate", "expires",    "in",         "days",        "model",      "not found", "cache",       "batch of",
    "embeddings",  "written to", "took",       "synchronise", "migration",  "succeeded", "transcoding", "stopped",
    "invalid",     "stream",     "header",     "thumbnail",   "generation", "sidecar",   "missing",     "for",
    "relation",    "does not",   "exist",      "upload",      "checksum",   "mismatch",  "ECONNRESET",  "CUDA error"};

// The messages' bytes as the log has them, escapes and all.
std::vector<std::string> Messages() {
  constexpr std::string_view kKey = R"("message":")";
  bench::Truth truth;
  bench::GalleryLog log(7, truth);
  std::vector<std::string> messages;
  while (messages.size() < kMessages) {
    std::string line;
    log.AppendLine(line);
    const size_t at = line.find(kKey);
    if (at != line.npos) messages.push_back(line.substr(at + kKey.size(), line.size() - at - kKey.size() - 3));
  }
  return messages;
}

// Two or three words each, all of them different.
std::vector<LiteralEntry> Literals(size_t count) {
  std::mt19937 random(1);
  const auto word = [&] { return std::string(kWords[random() % kWords.size()]); };
  std::set<std::string> texts;
  while (texts.size() < count) texts.insert(word() + " " + word() + " " + (random() % 2 == 0 ? word() : ""));
  std::vector<LiteralEntry> entries;
  for (const std::string& text : texts) entries.push_back({text, static_cast<uint32_t>(entries.size())});
  return entries;
}

size_t CountNaively(const std::vector<LiteralEntry>& entries, const std::vector<std::string>& messages) {
  size_t count = 0;
  for (const std::string& message : messages) {
    for (const LiteralEntry& entry : entries) count += message.find(entry.literal) != message.npos;
  }
  return count;
}

template <typename Scanner>
size_t Count(const Scanner& scanner, const std::vector<std::string>& messages, std::vector<uint32_t>& seen_in) {
  size_t count = 0;
  uint32_t number = 0;
  std::fill(seen_in.begin(), seen_in.end(), 0);
  for (const std::string& message : messages) {
    ++number;
    scanner.Scan(message, [&](uint32_t id) { count += std::exchange(seen_in[id], number) != number; });
  }
  return count;
}

template <typename Scanner>
void Scan(benchmark::State& state, const std::vector<LiteralEntry>& entries, const Scanner& scanner) {
  const std::vector<std::string> messages = Messages();
  std::vector<uint32_t> seen_in(entries.size());
  size_t bytes = 0;
  for (const std::string& message : messages) bytes += message.size();
  size_t count = 0;
  for (auto _ : state) count = Count(scanner, messages, seen_in);
  // The automaton shortens literals, and so may find more.
  if (count < CountNaively(entries, messages)) state.SkipWithError("literals were missed");
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes));
  using benchmark::Counter;
  state.counters["per_message"] = Counter(kMessages, Counter::kIsIterationInvariantRate | Counter::kInvert);
}

void ScanWithAutomaton(benchmark::State& state) {
  const auto entries = Literals(static_cast<size_t>(state.range(0)));
  Scan(state, entries, LiteralAutomaton(entries));
}

void ScanWithTeddy(benchmark::State& state, Teddy::Processor processor) {
  if (processor > Teddy::ThisProcessor()) return state.SkipWithError("not on this processor");
  const auto entries = Literals(static_cast<size_t>(state.range(0)));
  const Teddy teddy(entries, processor);
  state.counters["expected"] = teddy.expected_comparisons();
  Scan(state, entries, teddy);
}

void ScanAsRulesDo(benchmark::State& state) {
  const auto entries = Literals(static_cast<size_t>(state.range(0)));
  Scan(state, entries, LiteralScanner(entries));
}

void BuildScanner(benchmark::State& state) {
  const auto entries = Literals(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(LiteralScanner(entries));
}

void LiteralCounts(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t count : {3, 10, 30, 100, 300, 1000, 3000}) benchmark->Arg(count);
}

BENCHMARK(ScanWithAutomaton)->Apply(LiteralCounts);
BENCHMARK_CAPTURE(ScanWithTeddy, ssse3, Teddy::Processor::kSsse3)->Apply(LiteralCounts);
BENCHMARK_CAPTURE(ScanWithTeddy, avx2, Teddy::Processor::kAvx2)->Apply(LiteralCounts);
BENCHMARK(ScanAsRulesDo)->Apply(LiteralCounts);
BENCHMARK(BuildScanner)->Apply(LiteralCounts)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace logmill
