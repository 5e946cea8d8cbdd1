#include "rules/metric_names.h"

#include <algorithm>

#include "rules/wording.h"

namespace logmill {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr size_t kMaxNameBytes = 200;
constexpr size_t kMaxPlainNameBytes = 100;

// Letters, digits and `more`, begun by a letter or one of `more_first`.
bool IsName(std::string_view name, std::string_view more_first, std::string_view more) {
  auto letter = [](char c) { return kLetters.find(c) != std::string_view::npos; };
  auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos; };
  return !name.empty() && (letter(name[0]) || more_first.find(name[0]) != std::string_view::npos) &&
         std::all_of(name.begin(), name.end(), fits);
}

}  // namespace

std::string MetricNameProblem(std::string_view name) {
  if (!IsName(name, ":", ":")) return Quote(name) + " is no metric name; it has to be letters, digits and _, not begun by a digit";
  if (name.size() > kMaxNameBytes) return "a metric name has at most " + std::to_string(kMaxNameBytes) + " bytes";
  for (std::string_view prefix : {"logmill_", "process_"}) {
    if (name.starts_with(prefix)) return Quote(name) + " is reserved: names that begin with " + std::string(prefix) + " are Logmill's own";
  }
  return {};
}

std::string LabelNameProblem(std::string_view name, MetricType type) {
  if (!IsName(name, "", "")) return Quote(name) + " is no label name; it has to be letters, digits and _, not begun by a digit";
  if (name.starts_with("__")) return Quote(name) + " is reserved: Prometheus keeps names that begin with __ for itself";
  if (name == "le" && type == MetricType::kHistogram) return "\"le\" is the label of a histogram's own buckets; choose another name";
  if (name == "le") return "\"le\" is the label of histogram buckets, and Prometheus would take this for one; choose another name";
  if (name.size() > kMaxNameBytes) return "a label name has at most " + std::to_string(kMaxNameBytes) + " bytes";
  return {};
}

std::string PlainNameProblem(std::string_view name) {
  if (!IsName(name, "", "-.")) return Quote(name) + " is no name; it has to be letters, digits, _, - and ., begun by a letter or _";
  if (name.size() > kMaxPlainNameBytes) return "a name has at most " + std::to_string(kMaxPlainNameBytes) + " bytes";
  return {};
}

std::vector<std::string> ExposedNames(std::string_view name, MetricType type) {
  const std::string full(name);
  if (type == MetricType::kGauge) return {full};
  if (type == MetricType::kHistogram) return {full, full + "_count", full + "_sum", full + "_bucket", full + "_created"};
  constexpr std::string_view kTotal = "_total";
  if (!name.ends_with(kTotal)) return {full, full + "_total", full + "_created"};
  const std::string base = full.substr(0, full.size() - kTotal.size());
  return {full, base, base + "_created"};
}

std::string_view MetricTypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "";
}

}  // namespace logmill
