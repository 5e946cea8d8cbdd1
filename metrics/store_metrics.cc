#include "metrics/store_metrics.h"

#include <utility>

#include "metrics/self_metrics.h"

namespace logmill {

std::vector<prometheus::MetricFamily> CollectStoreMetrics(const Store& store) {
  prometheus::MetricFamily series = MakeFamily(SelfMetric::kSeries);
  prometheus::MetricFamily limit = MakeFamily(SelfMetric::kSeriesLimit);
  prometheus::MetricFamily overflow = MakeFamily(SelfMetric::kSeriesOverflow);
  for (FamilyId id = 0; id < store.families().size(); ++id) {
    const FamilySpec& spec = store.families()[id];
    AddSample(series, SelfMetric::kSeries, {spec.name}, static_cast<double>(store.SeriesCount(id)));
    AddSample(limit, SelfMetric::kSeriesLimit, {spec.name}, spec.max_series);
    AddSample(overflow, SelfMetric::kSeriesOverflow, {spec.name}, static_cast<double>(store.OverflowCount(id)));
  }
  std::vector<prometheus::MetricFamily> families;
  families.push_back(std::move(series));
  families.push_back(std::move(limit));
  families.push_back(std::move(overflow));
  families.push_back(MakeFamily(SelfMetric::kSeriesMemoryBytes, {}, static_cast<double>(store.MemoryBytes())));
  return families;
}

}  // namespace logmill
