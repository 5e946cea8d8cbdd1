// Pages that other programs show to Prometheus, read into families: the text format 0.0.4 and OpenMetrics 1.0.
// https://prometheus.io/docs/instrumenting/exposition_formats/, https://github.com/prometheus/OpenMetrics (specification/OpenMetrics.md)
//
// Prometheus refuses a whole page for one bad line. Who shows pages of others cannot: one line would take away everything. So a page is
// refused when it is no metrics page at all or was cut short; otherwise the bad line, series or family is left out and counted. What comes
// out is sound: RenderExposition() writes it without problems in both formats.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/page_faults.h"

namespace logmill {

enum class PageFormat : uint8_t { kText, kOpenMetrics };

// What a Content-Type says: "text/plain", with any parameters, or none at all: text; "application/openmetrics-text": OpenMetrics; nothing
// for all else (HTML, JSON, protobuf).
std::optional<PageFormat> PageFormatOf(std::string_view content_type);

struct PageLimits {
  size_t max_series = 50'000;     // label sets of the whole page; a histogram is one
  size_t max_labels = 64;         // of a sample
  size_t max_name_bytes = 256;    // of a sample, and of a label
  size_t max_value_bytes = 1024;  // of a label's value; a longer one is not cut, for two series could become one
};

struct ParsedPage {
  // By first sample. Names are unique, labels stand in the page's order, label sets are unique (an empty value is as good as no label, so
  // it is left out), buckets ascend and end with +Inf. Types and names are those of the text format:
  //   OpenMetrics' counter X       counter X_total
  //   info X                       gauge X_info
  //   stateset X                   gauge X
  //   gaugehistogram X             gauges X_bucket (with `le`), X_gcount, X_gsum: no other type holds buckets that may fall
  //   unknown, or no TYPE          untyped
  // Timestamps, exemplars, units and creation times (`_created` samples of a counter, histogram or summary, also where the text format
  // shows them as gauges) are left out. A sum that is not there is NaN. HELP is cut at 1024 bytes.
  // What is no UTF-8, and NUL, becomes U+FFFD in label values and HELP.
  std::vector<prometheus::MetricFamily> families;
  uint64_t samples = 0;  // lines that are to hold one, good or bad
  PageFaults faults;     // what was left out, and why
};

// Reads a page in time and memory in proportion to it. The error is a sentence: the page is HTML or JSON, no line of it is a sample, its
// last line has no end, or OpenMetrics' `# EOF` is missing. A page without samples is fine.
std::expected<ParsedPage, std::string> ParsePage(std::string_view page, PageFormat format, const PageLimits& limits = {});

}  // namespace logmill
