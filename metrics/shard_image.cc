#include "metrics/shard_image.h"

namespace logmill {
namespace {

constexpr size_t kSumWords = std::tuple_size_v<ExactSum::Words>;

uint64_t* Copy(const SumWords& sum, uint64_t* to) {
  for (const uint64_t word : sum.OwnWords()) *to++ = word;
  return to;
}

uint64_t* Copy(const CounterCell& cell, size_t, uint64_t* to) {
  *to++ = cell.increments.Own();
  *to++ = cell.adds.Own();
  return Copy(cell.sum, to);
}

uint64_t* Copy(const GaugeCell& cell, size_t, uint64_t* to) {
  *to++ = cell.sets.Own();
  *to++ = cell.stamp.Own();
  *to++ = cell.value.Own();
  return to;
}

uint64_t* Copy(const HistogramCell& cell, size_t buckets, uint64_t* to) {
  *to++ = cell.observations.Own();
  to = Copy(cell.sum, to);
  for (size_t i = 0; i < buckets; ++i) *to++ = cell.buckets()[i].Own();
  return to;
}

template <class Cell>
void CopyAll(std::span<const SeriesCell* const> cells, size_t buckets, uint64_t* to) {
  for (const SeriesCell* cell : cells) to = Copy(static_cast<const Cell&>(*cell), buckets, to);
}

void AddSum(const uint64_t* words, uint64_t increments, SeriesState& state) {
  ExactSum sum(state.sum);
  sum.Add(ExactSum({words[0], words[1], words[2], words[3]}));
  sum.AddCount(increments);
  state.sum = sum.words();
}

void AddGauge(const uint64_t* words, SeriesState& state) {
  state.writes += words[0];
  if (words[1] <= state.stamp) return;
  state.stamp = words[1];
  state.last = words[2];
}

void AddHistogram(const uint64_t* words, size_t buckets, SeriesState& state) {
  state.writes += words[0];
  AddSum(words + 1, 0, state);
  state.buckets.resize(buckets);
  for (size_t i = 0; i < buckets; ++i) state.buckets[i] += words[1 + kSumWords + i];
}

}  // namespace

size_t ImageWords(const FamilySpec& family) {
  switch (family.type) {
    case MetricType::kCounter:
      return 2 + kSumWords;
    case MetricType::kGauge:
      return 3;
    case MetricType::kHistogram:
      break;
  }
  return 1 + kSumWords + family.buckets.size() + 1;
}

void CopyCells(const FamilySpec& family, std::span<const SeriesCell* const> cells, uint64_t* words) {
  switch (family.type) {
    case MetricType::kCounter:
      return CopyAll<CounterCell>(cells, 0, words);
    case MetricType::kGauge:
      return CopyAll<GaugeCell>(cells, 0, words);
    case MetricType::kHistogram:
      return CopyAll<HistogramCell>(cells, family.buckets.size() + 1, words);
  }
}

void AddImage(const FamilySpec& family, const uint64_t* words, SeriesState& state) {
  switch (family.type) {
    case MetricType::kCounter:
      state.writes += words[0] + words[1];
      return AddSum(words + 2, words[0], state);
    case MetricType::kGauge:
      return AddGauge(words, state);
    case MetricType::kHistogram:
      return AddHistogram(words, family.buckets.size() + 1, state);
  }
}

}  // namespace logmill
