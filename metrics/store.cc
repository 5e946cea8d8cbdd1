#include "metrics/store.h"

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <utility>

#include "metrics/label_text.h"

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

bool SameShape(const FamilySpec& spec, const FamilyState& state) {
  return spec.type == state.type && spec.label_names == state.label_names && spec.buckets == state.buckets;
}

// A series that this store could have made.
bool Fits(const FamilySpec& spec, const SeriesState& series) {
  const size_t buckets = spec.type == MetricType::kHistogram ? spec.buckets.size() + 1 : 0;
  return series.labels.size() == spec.label_names.size() && series.buckets.size() == buckets &&
         std::ranges::all_of(series.labels, IsFitLabelValue);
}

CellTotals TotalsOf(const SeriesState& series) {
  return {.writes = series.writes,
          .sum = ExactSum(series.sum),
          .stamp = series.stamp,
          .last = std::bit_cast<double>(series.last),
          .buckets = series.buckets};
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
  Shard& into = InheritedShard();
  const uint64_t stamp_base = directory_.ReserveStamps(part.directory_.LastStamp());
  for (FamilyId family = 0; family < families().size(); ++family) MergeFamily(part, family, stamp_base, into);
  return true;
}

Shard& Store::InheritedShard() {
  {
    const MutexLock lock(mutex_);
    if (inherited_ != nullptr) return *inherited_;
  }
  Shard& shard = AddShard();
  const MutexLock lock(mutex_);
  inherited_ = &shard;
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

StoreState Store::Assemble(std::span<const ShardImage* const> images, std::span<const uint64_t> fingerprints) const {
  std::vector<const ShardImage*> all(images.begin(), images.end());
  ShardImage inherited;
  {
    const MutexLock lock(mutex_);
    if (inherited_ != nullptr) inherited_->Capture(inherited);
  }
  if (inherited.of != nullptr) all.push_back(&inherited);
  StoreState state;
  for (FamilyId family = 0; family < families().size(); ++family) {
    state.families.push_back(AssembleFamily(family, all));
    state.families.back().fingerprint = fingerprints[family];
  }
  return state;
}

FamilyState Store::AssembleFamily(FamilyId family, std::span<const ShardImage* const> images) const {
  const FamilySpec& spec = families()[family];
  FamilyState state{.name = spec.name, .type = spec.type, .label_names = spec.label_names, .buckets = spec.buckets};
  const Directory::SeriesList list = directory_.InOrder(family);
  state.series.reserve(list.size());
  for (const Series* series : list) {
    const std::vector<std::string_view> values = series_key::ValuesOf(series->key(), spec.label_names.size());
    state.series.push_back({.labels = {values.begin(), values.end()}, .created_ms = series->created_ms});
    if (spec.type == MetricType::kHistogram) state.series.back().buckets.resize(spec.buckets.size() + 1);
  }
  const size_t words = ImageWords(spec);
  for (const ShardImage* image : images) {
    const ShardImage::Family& part = image->families[family];
    for (size_t i = 0; i < part.series.size(); ++i) AddImage(spec, &part.words[i * words], state.series[part.series[i]->index]);
  }
  return state;
}

RestoreReport Store::Restore(const StoreState& state, std::span<const uint64_t> fingerprints) {
  RestoreReport report;
  Shard& into = InheritedShard();
  for (const FamilyState& from : state.families) {
    const auto family = FamilyNamed(from.name);
    const bool same = family && fingerprints[*family] == from.fingerprint && SameShape(families()[*family], from);
    const size_t restored = same ? RestoreFamily(from, *family, into) : 0;
    report.series += restored;
    if (restored < from.series.size()) report.dropped.push_back({from.name, from.series.size() - restored, !family});
  }
  return report;
}

std::optional<FamilyId> Store::FamilyNamed(std::string_view name) const {
  for (FamilyId family = 0; family < families().size(); ++family) {
    if (families()[family].name == name) return family;
  }
  return std::nullopt;
}

size_t Store::RestoreFamily(const FamilyState& state, FamilyId family, Shard& into) {
  const FamilySpec& spec = families()[family];
  size_t restored = 0;
  for (const SeriesState& series : state.series) {
    if (!Fits(spec, series)) continue;
    const std::vector<std::string_view> values(series.labels.begin(), series.labels.end());
    AddTotals(spec, TotalsOf(series), 0, *into.Restore(family, values, series.created_ms));
    directory_.RaiseStamps(series.stamp);
    ++restored;
  }
  return restored;
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
