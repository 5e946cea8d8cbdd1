#include "metrics/shard.h"

#include <algorithm>
#include <string>

#include "metrics/label_text.h"

namespace logmill {

Shard::Shard(Directory& directory)
    : directory_(directory), seed_(series_key::Seed()), full_(directory.families().size()), used_(directory.families().size()) {}

Shard::Cell* Shard::FindOrAdd(FamilyId family, LabelValues values, std::optional<int64_t> created_ms) {
  if (std::ranges::all_of(values, IsFitLabelValue)) return FindOrAddFit(family, values, created_ms);
  std::vector<std::string> fit;
  fit.reserve(values.size());
  for (const std::string_view value : values) fit.push_back(FitLabelValue(value));
  const std::vector<std::string_view> views(fit.begin(), fit.end());
  return FindOrAddFit(family, views, created_ms);
}

Shard::Cell* Shard::FindOrAddFit(FamilyId family, LabelValues values, std::optional<int64_t> created_ms) {
  const uint64_t hash = series_key::Hash(seed_, family, values);
  SeriesTable::Slot* slot = table_.Find(hash, family, values);
  if (slot != nullptr) return CellIn(*slot, family);
  if (full_[family].known) return full_[family].overflow;
  const Directory::Answer answer = directory_.FindOrAdd(hash, family, values, created_ms);
  if (!answer.refused) return CellIn(*table_.Insert(hash, answer.series), family);
  LearnAll(family);
  const std::vector<std::string_view> overflow(values.size(), kOverflowValue);
  full_[family] = {true, FindOrAddFit(family, overflow, created_ms)};
  return full_[family].overflow;
}

Shard::Cell* Shard::Restore(FamilyId family, LabelValues values, int64_t created_ms) {
  const uint64_t hash = series_key::Hash(seed_, family, values);
  Series* series = directory_.Restore(hash, family, values, created_ms);
  SeriesTable::Slot* slot = table_.Find(hash, family, values);
  return CellIn(slot == nullptr ? *table_.Insert(hash, series) : *slot, family);
}

void Shard::Capture(ShardImage& into) const {
  if (into.of != this) into = {.of = this, .families = std::vector<ShardImage::Family>(used_.size())};
  for (FamilyId family = 0; family < used_.size(); ++family) {
    const FamilySpec& spec = directory_.families()[family];
    const Used& used = used_[family];
    ShardImage::Family& image = into.families[family];
    image.series.insert(image.series.end(), used.series.begin() + static_cast<std::ptrdiff_t>(image.series.size()), used.series.end());
    image.words.resize(used.cells.size() * ImageWords(spec));
    CopyCells(spec, used.cells, image.words.data());
  }
}

Shard::Cell* Shard::CellIn(SeriesTable::Slot& slot, FamilyId family) {
  if (slot.cell == nullptr) {
    const FamilySpec& spec = directory_.families()[family];
    slot.cell = MakeCell(spec, arena_.Allocate(CellBytes(spec)));
    slot.series->Link(slot.cell);
    used_[family].series.push_back(slot.series);
    used_[family].cells.push_back(slot.cell);
    list_bytes_.store(list_bytes_.load(std::memory_order_relaxed) + 2 * sizeof(void*), std::memory_order_relaxed);
  }
  return slot.cell;
}

void Shard::LearnAll(FamilyId family) {
  const size_t labels = directory_.families()[family].label_names.size();
  for (Series* series : directory_.InOrder(family)) {
    const std::vector<std::string_view> values = series_key::ValuesOf(series->key(), labels);
    const uint64_t hash = series_key::Hash(seed_, family, values);
    if (table_.Find(hash, family, values) == nullptr) table_.Insert(hash, series);
  }
}

}  // namespace logmill
