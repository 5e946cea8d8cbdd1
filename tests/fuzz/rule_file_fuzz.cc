// Any text as a rule file: it loads or is refused with a place, and what loads without errors is sound.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/filters.h"
#include "rules/privacy_guard.h"
#include "rules/route.h"
#include "rules/rule_file.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void RunTemplates(const logmill::MetricSpec& metric, std::string_view input) {
  std::string text;
  std::string scratch;
  for (const logmill::LabelTemplate& label : metric.labels) {
    text = input;
    logmill::RunFilters(label.filters, &text, &scratch);
    (void)logmill::Classify(text);
  }
  if (!metric.value) return;
  text = input;
  (void)logmill::RunValueFilters(metric.value->filters, &text, &scratch);
}

void CheckMetric(const logmill::MetricSpec& metric) {
  Require(!metric.family.name.empty() && !metric.family.help.empty());
  Require(metric.labels.size() == metric.family.label_names.size());
  Require(metric.family.init.size() <= metric.family.max_series);
  for (const auto& row : metric.family.init) Require(row.size() == metric.labels.size());
  Require((metric.family.type == logmill::MetricType::kHistogram) == !metric.family.buckets.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  logmill::Diagnostics diagnostics;
  const auto rules = logmill::LoadRules(text, "f", diagnostics);
  for (const logmill::Diagnostic& finding : diagnostics.entries()) Require(finding.place.line >= 0 && finding.place.column >= 0);
  std::string route;
  logmill::AppendRoute(text.substr(0, 1000), &route);
  std::string again;
  logmill::AppendRoute(route, &again);
  Require(route == again);
  (void)logmill::Classify(text.substr(0, 128));
  if (diagnostics.has_errors()) return 0;
  for (const logmill::RuleSpec& rule : rules) {
    for (const logmill::MetricSpec& metric : rule.metrics) {
      CheckMetric(metric);
      RunTemplates(metric, text.substr(0, 200));
    }
  }
  return 0;
}
