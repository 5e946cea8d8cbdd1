#include "metrics/cell.h"

#include <bit>
#include <new>

namespace logmill {
namespace {

void AddCounter(const CounterCell& cell, CellTotals& totals) {
  ExactSum sum;
  const uint64_t adds = cell.adds.ReadBetweenWrites([&] { sum = cell.sum.Read(); });
  const uint64_t increments = cell.increments.Read();
  totals.sum.Add(sum);
  totals.sum.AddCount(increments);
  totals.writes += adds + increments;
}

void AddGauge(const GaugeCell& cell, CellTotals& totals) {
  uint64_t value = 0;
  uint64_t stamp = 0;
  totals.writes += cell.sets.ReadBetweenWrites([&] {
    value = cell.value.Read();
    stamp = cell.stamp.Read();
  });
  if (stamp <= totals.stamp) return;
  totals.stamp = stamp;
  totals.last = std::bit_cast<double>(value);
}

void AddHistogram(const HistogramCell& cell, CellTotals& totals) {
  thread_local std::vector<uint64_t> buckets;
  buckets.resize(totals.buckets.size());
  ExactSum sum;
  totals.writes += cell.observations.ReadBetweenWrites([&] {
    sum = cell.sum.Read();
    for (size_t i = 0; i < buckets.size(); ++i) buckets[i] = cell.buckets()[i].Read();
  });
  totals.sum.Add(sum);
  for (size_t i = 0; i < buckets.size(); ++i) totals.buckets[i] += buckets[i];
}

void WriteCounter(const CellTotals& totals, CounterCell& cell) {
  const uint64_t before = cell.adds.Begin();
  cell.sum.Add(totals.sum);
  cell.adds.End(before, totals.writes);
}

void WriteGauge(const CellTotals& totals, uint64_t stamp_base, GaugeCell& cell) {
  const uint64_t before = cell.sets.Begin();
  if (totals.stamp + stamp_base > cell.stamp.Own()) {
    cell.stamp.Set(totals.stamp + stamp_base);
    cell.value.Set(std::bit_cast<uint64_t>(totals.last));
  }
  cell.sets.End(before, totals.writes);
}

void WriteHistogram(const CellTotals& totals, HistogramCell& cell) {
  const uint64_t before = cell.observations.Begin();
  cell.sum.Add(totals.sum);
  for (size_t i = 0; i < totals.buckets.size(); ++i) cell.buckets()[i].Set(cell.buckets()[i].Own() + totals.buckets[i]);
  cell.observations.End(before, totals.writes);
}

}  // namespace

void Reset(const FamilySpec& family, CellTotals& totals) {
  totals.writes = 0;
  totals.sum = ExactSum();
  totals.stamp = 0;
  totals.last = 0;
  totals.buckets.assign(family.type == MetricType::kHistogram ? family.buckets.size() + 1 : 0, 0);
}

void AddCell(const FamilySpec& family, const SeriesCell& cell, CellTotals& totals) {
  switch (family.type) {
    case MetricType::kCounter:
      return AddCounter(static_cast<const CounterCell&>(cell), totals);
    case MetricType::kGauge:
      return AddGauge(static_cast<const GaugeCell&>(cell), totals);
    case MetricType::kHistogram:
      return AddHistogram(static_cast<const HistogramCell&>(cell), totals);
  }
}

void AddTotals(const FamilySpec& family, const CellTotals& totals, uint64_t stamp_base, SeriesCell& cell) {
  if (totals.writes == 0) return;
  switch (family.type) {
    case MetricType::kCounter:
      return WriteCounter(totals, static_cast<CounterCell&>(cell));
    case MetricType::kGauge:
      return WriteGauge(totals, stamp_base, static_cast<GaugeCell&>(cell));
    case MetricType::kHistogram:
      return WriteHistogram(totals, static_cast<HistogramCell&>(cell));
  }
}

size_t CellBytes(const FamilySpec& family) {
  switch (family.type) {
    case MetricType::kCounter:
      return sizeof(CounterCell);
    case MetricType::kGauge:
      return sizeof(GaugeCell);
    case MetricType::kHistogram:
      return sizeof(HistogramCell) + (family.buckets.size() + 1) * sizeof(CellWord);
  }
  return 0;
}

SeriesCell* MakeCell(const FamilySpec& family, void* memory) {
  switch (family.type) {
    case MetricType::kCounter:
      return new (memory) CounterCell;
    case MetricType::kGauge:
      return new (memory) GaugeCell;
    case MetricType::kHistogram:
      break;
  }
  auto* cell = new (memory) HistogramCell(family.buckets);
  for (size_t i = 0; i <= family.buckets.size(); ++i) new (cell->buckets() + i) CellWord;
  return cell;
}

}  // namespace logmill
