// What is scraped, and what is shown of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/telemetry.h"
#include "collectors/page_filter.h"
#include "collectors/page_parser.h"
#include "net/http_client.h"

namespace logmill {

struct ScrapeOptions {
  std::string url;                     // of the page; HttpClient::CheckUrl() finds nothing wrong with it
  Endpoint endpoint = Endpoint::kApi;  // where the families are shown
  HttpClientOptions client = {};
  std::chrono::milliseconds timeout{10'000};  // of the whole request; the target is told (X-Prometheus-Scrape-Timeout-Seconds)
  size_t max_bytes = size_t{16} << 20;        // of a page, as it comes and unpacked, each
  PageLimits limits = {};                     // of what is read of it, before the filter
  PageFilterOptions filter = {};
  // Given to each series, after the filter. A label of that name that the page has becomes `exported_NAME`, as Prometheus does it.
  std::vector<std::pair<std::string, std::string>> add_labels = {};
};

}  // namespace logmill
