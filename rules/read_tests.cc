#include "rules/read_tests.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "rules/filters.h"
#include "rules/wording.h"

namespace logmill {
namespace {

constexpr std::string_view kExample = "; a sample is written like this: name{label=\"value\"} 1";

bool IsNameChar(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':'; }

// Reads one expected sample and compares it with the rule's metrics.
class SampleCheck {
 public:
  SampleCheck(const YamlValue& value, const RuleSpec& rule) : value_(value), rule_(rule), text_(value.node().text) {}

  void Run() {
    CheckName(TakeName());
    if (At('{') && !TakeLabels()) return Fail("bad labels");
    if (!At(' ')) return Fail("expected a space and the value");
    text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size()));
    if (!ParseNumber(text_) && text_ != "NaN" && text_ != "+Inf" && text_ != "-Inf") Fail("the value is no number");
  }

 private:
  [[nodiscard]] bool At(char c) const { return text_.starts_with(c); }
  bool Take(char c) {
    const bool there = At(c);
    if (there) text_.remove_prefix(1);
    return there;
  }
  std::string_view TakeName() {
    const auto end = std::find_if_not(text_.begin(), text_.end(), IsNameChar);
    const std::string_view name = text_.substr(0, static_cast<size_t>(end - text_.begin()));
    text_.remove_prefix(name.size());
    return name;
  }
  bool TakeLabels();
  bool TakeQuoted();
  void CheckName(std::string_view name);
  void CheckLabel(std::string_view label);
  void Fail(std::string_view what) const {
    value_.ErrorAt(value_.node().text.size() - text_.size(), std::string(what) + std::string(kExample));
  }

  const YamlValue& value_;
  const RuleSpec& rule_;
  std::string_view text_;  // what is left
  const FamilySpec* family_ = nullptr;
};

bool SampleCheck::TakeLabels() {
  Take('{');
  while (!At('}')) {
    const std::string_view label = TakeName();
    if (label.empty() || !Take('=') || !TakeQuoted()) return false;
    CheckLabel(label);
    if (!Take(',') && !At('}')) return false;
  }
  return Take('}');
}

bool SampleCheck::TakeQuoted() {
  if (!Take('"')) return false;
  while (!text_.empty() && !At('"')) text_.remove_prefix(At('\\') && text_.size() > 1 ? 2 : 1);
  return Take('"');
}

bool IsSampleOf(const FamilySpec& family, std::string_view name) {
  if (!name.starts_with(family.name)) return false;
  const std::string_view suffix = name.substr(family.name.size());
  if (family.type != MetricType::kHistogram) return suffix.empty();
  return suffix == "_count" || suffix == "_sum" || suffix == "_bucket";
}

void SampleCheck::CheckName(std::string_view name) {
  std::vector<std::string_view> names;
  for (const MetricSpec& metric : rule_.metrics) {
    if (IsSampleOf(metric.family, name)) family_ = &metric.family;
    names.push_back(metric.family.name);
  }
  if (family_ != nullptr) return;
  const bool histogram = std::find(names.begin(), names.end(), name) != names.end();
  value_.Error(histogram ? Quote(name) + " is a histogram; expect its _count, _sum or _bucket"
                         : "this rule has no metric named " + Quote(name) + DidYouMean(name, names));
}

void SampleCheck::CheckLabel(std::string_view label) {
  if (family_ == nullptr || (label == "le" && family_->type == MetricType::kHistogram)) return;
  const std::vector<std::string_view> names(family_->label_names.begin(), family_->label_names.end());
  if (std::find(names.begin(), names.end(), label) == names.end()) {
    value_.Error(Quote(family_->name) + " has no label named " + Quote(label) + DidYouMean(label, names));
  }
}

void ReadLine(const YamlValue& value, RuleTestSpec& test) {
  auto text = value.Text();
  if (!text) return;
  if (text->ends_with('\n')) text->pop_back();  // of a block: `line: |`
  if (text->find('\n') != std::string::npos) value.Error("this is more than one line; use lines: [...]");
  test.lines.push_back(std::move(*text));
}

void ReadLines(YamlMap& map, RuleTestSpec& test) {
  const auto line = map.Find("line");
  const auto lines = map.Find("lines");
  if (line) ReadLine(*line, test);
  if (lines) {
    for (const YamlValue& item : lines->List()) ReadLine(item, test);
    if (lines->is_list() && test.lines.empty()) lines->Error("the list is empty");
  }
  if (line.has_value() == lines.has_value() && map.ok()) map.value().Error("a test has either `line` or `lines`");
}

void ReadExpect(YamlMap& map, const RuleSpec& rule, RuleTestSpec& test) {
  const auto expect = map.Require("expect");
  if (!expect || (expect->is_scalar() && expect->node().text == "none")) return;
  if (!expect->is_list()) return expect->Error("expected a list of samples, or none");
  for (const YamlValue& item : expect->List()) {
    auto text = item.NonEmptyText();
    if (!text) continue;
    SampleCheck(item, rule).Run();
    test.expect.push_back(std::move(*text));
  }
  if (expect->node().items.empty()) expect->Error("the list is empty; write expect: none when the rule must not match");
}

}  // namespace

void ReadTests(const YamlValue& tests, RuleSpec& rule) {
  for (const YamlValue& item : tests.List()) {
    YamlMap map(item);
    RuleTestSpec test;
    test.place = item.place();
    ReadLines(map, test);
    ReadExpect(map, rule, test);
    map.Done();
    rule.tests.push_back(std::move(test));
  }
}

}  // namespace logmill
