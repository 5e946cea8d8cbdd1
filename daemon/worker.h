// A thread that owns sources and does everything with them: read, split, decode, match, count. No queue, no lock.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "daemon/config.h"
#include "daemon/stream.h"
#include "ingest/ledger.h"
#include "ingest/watcher.h"
#include "rules/matcher.h"

namespace logmill {

// What a scrape sees of one source; lives as long as the worker.
struct SourceState {
  explicit SourceState(std::string source_name) : name(std::move(source_name)) {}
  const std::string name;
  Ledger ledger;
  std::atomic<uint64_t> errors{0};  // reads that failed
};

class Worker {
 public:
  // `index` of `count` workers: a file belongs to one of them, by its path. `rules` and `shard` outlive the worker.
  Worker(const std::vector<SourceConfig>& sources, const RuleSet& rules, Shard& shard, unsigned index, unsigned count);

  // Reads until `stop`: the body of the worker's thread.
  void Run(std::stop_token stop);
  // Ends a wait at once; any thread.
  void Wake() { watcher_.Wake(); }

  // True once everything that was there at the start has been read.
  [[nodiscard]] bool caught_up() const { return caught_up_.load(std::memory_order_acquire); }
  // Any thread; the pointers stay valid as long as the worker.
  [[nodiscard]] std::vector<const SourceState*> sources() const EXCLUDES(mutex_);
  [[nodiscard]] const Matcher& matcher() const { return matcher_; }

 private:
  struct Follower {
    std::unique_ptr<Stream> stream;
    SourceState* state;
    std::string last_error;
    bool ended = false;
  };

  void FindFiles();
  void Open(const SourceConfig& config, std::string name, std::unique_ptr<Source> source);
  bool PumpAll();
  bool Pump(Follower& follower);
  void Report(Follower& follower);

  const std::vector<SourceConfig>& sources_;
  const RuleSet& rules_;
  const unsigned index_;
  const unsigned count_;
  Matcher matcher_;
  Watcher watcher_;
  std::map<std::string, Follower> followers_;  // by name
  std::chrono::steady_clock::time_point next_search_{};
  bool first_search_ = true;
  std::atomic<bool> caught_up_{false};

  mutable Mutex mutex_;
  std::vector<std::unique_ptr<SourceState>> states_ GUARDED_BY(mutex_);
};

}  // namespace logmill
