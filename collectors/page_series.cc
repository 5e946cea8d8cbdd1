#include "collectors/page_series.h"

#include <algorithm>
#include <limits>

namespace logmill {
namespace {

using prometheus::ClientMetric;

// Orders by `key`; of equal elements the first stays. Returns how many went.
template <class Element>
size_t OrderUnique(std::vector<Element>& elements, double Element::* key) {
  std::ranges::stable_sort(elements, {}, key);
  const auto rest = std::ranges::unique(elements, {}, key);
  const size_t count = rest.size();
  elements.erase(rest.begin(), rest.end());
  return count;
}

}  // namespace

const char* FinishHistogram(ClientMetric::Histogram& histogram, bool has_count, size_t* duplicates) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  auto& buckets = histogram.bucket;
  *duplicates += OrderUnique(buckets, &ClientMetric::Bucket::upper_bound);
  if (buckets.empty() || buckets.back().upper_bound != kInfinity) {
    if (!has_count) return "a histogram has neither a bucket +Inf nor a _count";
    buckets.push_back({histogram.sample_count, kInfinity});
  } else if (!has_count) {
    histogram.sample_count = buckets.back().cumulative_count;
  }
  if (histogram.sample_count != buckets.back().cumulative_count) return "the bucket +Inf of a histogram is not its _count";
  if (!std::ranges::is_sorted(buckets, {}, &ClientMetric::Bucket::cumulative_count)) return "a bucket holds less than a smaller one";
  return nullptr;
}

const char* FinishSummary(ClientMetric::Summary& summary, bool has_count, size_t* duplicates) {
  *duplicates += OrderUnique(summary.quantile, &ClientMetric::Quantile::quantile);
  return has_count ? nullptr : "a summary has no _count";
}

}  // namespace logmill
