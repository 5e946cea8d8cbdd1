#include "daemon/scrape_config.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "daemon/config.h"
#include "daemon/http_config.h"
#include "rules/filters.h"
#include "rules/label_template.h"
#include "rules/privacy_guard.h"
#include "rules/wording.h"

namespace logmill {
namespace {

constexpr std::chrono::seconds kShortestInterval{5};
constexpr int64_t kMostBytes = int64_t{1} << 30;
constexpr int64_t kMostSeries = 1'000'000;

using Resolve = std::function<std::string(const std::string&)>;
using Normaliser = std::function<std::string(std::string_view)>;

bool IsLabelName(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name[0]) && !name.starts_with("__") &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool CheckLabelName(const YamlValue& key) {
  const std::string& name = key.node().text;
  if (IsLabelName(name) && name != "le" && name != "quantile") return true;
  key.Error(Quote(name) + " cannot be a label; letters, digits and _ would be right, but not le, quantile and __x");
  return false;
}

// What a label value gives away, as PageFilterOptions::guard wants it.
std::string_view GuardLabel(std::string_view, std::string_view value) {
  const PrivateKind kind = Classify(value);
  return kind == PrivateKind::kNone ? std::string_view() : PrivateKindName(kind);
}

constexpr std::string_view kBeforeFilters = "$message | ";

LabelTemplate ParseFilters(std::string_view filters, std::vector<TemplateError>& errors) {
  return ParseTemplate(std::string(kBeforeFilters).append(filters), {}, TemplateUse::kLabel, errors);
}

// The privacy guard looks at the result unless a filter makes it harmless.
Normaliser NormaliserOf(LabelTemplate filters) {
  return [filters = std::make_shared<const LabelTemplate>(std::move(filters))](std::string_view label) {
    std::string result(label);
    std::string scratch;
    RunFilters(filters->filters, &result, &scratch);
    return filters->safe() || Classify(result) == PrivateKind::kNone ? result : std::string(kReplacedValue);
  };
}

// `route`, or several filters: `lower | uuid`.
Normaliser ReadNormaliser(const YamlValue& value) {
  const auto text = value.NonEmptyText();
  if (!text) return nullptr;
  std::vector<TemplateError> errors;
  LabelTemplate filters = ParseFilters(*text, errors);
  for (const TemplateError& error : errors) value.ErrorAt(error.offset - std::min(error.offset, kBeforeFilters.size()), error.message);
  return errors.empty() ? NormaliserOf(std::move(filters)) : nullptr;
}

void ReadNormalisers(const YamlValue& value, PageFilterOptions& filter) {
  YamlMap map(value);
  for (const auto& [name, filters] : map.Entries()) {
    const bool good = CheckLabelName(name);
    auto normaliser = ReadNormaliser(filters);
    if (good && normaliser) filter.normalisers[name.node().text] = std::move(normaliser);
  }
}

void ReadAddedLabels(const YamlValue& value, ScrapeOptions& options) {
  YamlMap map(value);
  for (const auto& [name, text] : map.Entries()) {
    CheckLabelName(name);
    const std::string label = text.NonEmptyText().value_or("");
    if (Classify(label) != PrivateKind::kNone) text.Error(Quote(label) + " looks like personal data, which is no label value");
    options.add_labels.emplace_back(name.node().text, label);
  }
}

// A group's name, or `none`.
std::optional<Group> ReadGroup(const YamlValue& value) {
  static const std::vector<std::string_view> kNames{"api", "host", "app", "io", "repo", "job", "none"};  // in the order of Group
  const auto text = value.Text();
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(kNames, *text);
  if (found == kNames.end()) ReportUnknownWord(value, *text, kNames, "telemetry group");
  const auto index = static_cast<size_t>(found - kNames.begin());
  return index < kGroupCount ? std::optional(static_cast<Group>(index)) : std::nullopt;
}

void ReadGroups(const YamlValue& value, std::vector<GroupPattern>& patterns) {
  patterns.clear();
  YamlMap map(value);
  for (const auto& [pattern, group] : map.Entries()) patterns.push_back({pattern.node().text, ReadGroup(group)});
}

void ReadFilter(YamlMap& map, PageFilterOptions& filter) {
  std::vector<TemplateError> none;
  filter.normalisers["path"] = NormaliserOf(ParseFilters("route", none));
  if (const auto groups = map.Find("groups")) ReadGroups(*groups, filter.patterns);
  filter.keep = map.Texts("keep");
  if (const auto drop = map.Find("drop")) filter.drop = map.Texts("drop");
  filter.drop_labels = map.Texts("drop_labels");
  if (const auto labels = map.Find("labels")) ReadNormalisers(*labels, filter);
  filter.max_series = static_cast<size_t>(map.Int("max_series", static_cast<int64_t>(filter.max_series), 1, kMostSeries));
  filter.guard = GuardLabel;
}

void ReadEndpoint(YamlMap& map, Endpoint& endpoint) {
  const auto value = map.Require("endpoint");
  const auto text = value ? value->Text() : std::nullopt;
  if (!text) return;
  std::vector<std::string_view> names;
  for (const Endpoint known : kEndpoints) {
    names.push_back(EndpointName(known));
    if (names.back() != *text) continue;
    endpoint = known;
    return;
  }
  ReportUnknownWord(*value, *text, names, "endpoint");
}

void ReadUrl(YamlMap& map, std::string& url) {
  const auto value = map.Require("url");
  const auto text = value ? value->NonEmptyText() : std::nullopt;
  if (!text) return;
  url = *text;
  if (const std::string wrong = HttpClient::CheckUrl(url); !wrong.empty()) value->Error(wrong);
}

ScrapeConfig ReadScrape(const YamlValue& value, const Resolve& resolve) {
  YamlMap map(value);
  ScrapeConfig scrape;
  ScrapeOptions& options = scrape.options;
  if (const auto name = map.Require("name")) scrape.name = name->NonEmptyText().value_or("");
  ReadUrl(map, options.url);
  ReadEndpoint(map, options.endpoint);
  scrape.timing = ReadTiming(map, scrape.timing, kShortestInterval);
  options.timeout = scrape.timing.timeout;
  options.max_bytes = static_cast<size_t>(map.Int("max_bytes", static_cast<int64_t>(options.max_bytes), 1024, kMostBytes));
  ReadFilter(map, options.filter);
  if (const auto labels = map.Find("add_labels")) ReadAddedLabels(*labels, options);
  ReadHttpClient(map, resolve, options.client);
  if (const std::string wrong = HttpClient::Check(options.client); !wrong.empty()) value.Error(wrong);
  map.Done();
  return scrape;
}

}  // namespace

std::vector<ScrapeConfig> ReadScrapes(const std::vector<YamlValue>& entries, const Resolve& resolve) {
  std::vector<ScrapeConfig> scrapes;
  std::set<std::string> names;
  for (const YamlValue& entry : entries) {
    scrapes.push_back(ReadScrape(entry, resolve));
    const std::string& name = scrapes.back().name;
    if (name.empty() || names.insert(name).second) continue;
    entry.Error("another scrape is called " + Quote(name) + " already; give each a `name` of its own");
  }
  return scrapes;
}

}  // namespace logmill
