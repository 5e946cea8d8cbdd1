// Shows what another program shows to Prometheus: its page, sorted, bounded and made harmless.
//
//   GET ──► page ──► ParsePage ──► PageFilter ──► added labels ──► Collected, at one endpoint
//          max_bytes   limits        filter
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "collectors/collector.h"
#include "collectors/scrape_options.h"
#include "net/http_client.h"

namespace logmill {

// Numbers of the last good page: gauges, not counters.
struct ScrapeNumbers {
  uint64_t bytes = 0;    // of the page, unpacked
  uint64_t samples = 0;  // lines of it that hold one, good or bad
  uint64_t series = 0;   // that are shown; a histogram is one
  // What was left out or changed, by reason: the faults of the parser ("line", "value", ...: samples, of "unsound" series, of "clash"
  // families), and of the filter "off" and "dropped" (families), "merged" and "over_limit" (series), "private" (label values replaced).
  // Always all reasons, in one order.
  std::vector<std::pair<std::string_view, uint64_t>> left_out;
};

class ScrapeCollector final : public Collector {
 public:
  explicit ScrapeCollector(ScrapeOptions options);

  // An error when the page cannot be had whole within its limits, has another status than 200, or is no metrics page. One bad line, series
  // or family costs only itself and becomes a notice. Values are those of the page: a target that begins again at 0 is shown as it is.
  // Rows are samples.
  std::expected<Collected, std::string> Collect() override;
  void Interrupt() override { client_.Interrupt(); }

  // Any thread. Without `left_out` before the first good page.
  [[nodiscard]] ScrapeNumbers numbers() const EXCLUDES(mutex_);

 private:
  std::expected<HttpReply, std::string> Fetch();
  std::expected<Collected, std::string> Digest(const HttpReply& page);
  void AddLabels(std::vector<prometheus::MetricFamily>& families) const;
  void Note(const HttpReply& page, const ParsedPage& parsed, const FilteredPage& shown) EXCLUDES(mutex_);

  const ScrapeOptions options_;
  const PageFilter filter_;
  const std::string where_;  // the URL, for people
  HttpClient client_;
  mutable Mutex mutex_;
  ScrapeNumbers numbers_ GUARDED_BY(mutex_);
};

}  // namespace logmill
