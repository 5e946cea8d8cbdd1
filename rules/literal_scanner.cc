#include "rules/literal_scanner.h"

namespace logmill {
namespace {

// Beyond these the automaton is faster (bench/rules_bench.cc).
constexpr double kComparisonsWanted = 0.6;
constexpr size_t kLiteralsWanted = 500;

std::optional<Teddy> MakeTeddy(const std::vector<LiteralEntry>& entries) {
  const Teddy::Processor processor = Teddy::ThisProcessor();
  if (entries.empty() || entries.size() > kLiteralsWanted || processor == Teddy::Processor::kNone) return std::nullopt;
  Teddy teddy(entries, processor);
  if (teddy.expected_comparisons() > kComparisonsWanted) return std::nullopt;
  return teddy;
}

}  // namespace

LiteralScanner::LiteralScanner(const std::vector<Entry>& entries)
    : teddy_(MakeTeddy(entries)), automaton_(teddy_ ? std::vector<Entry>{} : entries) {}

}  // namespace logmill
