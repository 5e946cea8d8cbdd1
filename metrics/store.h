// The series of all log-derived metrics. Workers write through a Shard each, without locks; anyone reads at any time.
//
//   Store ── Directory: which series exist, the budget (mutex, taken for new series only)
//     └── Shard (one a worker thread) ── table: label values → cell; cells: the worker's own values
//
// A series is the sum of its cells over all shards (gauges: the cell written last). Series are never removed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "metrics/directory.h"
#include "metrics/family.h"
#include "metrics/shard.h"
#include "metrics/shard_image.h"
#include "metrics/store_state.h"

namespace logmill {

// One series as a scrape sees it. `labels` is rendered and escaped: `a="x",b="y"`, "" without labels.
struct SeriesView {
  std::string_view labels;
  int64_t created_ms = 0;             // Unix milliseconds of the series' birth
  double value = 0;                   // counter: total; gauge: last value, 0 before the first; histogram: sum
  uint64_t count = 0;                 // histogram: observations, consistent with buckets and sum
  std::span<const uint64_t> buckets;  // histogram: observations by bucket, not cumulative, last one is +Inf
};

// Thread-safe, but for MergeFrom and Restore.
class Store {
 public:
  // `clock` gives creation times and must outlive the store. Specs are right: names valid and unique, buckets ascending.
  Store(std::vector<FamilySpec> families, const Clock& clock);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] std::span<const FamilySpec> families() const { return directory_.families(); }
  // Nothing when there is none.
  [[nodiscard]] std::optional<FamilyId> FamilyNamed(std::string_view name) const;

  // A new shard, owned by the store; used by one thread at a time. Any thread may call it.
  Shard& AddShard();

  // Calls `visit` for each series of a family, ordered by labels (byte-wise on the rendered text), overflow included.
  // Views are valid during the call. Any thread; does not stop writers. In steady state nothing is sorted.
  void Visit(FamilyId family, const std::function<void(const SeriesView&)>& visit) const;

  // Adds everything that `part` counted to this store as if its records had been counted here after all that is here now:
  // budgets are applied in part's order of first appearance, gauges of `part` win, a series that is new here keeps part's creation
  // time. Same families required. Nobody may be writing to either. False, with nothing changed, when `part` itself overflowed a
  // budget: only it knew which label values went there, so its records have to be counted again, into this store.
  [[nodiscard]] bool MergeFrom(const Store& part);

  // What the images hold, summed by series, together with what came by Restore or MergeFrom; nothing else is counted in, whatever the
  // workers write meanwhile. Series that appeared later are there with nothing in them: they keep their birth and their place.
  // One image a shard, none of which may be captured into during the call. `fingerprints` by family. Any thread.
  [[nodiscard]] StoreState Assemble(std::span<const ShardImage* const> images, std::span<const uint64_t> fingerprints) const;

  // Begins with what an earlier life counted: series of metrics that have the same name, type, labels, buckets and fingerprint come back
  // with their births, their order and their sums, even beyond a budget that is smaller now. Others are dropped and reported.
  // Before anybody writes or reads.
  RestoreReport Restore(const StoreState& state, std::span<const uint64_t> fingerprints);

  // Series of a family that exist now, without overflow; observations that went to overflow so far.
  [[nodiscard]] size_t SeriesCount(FamilyId family) const { return directory_.BudgetedCount(family); }
  [[nodiscard]] uint64_t OverflowCount(FamilyId family) const;
  // True when Visit would find any.
  [[nodiscard]] bool HasSeries(FamilyId family) const { return SeriesCount(family) > 0 || directory_.Overflow(family) != nullptr; }
  // Approximate bytes held by all series.
  [[nodiscard]] size_t MemoryBytes() const;

 private:
  Shard& InheritedShard();
  void MergeFamily(const Store& part, FamilyId family, uint64_t stamp_base, Shard& into);

  [[nodiscard]] FamilyState AssembleFamily(FamilyId family, std::span<const ShardImage* const> images) const;
  size_t RestoreFamily(const FamilyState& state, FamilyId family, Shard& into);

  Directory directory_;
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Shard>> shards_ GUARDED_BY(mutex_);
  Shard* inherited_ GUARDED_BY(mutex_) = nullptr;  // what was not counted here: merged, restored
};

}  // namespace logmill
