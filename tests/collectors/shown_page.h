// Pages that were read, shown again: the shortest way to say what came out.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/page_parser.h"
#include "metrics/exposition.h"

namespace logmill::testing {

inline std::string Shown(const std::vector<prometheus::MetricFamily>& families, ExpositionFormat format = ExpositionFormat::kText) {
  const PagePart part{families};
  const Exposition page = RenderExposition(nullptr, std::nullopt, {&part, 1}, format);
  EXPECT_EQ(page.problems, std::vector<std::string>());
  return page.text;
}

// What becomes of a page; it is not refused.
inline ParsedPage Read(std::string_view page, PageFormat format = PageFormat::kText, const PageLimits& limits = {}) {
  auto parsed = ParsePage(page, format, limits);
  EXPECT_TRUE(parsed.has_value()) << parsed.error();
  return parsed.has_value() ? std::move(*parsed) : ParsedPage();
}

// In OpenMetrics, with the # EOF that it needs.
inline ParsedPage ReadOpenMetrics(std::string_view page) { return Read(std::string(page) + "# EOF\n", PageFormat::kOpenMetrics); }

}  // namespace logmill::testing
