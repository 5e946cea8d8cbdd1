// Reads logs to their end and counts them, over all cores, with the same result for any number of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/stream.h"
#include "ingest/ledger.h"
#include "metrics/store.h"
#include "rules/rule_set.h"

namespace logmill {

struct ReplayOptions {
  std::vector<std::string> inputs;  // paths, "-" for standard input; gzip is recognised
  unsigned threads = 1;
  StreamOptions stream;
  uint64_t part_bytes = 32 << 20;  // a file is cut into parts of this size for several threads
};

// How far it is; read by any thread while Run() works.
struct ReplayProgress {
  std::atomic<uint64_t> bytes_done{0};
  std::atomic<uint64_t> bytes_total{0};  // 0: unknown (standard input, gzip)
};

class Replay {
 public:
  // `rules` outlives the replay, `store` has its families.
  Replay(const RuleSet& rules, Store& store, ReplayOptions options);
  ~Replay();

  // Counts all inputs, in their order, into the store. One message for each input that could not be read (to its end).
  std::vector<std::string> Run();

  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const ReplayProgress& progress() const { return progress_; }
  // Matches of each rule.
  [[nodiscard]] const std::vector<uint64_t>& matches() const { return matches_; }
  [[nodiscard]] const std::vector<uint64_t>& value_errors() const { return value_errors_; }

 private:
  struct Part;
  class Counter;
  class PartQueue;

  void CountFile(const std::string& path);
  void CountStream(Stream& stream);
  void CountRange(const std::string& path, const Part& part);
  void CountInParts(const std::string& path, uint64_t size);
  // Adds what a part counted on its own to the store; false when it has to be counted again, into the store itself.
  bool TakeIn(const Counter& counter);
  void AddStats(const Matcher& matcher);

  const RuleSet& rules_;
  Store& store_;
  ReplayOptions options_;
  std::unique_ptr<Matcher> matcher_;  // counts into the store itself
  Ledger ledger_;
  std::unique_ptr<StreamContext> context_;
  ReplayProgress progress_;
  std::vector<uint64_t> matches_;
  std::vector<uint64_t> value_errors_;
  std::vector<std::string> errors_;
};

}  // namespace logmill
