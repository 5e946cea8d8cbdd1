#include "metrics/store.h"

#include <string_view>
#include <utility>

namespace logmill {
namespace {

void Total(const FamilySpec& spec, const Series& series, CellTotals& totals) {
  Reset(spec, totals);
  for (const SeriesCell* cell = series.cells(); cell != nullptr; cell = cell->next) AddCell(spec, *cell, totals);
}

SeriesView ViewOf(const FamilySpec& spec, const Series& series, const CellTotals& totals) {
  SeriesView view{.labels = series.labels(), .created_ms = series.created_ms, .value = 0, .count = 0, .buckets = totals.buckets};
  view.value = spec.type == MetricType::kGauge ? totals.last : totals.sum.ToDouble();
  for (const uint64_t bucket : totals.buckets) view.count += bucket;
  return view;
}

// Asks the processor for what Visit will read some steps later: series lie scattered in memory.
void Prefetch(const Directory::SeriesList& list, size_t at) {
  constexpr size_t kFar = 16;
  constexpr size_t kNear = 8;
  if (at + kFar < list.size()) {
    __builtin_prefetch(list[at + kFar]);
    __builtin_prefetch(list[at + kFar] + 2);
    __builtin_prefetch(list[at + kFar] + 3);
  }
  if (at + kNear < list.size()) __builtin_prefetch(list[at + kNear]->cells());
}

}  // namespace

Store::Store(std::vector<FamilySpec> families, const Clock& clock) : directory_(std::move(families), clock) {}

Store::~Store() = default;

Shard& Store::AddShard() {
  const MutexLock lock(mutex_);
  return *shards_.emplace_back(std::make_unique<Shard>(directory_));
}

void Store::Visit(FamilyId family, const std::function<void(const SeriesView&)>& visit) const {
  const FamilySpec& spec = families()[family];
  const auto sorted = directory_.Sorted(family);
  CellTotals totals;
  for (size_t at = 0; at < sorted->size(); ++at) {
    Prefetch(*sorted, at);
    const Series& series = *(*sorted)[at];
    Total(spec, series, totals);
    visit(ViewOf(spec, series, totals));
  }
}

bool Store::MergeFrom(const Store& part) {
  if (part.directory_.AnyRefused()) return false;
  Shard& into = MergeShard();
  const uint64_t stamp_base = directory_.ReserveStamps(part.directory_.LastStamp());
  for (FamilyId family = 0; family < families().size(); ++family) MergeFamily(part, family, stamp_base, into);
  return true;
}

Shard& Store::MergeShard() {
  {
    const MutexLock lock(mutex_);
    if (merge_shard_ != nullptr) return *merge_shard_;
  }
  Shard& shard = AddShard();
  const MutexLock lock(mutex_);
  merge_shard_ = &shard;
  return shard;
}

void Store::MergeFamily(const Store& part, FamilyId family, uint64_t stamp_base, Shard& into) {
  const FamilySpec& spec = families()[family];
  CellTotals totals;
  for (const Series* series : part.directory_.InOrder(family)) {
    const std::vector<std::string_view> values = series_key::ValuesOf(series->key(), spec.label_names.size());
    Total(spec, *series, totals);
    AddTotals(spec, totals, stamp_base, *into.FindOrAdd(family, values, series->created_ms));
  }
}

uint64_t Store::OverflowCount(FamilyId family) const {
  const Series* overflow = directory_.Overflow(family);
  if (overflow == nullptr) return 0;
  CellTotals totals;
  Total(families()[family], *overflow, totals);
  return totals.writes;
}

size_t Store::MemoryBytes() const {
  const MutexLock lock(mutex_);
  size_t bytes = directory_.MemoryBytes();
  for (const auto& shard : shards_) bytes += shard->MemoryBytes();
  return bytes;
}

}  // namespace logmill
