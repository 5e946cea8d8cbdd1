#include "metrics/negotiation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace logmill {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// Cuts the trimmed text up to `separator` off the front of `rest`; a separator within "quotes" does not count.
std::string_view CutNext(std::string_view& rest, char separator) {
  bool quoted = false;
  size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') quoted = !quoted;
  }
  const std::string_view part = Trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

double ParseQuality(std::string_view text) {
  double q = 1;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), q, std::chars_format::fixed);
  const bool readable = error == std::errc() && end == text.end() && q >= 0;
  return readable ? std::min(q, 1.0) : 1;
}

// One element of an Accept or Accept-Encoding header.
struct Range {
  std::string_view name;          // "text/plain", "gzip", "*"
  std::string_view version = {};  // parameter of that name, without quotes
  double q = 1;
};

Range CutRange(std::string_view& header) {
  std::string_view element = CutNext(header, ',');
  Range range{.name = CutNext(element, ';')};
  while (!element.empty()) {
    std::string_view value = CutNext(element, ';');
    const std::string_view name = CutNext(value, '=');
    value = Trim(value);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    if (EqualsIgnoringCase(name, "q")) range.q = ParseQuality(value);
    if (EqualsIgnoringCase(name, "version")) range.version = value;
  }
  return range;
}

struct Offer {
  ExpositionFormat format;
  std::string_view type;
  std::string_view any_of_type;
  std::array<std::string_view, 2> versions;
};

constexpr Offer kText{ExpositionFormat::kText, "text/plain", "text/*", {"0.0.4", "0.0.4"}};
constexpr Offer kOpenMetrics{ExpositionFormat::kOpenMetrics, "application/openmetrics-text", "application/*", {"1.0.0", "0.0.1"}};

// How closely a range names an offer: 0 not at all, 1 by "*/*", 2 by "type/*", 3 by its type, 4 with its version.
int Closeness(const Range& range, const Offer& offer) {
  if (EqualsIgnoringCase(range.name, offer.type)) {
    if (range.version.empty()) return 3;
    return std::ranges::count(offer.versions, range.version) > 0 ? 4 : 0;
  }
  if (EqualsIgnoringCase(range.name, offer.any_of_type)) return 2;
  return range.name == "*/*" || range.name == "*" ? 1 : 0;
}

// What a header says about one offer.
struct Verdict {
  int closeness = 0;
  double q = 0;

  void Consider(const Range& range, const Offer& offer) {
    const int close = Closeness(range, offer);
    if (close == 0 || close < closeness) return;
    q = close > closeness ? range.q : std::max(q, range.q);
    closeness = close;
  }
};

}  // namespace

std::string_view ContentType(ExpositionFormat format) {
  return format == ExpositionFormat::kText ? "text/plain; version=0.0.4; charset=utf-8"
                                           : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

ExpositionFormat NegotiateFormat(std::string_view accept) {
  Verdict text;
  Verdict open_metrics;
  while (!accept.empty()) {
    const Range range = CutRange(accept);
    text.Consider(range, kText);
    open_metrics.Consider(range, kOpenMetrics);
  }
  if (open_metrics.q <= 0) return ExpositionFormat::kText;
  const bool wins = open_metrics.q > text.q || (open_metrics.q == text.q && open_metrics.closeness > text.closeness);
  return wins ? ExpositionFormat::kOpenMetrics : ExpositionFormat::kText;
}

bool WantsGzip(std::string_view accept_encoding) {
  std::optional<double> gzip;
  std::optional<double> identity;
  std::optional<double> any;
  while (!accept_encoding.empty()) {
    const Range range = CutRange(accept_encoding);
    if (EqualsIgnoringCase(range.name, "gzip") || EqualsIgnoringCase(range.name, "x-gzip")) gzip = range.q;
    if (EqualsIgnoringCase(range.name, "identity")) identity = range.q;
    if (range.name == "*") any = range.q;
  }
  const double q = gzip.value_or(any.value_or(0));
  return q > 0 && q >= identity.value_or(0);
}

}  // namespace logmill
