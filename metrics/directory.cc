#include "metrics/directory.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "metrics/label_text.h"

namespace logmill {
namespace {

constexpr std::string_view kOverflow = kOverflowValue;

bool IsOverflow(LabelValues values) {
  return !values.empty() && std::ranges::all_of(values, [](std::string_view value) { return value == kOverflow; });
}

bool ByLabels(const Series* a, const Series* b) { return a->labels() < b->labels(); }

// `sorted` with `fresh`, which is sorted too, at their places.
Directory::SeriesList Merged(const Directory::SeriesList& sorted, const Directory::SeriesList& fresh) {
  Directory::SeriesList merged;
  merged.reserve(sorted.size() + fresh.size());
  auto from = sorted.begin();
  for (Series* series : fresh) {
    const auto to = std::upper_bound(from, sorted.end(), series, ByLabels);
    merged.insert(merged.end(), from, to);
    merged.push_back(series);
    from = to;
  }
  merged.insert(merged.end(), from, sorted.end());
  return merged;
}

}  // namespace

Directory::Directory(std::vector<FamilySpec> families, const Clock& clock)
    : specs_(std::move(families)), clock_(clock), orders_(specs_.size()), families_(specs_.size()) {
  for (FamilyId family = 0; family < specs_.size(); ++family) AddInitial(family);
}

void Directory::AddInitial(FamilyId family) {
  std::vector<std::vector<std::string>> lists = specs_[family].init;
  if (specs_[family].label_names.empty()) lists = {{}};
  const MutexLock lock(mutex_);
  for (std::vector<std::string>& list : lists) {
    for (std::string& value : list) value = FitLabelValue(value);
    const std::vector<std::string_view> values(list.begin(), list.end());
    const uint64_t hash = series_key::Hash(series_key::Seed(), family, values);
    if (table_.Find(hash, family, values) == nullptr) Add(hash, family, values, clock_.UnixMillis());
  }
}

Directory::Answer Directory::FindOrAdd(uint64_t hash, FamilyId family, LabelValues values, std::optional<int64_t> created_ms) {
  const MutexLock lock(mutex_);
  const SeriesTable::Slot* slot = table_.Find(hash, family, values);
  if (slot != nullptr) return {slot->series, false};
  const int64_t now = created_ms ? *created_ms : clock_.UnixMillis();
  if (IsOverflow(values) || families_[family].budgeted < specs_[family].max_series) return {Add(hash, family, values, now), false};
  any_refused_ = true;
  return {AddOverflow(family, now), true};
}

Series* Directory::Restore(uint64_t hash, FamilyId family, LabelValues values, int64_t created_ms) {
  const MutexLock lock(mutex_);
  if (IsOverflow(values)) any_refused_ = true;
  const SeriesTable::Slot* slot = table_.Find(hash, family, values);
  if (slot == nullptr) return Add(hash, family, values, created_ms);
  slot->series->created_ms = created_ms;
  return slot->series;
}

Series* Directory::AddOverflow(FamilyId family, int64_t created_ms) {
  if (families_[family].overflow != nullptr) return families_[family].overflow;
  const std::vector<std::string_view> values(specs_[family].label_names.size(), kOverflow);
  return Add(series_key::Hash(series_key::Seed(), family, values), family, values, created_ms);
}

Series* Directory::Add(uint64_t hash, FamilyId family, LabelValues values, int64_t created_ms) {
  const std::string labels = RenderLabels(specs_[family].label_names, values);
  const size_t key_bytes = series_key::Bytes(values);
  void* memory = arena_.Allocate(sizeof(Series) + key_bytes + labels.size());
  Family& known = families_[family];
  const auto index = static_cast<uint32_t>(known.in_order.size());
  auto* series = new (memory) Series(created_ms, index, static_cast<uint32_t>(key_bytes), static_cast<uint32_t>(labels.size()));
  series_key::Write(family, values, series->key());
  std::memcpy(series->label_text(), labels.data(), labels.size());
  table_.Insert(hash, series);
  known.in_order.push_back(series);
  known.unsorted.push_back(series);
  if (IsOverflow(values)) {
    known.overflow = series;
  } else {
    ++known.budgeted;
  }
  return series;
}

Directory::SeriesList Directory::InOrder(FamilyId family) const {
  const MutexLock lock(mutex_);
  return families_[family].in_order;
}

Directory::SeriesList Directory::TakeUnsorted(FamilyId family) const {
  const MutexLock lock(mutex_);
  return std::exchange(families_[family].unsorted, {});
}

std::shared_ptr<const Directory::SeriesList> Directory::Sorted(FamilyId family) const {
  Order& order = orders_[family];
  const MutexLock lock(order.mutex);
  SeriesList fresh = TakeUnsorted(family);
  if (!fresh.empty()) {
    std::ranges::sort(fresh, ByLabels);
    order.sorted = std::make_shared<SeriesList>(Merged(*order.sorted, fresh));
  }
  return order.sorted;
}

size_t Directory::BudgetedCount(FamilyId family) const {
  const MutexLock lock(mutex_);
  return families_[family].budgeted;
}

const Series* Directory::Overflow(FamilyId family) const {
  const MutexLock lock(mutex_);
  return families_[family].overflow;
}

bool Directory::AnyRefused() const {
  const MutexLock lock(mutex_);
  return any_refused_;
}

size_t Directory::MemoryBytes() const {
  const MutexLock lock(mutex_);
  size_t bytes = arena_.bytes() + table_.bytes();
  for (const Family& family : families_) bytes += 2 * family.in_order.capacity() * sizeof(Series*);
  return bytes;
}

}  // namespace logmill
