// Histograms and summaries as they were put together from samples in any order, made whole or found not to be.
#pragma once

#include <prometheus/client_metric.h>

#include <cstddef>
#include <vector>

namespace logmill {

// Null when the series is sound, else why not, in a few words. `has_count`: whether there was a `_count`. Buckets and quantiles are put in
// order; of equal ones the first stays, and `*duplicates` is raised by the number of the others.
const char* FinishHistogram(prometheus::ClientMetric::Histogram& histogram, bool has_count, size_t* duplicates);
const char* FinishSummary(prometheus::ClientMetric::Summary& summary, bool has_count, size_t* duplicates);

}  // namespace logmill
