// Any page (the first byte says in which format, and what the filter does): what comes out can be shown in both formats without problems,
// and read again it is the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/page_filter.h"
#include "collectors/page_parser.h"
#include "metrics/exposition.h"

namespace {

using logmill::ExpositionFormat;
using logmill::PageFormat;
using Families = std::vector<prometheus::MetricFamily>;

void Require(bool holds) {
  if (!holds) std::abort();
}

size_t SeriesIn(const Families& families) {
  size_t series = 0;
  for (const auto& family : families) series += family.metric.size();
  return series;
}

std::string Show(const Families& families, ExpositionFormat format) {
  const logmill::PagePart part{families};
  const logmill::Exposition shown = logmill::RenderExposition(nullptr, std::nullopt, {&part, 1}, format);
  Require(shown.problems.empty());
  return shown.text;
}

// What is shown is a little longer than what was read: `_total`, `le`.
void ReadAgain(const Families& families, PageFormat format) {
  constexpr logmill::PageLimits kWide{.max_labels = 128, .max_name_bytes = 512};
  const auto shown_as = format == PageFormat::kText ? ExpositionFormat::kText : ExpositionFormat::kOpenMetrics;
  const std::string shown = Show(families, shown_as);
  const auto again = logmill::ParsePage(shown, format, kWide);
  Require(again && again->faults.total() == 0);
  Require(again->families.size() == families.size() && SeriesIn(again->families) == SeriesIn(families));
  Require(Show(again->families, shown_as) == shown);
}

logmill::PageFilterOptions OptionsOf(uint8_t choice) {
  logmill::PageFilterOptions options;
  options.drop.clear();
  if ((choice & 2) != 0) options.drop_labels = {"a*", "method"};
  if ((choice & 4) != 0) options.normalisers["path"] = [](std::string_view value) { return std::string(value.substr(0, 2)); };
  if ((choice & 8) != 0) options.guard = [](std::string_view, std::string_view value) { return value.size() > 3 ? "long" : ""; };
  if ((choice & 16) != 0) options.max_series = 3;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view page(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr logmill::PageLimits kLimits{.max_series = 40, .max_labels = 6, .max_name_bytes = 40, .max_value_bytes = 20};
  const auto format = (data[0] & 1) != 0 ? PageFormat::kOpenMetrics : PageFormat::kText;
  auto parsed = logmill::ParsePage(page, format, kLimits);
  if (!parsed) return 0;
  Require(SeriesIn(parsed->families) <= kLimits.max_series);
  for (const PageFormat shown : {PageFormat::kText, PageFormat::kOpenMetrics}) ReadAgain(parsed->families, shown);

  const logmill::PageFilterOptions options = OptionsOf(data[0]);
  const logmill::FilteredPage filtered = logmill::PageFilter(options).Apply(std::move(parsed->families));
  Require(SeriesIn(filtered.families) <= options.max_series);
  for (const PageFormat shown : {PageFormat::kText, PageFormat::kOpenMetrics}) ReadAgain(filtered.families, shown);
  return 0;
}
