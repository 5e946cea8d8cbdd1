#include "collectors/series_sum.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace logmill {
namespace {

using prometheus::ClientMetric;
using Type = prometheus::MetricType;

// Counts that others wrote may be anything; order is kept where they become too large.
uint64_t Plus(uint64_t a, uint64_t b) {
  return b > std::numeric_limits<uint64_t>::max() - a ? std::numeric_limits<uint64_t>::max() : a + b;
}

// Counts up to a bound add up only where both have that bound.
void AddBuckets(const std::vector<ClientMetric::Bucket>& part, std::vector<ClientMetric::Bucket>& sum) {
  std::vector<ClientMetric::Bucket> shared;
  for (auto a = part.begin(), b = part.end(); const ClientMetric::Bucket& bucket : sum) {
    while (a != b && a->upper_bound < bucket.upper_bound) ++a;
    if (a == b) break;
    if (a->upper_bound > bucket.upper_bound) continue;
    shared.push_back({Plus(bucket.cumulative_count, a->cumulative_count), bucket.upper_bound});
  }
  sum = std::move(shared);
}

}  // namespace

void AddSeries(Type type, const ClientMetric& part, ClientMetric& sum) {
  switch (type) {
    case Type::Counter:
      sum.counter.value += part.counter.value;
      return;
    case Type::Gauge:
      sum.gauge.value += part.gauge.value;
      return;
    case Type::Untyped:
      sum.untyped.value += part.untyped.value;
      return;
    case Type::Summary:
      sum.summary.sample_count = Plus(sum.summary.sample_count, part.summary.sample_count);
      sum.summary.sample_sum += part.summary.sample_sum;
      sum.summary.quantile.clear();
      return;
    case Type::Histogram:
      sum.histogram.sample_count = Plus(sum.histogram.sample_count, part.histogram.sample_count);
      sum.histogram.sample_sum += part.histogram.sample_sum;
      AddBuckets(part.histogram.bucket, sum.histogram.bucket);
      return;
  }
}

}  // namespace logmill
