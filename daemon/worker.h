// A thread that owns sources and does everything with them: read, split, decode, match, count. No queue, no lock.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/config.h"
#include "daemon/stream.h"
#include "ingest/ledger.h"
#include "ingest/watcher.h"
#include "rules/matcher.h"

namespace logmill {

// What a scrape sees of one entry of `sources`, all its files together. Written by the worker's thread, read by any.
struct SourceState {
  Ledger ledger;
  std::atomic<uint64_t> files{0};   // that are followed
  std::atomic<uint64_t> errors{0};  // reads that failed
};

class Worker {
 public:
  // `index` of `count` workers: a file belongs to one of them, by its path. `rules`, `shard` and `files`, which all
  // workers share, outlive the worker.
  Worker(const std::vector<SourceConfig>& sources, const RuleSet& rules, Shard& shard, FileRegistry& files, unsigned index, unsigned count);

  // Reads until `stop`: the body of the worker's thread.
  void Run(std::stop_token stop);
  // Ends a wait at once; any thread.
  void Wake() { watcher_.Wake(); }

  // True once everything that was there at the start has been read.
  [[nodiscard]] bool caught_up() const { return caught_up_.load(std::memory_order_acquire); }
  // Of the i-th entry of `sources`. Any thread.
  [[nodiscard]] const SourceState& source(size_t i) const { return states_[i]; }
  [[nodiscard]] const Matcher& matcher() const { return matcher_; }

 private:
  struct Follower {
    std::unique_ptr<Stream> stream;
    size_t source;         // entry of `sources`
    uint64_t backlog = 0;  // bytes that were there at the first search; 0 once they are read
    std::string last_error = {};
  };

  struct Totals {
    uint64_t lag_bytes = 0;
    uint64_t files = 0;
  };

  void FindFiles();
  // False when no more files may be opened.
  bool FindFilesOf(size_t source);
  void Open(size_t source, std::string name, std::unique_ptr<Source> input);
  bool PumpAll();
  Stream::Status Pump(Follower& follower, bool* progress);
  void Report(Follower& follower);
  void ReportTooMany();

  const std::vector<SourceConfig>& sources_;
  FileRegistry& files_;
  const unsigned index_;
  const unsigned count_;
  Matcher matcher_;
  Watcher watcher_;
  std::map<std::string, Follower> followers_;  // by name
  std::vector<Follower> leaving_;              // of files that lost their name, until their writers are quiet
  std::chrono::steady_clock::time_point next_search_{};
  bool first_search_ = true;
  std::atomic<bool> caught_up_{false};
  std::unique_ptr<SourceState[]> states_;  // as sources_
  std::vector<Totals> totals_;             // as sources_, while they are added up
  const size_t most_files_;                // that may be open
  bool too_many_reported_ = false;
};

}  // namespace logmill
