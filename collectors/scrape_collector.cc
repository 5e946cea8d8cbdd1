#include "collectors/scrape_collector.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "collectors/page_filter.h"
#include "collectors/page_parser.h"
#include "net/http_url.h"

namespace logmill {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

constexpr int kOk = 200;
constexpr size_t kMostTypeBytes = 60;
// As Prometheus asks, with our preference: OpenMetrics says where it ends.
constexpr char kAccept[] =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

// "10", "0.25".
std::string SecondsText(std::chrono::milliseconds time) {
  std::string text = std::to_string(time.count() / 1000);
  if (time.count() % 1000 == 0) return text;
  text += "." + std::to_string(1000 + time.count() % 1000).substr(1);
  while (text.ends_with('0')) text.pop_back();
  return text;
}

// "text/html" of "text/html; charset=utf-8", when it is fit to be repeated.
std::string TypeText(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, std::min(content_type.find(';'), kMostTypeBytes));
  const bool fit = !type.empty() && std::ranges::all_of(type, [](char c) { return c > ' ' && c < '\x7f'; });
  return fit ? std::string(type) : "a content type";
}

std::string StatusText(int status) {
  std::string text = "answers with status " + std::to_string(status);
  if (status == 401 || status == 403) text += ": check its credentials";
  if (status >= 300 && status < 400) text += ": use the URL that it redirects to";
  if (status == 404) text += ": check the path of the URL";
  return text;
}

uint64_t SeriesOf(const std::vector<MetricFamily>& families) {
  uint64_t count = 0;
  for (const MetricFamily& family : families) count += family.metric.size();
  return count;
}

// Out of the way of an added label.
void Export(std::vector<ClientMetric::Label>& labels, const std::string& name) {
  const auto old = std::ranges::find(labels, name, &ClientMetric::Label::name);
  if (old == labels.end()) return;
  do {
    old->name.insert(0, "exported_");
  } while (std::ranges::count(labels, old->name, &ClientMetric::Label::name) > 1);
}

}  // namespace

ScrapeCollector::ScrapeCollector(ScrapeOptions options)
    : options_(std::move(options)), filter_(options_.filter), where_(DescribeUrl(options_.url)), client_(options_.client) {}

std::expected<Collected, std::string> ScrapeCollector::Collect() {
  const auto page = Fetch();
  if (!page) return std::unexpected(page.error());
  auto collected = Digest(*page);
  if (!collected) return std::unexpected(where_ + ": " + collected.error());
  return collected;
}

std::expected<HttpReply, std::string> ScrapeCollector::Fetch() {
  HttpCall call{.url = options_.url, .deadline = options_.timeout, .max_answer_bytes = options_.max_bytes};
  call.headers = {{"Accept", kAccept}, {"X-Prometheus-Scrape-Timeout-Seconds", SecondsText(options_.timeout)}};
  auto page = client_.Send(call);
  if (!page) return std::unexpected(page.error().text);
  if (page->status != kOk) return std::unexpected(where_ + ": " + StatusText(page->status));
  return std::move(*page);
}

std::expected<Collected, std::string> ScrapeCollector::Digest(const HttpReply& page) {
  const auto format = PageFormatOf(page.Header("content-type"));
  if (!format) return std::unexpected("answers with " + TypeText(page.Header("content-type")) + ", which is no metrics page");
  auto parsed = ParsePage(page.body, *format, options_.limits);
  if (!parsed) return std::unexpected(parsed.error());
  FilteredPage shown = filter_.Apply(std::move(parsed->families));
  AddLabels(shown.families);
  Note(page, *parsed, shown);
  Collected collected;
  collected.rows = parsed->samples;
  collected.notices = parsed->faults.Notices();
  std::ranges::move(shown.Notices(), std::back_inserter(collected.notices));
  collected.families[IndexOf(options_.endpoint)] = std::move(shown.families);
  return collected;
}

void ScrapeCollector::AddLabels(std::vector<MetricFamily>& families) const {
  for (MetricFamily& family : families) {
    for (ClientMetric& metric : family.metric) {
      for (const auto& [name, value] : options_.add_labels) {
        Export(metric.label, name);
        metric.label.push_back({name, value});
      }
    }
  }
}

void ScrapeCollector::Note(const HttpReply& page, const ParsedPage& parsed, const FilteredPage& shown) {
  ScrapeNumbers numbers{.bytes = page.body.size(), .samples = parsed.samples, .series = SeriesOf(shown.families), .left_out = {}};
  for (size_t i = 0; i < kPageFaultCount; ++i)
    numbers.left_out.emplace_back(PageFaultName(static_cast<PageFault>(i)), parsed.faults.of(static_cast<PageFault>(i)).count);
  uint64_t replaced = 0;
  for (const auto& [kind, count] : shown.replaced) replaced += count;
  for (const auto& [reason, count] : {std::pair<std::string_view, uint64_t>{"off", shown.off},
                                      {"dropped", shown.dropped},
                                      {"merged", shown.merged},
                                      {"over_limit", shown.over},
                                      {"private", replaced}})
    numbers.left_out.emplace_back(reason, count);
  const MutexLock lock(mutex_);
  numbers_ = std::move(numbers);
}

ScrapeNumbers ScrapeCollector::numbers() const {
  const MutexLock lock(mutex_);
  return numbers_;
}

}  // namespace logmill
