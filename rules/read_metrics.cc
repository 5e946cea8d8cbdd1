#include "rules/read_metrics.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "rules/filters.h"
#include "rules/label_privacy.h"
#include "rules/metric_init.h"
#include "rules/metric_names.h"
#include "rules/read_conditions.h"
#include "rules/wording.h"

namespace logmill {
namespace {

constexpr int64_t kMaxMaxSeries = 1'000'000;
constexpr size_t kMaxLabels = 32;

bool UsesRecordParts(const LabelTemplate& parsed) {
  using Kind = TemplatePiece::Kind;
  return std::any_of(parsed.pieces.begin(), parsed.pieces.end(), [](const TemplatePiece& piece) {
    return piece.kind == Kind::kLevel || piece.kind == Kind::kContext || piece.kind == Kind::kPid || piece.kind == Kind::kTimestamp ||
           piece.kind == Kind::kField;
  });
}

std::optional<LabelTemplate> ReadTemplate(const YamlValue& value, TemplateUse use, const RuleSpec& rule) {
  const auto text = value.Text();
  if (!text) return std::nullopt;
  std::vector<TemplateError> errors;
  LabelTemplate parsed = ParseTemplate(*text, CapturesOf(rule), use, errors);
  for (const TemplateError& error : errors) {
    if (rule.captures_known || !error.unknown_name) value.ErrorAt(error.offset, error.message);
  }
  if (!errors.empty()) return std::nullopt;
  if (rule.format == RecordFormat::kText && UsesRecordParts(parsed)) {
    value.Error("a text record has only a message, so this is always empty for format: text");
    return std::nullopt;
  }
  return parsed;
}

// counter, gauge or histogram: exactly one of them. Sets name, type and place.
void ReadNameAndType(YamlMap& map, MetricSpec& metric) {
  int found = 0;
  for (const MetricType type : {MetricType::kCounter, MetricType::kGauge, MetricType::kHistogram}) {
    const auto name = map.Find(MetricTypeName(type));
    if (!name) continue;
    ++found;
    metric.family.type = type;
    metric.place = name->place();
    const auto text = name->NonEmptyText();
    if (!text) continue;
    metric.family.name = *text;
    if (const std::string problem = MetricNameProblem(*text); !problem.empty()) {
      name->Error(problem);
      continue;
    }
    if (type == MetricType::kCounter && !text->ends_with("_total"))
      name->Warning("the name of a counter should end with _total; OpenMetrics shows this one as " + *text + "_total");
    if (type != MetricType::kCounter && text->ends_with("_total"))
      name->Warning("_total is for counters; this is a " + std::string(MetricTypeName(type)));
    if (text->find(':') != std::string::npos) name->Warning("colons are for recording rules");
  }
  if (found != 1 && map.ok())
    map.value().Error("a metric is exactly one of counter: NAME, gauge: NAME, histogram: NAME; found " + std::to_string(found));
}

void ReadHelp(YamlMap& map, MetricSpec& metric) {
  if (const auto help = map.Require("help")) metric.family.help = help->NonEmptyText().value_or("");
}

void ReadLabels(YamlMap& map, const RuleSpec& rule, MetricSpec& metric) {
  const auto labels = map.Find("labels");
  if (!labels) return;
  const YamlMap entries(*labels);
  if (entries.size() > kMaxLabels) {
    return labels->Error("a metric has at most " + std::to_string(kMaxLabels) + " labels, found " + std::to_string(entries.size()));
  }
  for (const auto& [key, value] : entries.Entries()) {
    const std::string& name = key.node().text;
    const YamlValue named(value, value.node(), "labels." + name);
    const std::string problem = LabelNameProblem(name, metric.family.type);
    if (!problem.empty()) YamlValue(key, key.node(), "labels").Error(problem);
    auto parsed = ReadTemplate(named, TemplateUse::kLabel, rule);
    const std::string privacy = parsed ? LabelPrivacyProblem(name, *parsed) : std::string();
    if (!privacy.empty()) named.Error(privacy);
    metric.family.label_names.push_back(name);
    metric.labels.push_back(parsed ? std::move(*parsed) : LabelTemplate());
  }
}

void CheckConstantValue(const YamlValue& value, const MetricSpec& metric) {
  std::string text = metric.value->pieces.empty() ? std::string() : metric.value->pieces[0].text;
  std::string scratch;
  const auto number = RunValueFilters(metric.value->filters, &text, &scratch);
  if (!number) return value.Error("expected a number or a template such as $ms, found " + Quote(value.node().text));
  if (*number < 0 && metric.family.type == MetricType::kCounter) value.Error("a counter never falls, so its value must not be negative");
}

void ReadValue(YamlMap& map, const RuleSpec& rule, MetricSpec& metric) {
  const bool required = metric.family.type != MetricType::kCounter;
  const auto value = required ? map.Require("value") : map.Find("value");
  if (!value) return;
  metric.value = ReadTemplate(*value, TemplateUse::kValue, rule);
  if (metric.value && metric.value->constant()) CheckConstantValue(*value, metric);
}

void ReadBuckets(YamlMap& map, const BucketSets& bucket_sets, MetricSpec& metric) {
  if (metric.family.type != MetricType::kHistogram) {
    if (const auto buckets = map.Find("buckets")) buckets->Error("only a histogram has buckets");
    return;
  }
  if (const auto buckets = map.Require("buckets")) metric.family.buckets = bucket_sets.Resolve(*buckets).value_or(std::vector<double>{1});
}

MetricSpec ReadMetric(const YamlValue& value, const BucketSets& bucket_sets, std::optional<uint32_t> max_series, const RuleSpec& rule) {
  YamlMap map(YamlValue(value, value.node(), ""));
  MetricSpec metric;
  metric.place = value.place();
  metric.family.endpoint = rule.group == Group::kJob ? Endpoint::kMicroservices : Endpoint::kApi;
  ReadNameAndType(map, metric);
  ReadHelp(map, metric);
  ReadLabels(map, rule, metric);
  ReadValue(map, rule, metric);
  ReadBuckets(map, bucket_sets, metric);
  const auto own_max_series = ReadMaxSeries(map);
  metric.family.max_series = own_max_series.value_or(max_series.value_or(metric.family.max_series));
  if (const auto init = map.Find("init")) ReadInit(*init, metric);
  map.Done();
  return metric;
}

}  // namespace

std::optional<uint32_t> ReadMaxSeries(YamlMap& map) {
  const auto value = map.Find("max_series");
  const auto number = value ? value->Int(1, kMaxMaxSeries) : std::nullopt;
  return number ? std::optional(static_cast<uint32_t>(*number)) : std::nullopt;
}

void ReadMetrics(const YamlValue& metrics, const BucketSets& bucket_sets, std::optional<uint32_t> max_series, RuleSpec& rule) {
  for (const YamlValue& item : metrics.List()) rule.metrics.push_back(ReadMetric(item, bucket_sets, max_series, rule));
  if (metrics.is_list() && rule.metrics.empty()) metrics.Error("the list is empty; a rule feeds at least one metric");
}

}  // namespace logmill
