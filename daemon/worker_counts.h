// What a worker counts beside the series, and the names under which a checkpoint keeps it.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/source_config.h"
#include "ingest/ledger.h"
#include "rules/matcher.h"
#include "shipping/intake.h"

namespace logmill {

// What a scrape sees of one entry of `sources`, all its files together. Written by the worker's thread, read by any.
struct SourceState {
  PublishedLedger published;
  std::atomic<uint64_t> files{0};  // that are followed
  Ledger ledger;                   // the worker's own; published after each turn of a stream
};

// Counters by the key under which a checkpoint keeps them.
using NamedCounts = std::vector<std::pair<std::string, uint64_t>>;

// What one worker has. The states are as the sources.
struct WorkerCounters {
  const std::vector<SourceConfig>& sources;
  std::span<SourceState> states;
  Matcher& matcher;
  Intake* intake;  // null: nothing is shipped
};

// On the worker's thread.
NamedCounts GatherCounts(const WorkerCounters& counters);
// Before the worker runs: goes on from those of an earlier life; what belongs to sources and rules that are no more is left out.
void RestoreCounts(const NamedCounts& counts, const WorkerCounters& counters);

}  // namespace logmill
