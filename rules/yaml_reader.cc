#include "rules/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "rules/wording.h"

namespace logmill {
namespace {

std::string Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map (key: value)";
    case YamlNode::Kind::kScalar:
      return (node.quoted ? "the text " : "") + Quote(node.text);
  }
  return {};
}

bool LooksLikeAnotherBool(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  static constexpr std::string_view kWords[] = {"yes", "no", "on", "off", "y", "n", "true", "false"};
  return std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords);
}

template <typename T>
std::string NumberText(T value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool HasLeadingZero(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

}  // namespace

YamlValue::YamlValue(const YamlTree& tree, Diagnostics& diagnostics) : tree_(&tree), diagnostics_(&diagnostics), node_(&tree.root()) {}

YamlValue::YamlValue(const YamlValue& relative, const YamlNode& node, std::string name)
    : tree_(relative.tree_), diagnostics_(relative.diagnostics_), node_(&node), name_(std::move(name)) {}

std::optional<std::string> YamlValue::Text() const {
  if (is_scalar()) return node_->text;
  WrongType("text");
  return std::nullopt;
}

std::optional<std::string> YamlValue::NonEmptyText() const {
  auto text = Text();
  if (!text || !text->empty()) return text;
  Error("must not be empty");
  return std::nullopt;
}

std::optional<int64_t> YamlValue::Int(int64_t min, int64_t max) const {
  const auto number = is_scalar() && !node_->quoted && !HasLeadingZero(node_->text) ? ParseWhole<int64_t>(node_->text) : std::nullopt;
  if (!number) {
    WrongType(is_scalar() && HasLeadingZero(node_->text) ? "a whole number without leading zeros" : "a whole number");
    return std::nullopt;
  }
  if (*number >= min && *number <= max) return number;
  Error(node_->text + " is out of range; it has to be from " + NumberText(min) + " to " + NumberText(max));
  return std::nullopt;
}

std::optional<double> YamlValue::Number(double min, double max) const {
  const auto number = is_scalar() && !node_->quoted && !HasLeadingZero(node_->text) ? ParseWhole<double>(node_->text) : std::nullopt;
  if (!number || !std::isfinite(*number)) {
    WrongType("a finite number");
    return std::nullopt;
  }
  if (*number >= min && *number <= max) return number;
  Error(node_->text + " is out of range; it has to be from " + NumberText(min) + " to " + NumberText(max));
  return std::nullopt;
}

std::optional<bool> YamlValue::Bool() const {
  if (is_scalar() && !node_->quoted && (node_->text == "true" || node_->text == "false")) return node_->text == "true";
  if (is_scalar() && LooksLikeAnotherBool(node_->text)) {
    Error("expected true or false, found " + Describe(*node_) + "; write true or false, in lower case and without quotes");
  } else {
    WrongType("true or false");
  }
  return std::nullopt;
}

std::vector<YamlValue> YamlValue::List() const {
  std::vector<YamlValue> items;
  if (!is_list()) {
    WrongType("a list");
    return items;
  }
  items.reserve(node_->items.size());
  for (size_t i = 0; i < node_->items.size(); ++i) items.emplace_back(*this, *node_->items[i], name_ + "[" + std::to_string(i) + "]");
  return items;
}

std::vector<YamlValue> YamlValue::OneOrMore() const {
  if (is_list()) return List();
  if (is_scalar()) return {*this};
  WrongType("text or a list of texts");
  return {};
}

void YamlValue::Error(const std::string& message) const { diagnostics_->Error(place(), name_.empty() ? message : name_ + ": " + message); }

void YamlValue::ErrorAt(size_t offset, const std::string& message) const {
  Place at = place();
  at.column = node_->ColumnAt(offset);
  diagnostics_->Error(std::move(at), name_.empty() ? message : name_ + ": " + message);
}

void YamlValue::Warning(const std::string& message) const {
  diagnostics_->Warning(place(), name_.empty() ? message : name_ + ": " + message);
}

void YamlValue::WrongType(std::string_view expected) const { Error("expected " + std::string(expected) + ", found " + Describe(*node_)); }

YamlMap::YamlMap(const YamlValue& value) : value_(value) {
  if (!ok()) value_.Error("expected a map (key: value), found " + Describe(value_.node()));
}

std::optional<YamlValue> YamlMap::Find(std::string_view key) {
  known_.push_back(key);
  if (!ok()) return std::nullopt;
  const YamlNode& node = value_.node();
  for (size_t i = 0; i < node.keys.size(); ++i) {
    if (node.keys[i]->text == key) return YamlValue(value_, *node.items[i], NameOf(key));
  }
  return std::nullopt;
}

std::optional<YamlValue> YamlMap::Require(std::string_view key) {
  auto found = Find(key);
  if (!found && ok()) value_.Error("required key \"" + std::string(key) + "\" is missing");
  return found;
}

std::string YamlMap::Text(std::string_view key, std::string fallback) {
  const auto found = Find(key);
  return found ? found->Text().value_or(std::move(fallback)) : fallback;
}

int64_t YamlMap::Int(std::string_view key, int64_t fallback, int64_t min, int64_t max) {
  const auto found = Find(key);
  return found ? found->Int(min, max).value_or(fallback) : fallback;
}

double YamlMap::Number(std::string_view key, double fallback, double min, double max) {
  const auto found = Find(key);
  return found ? found->Number(min, max).value_or(fallback) : fallback;
}

bool YamlMap::Bool(std::string_view key, bool fallback) {
  const auto found = Find(key);
  return found ? found->Bool().value_or(fallback) : fallback;
}

std::vector<YamlValue> YamlMap::List(std::string_view key) {
  const auto found = Find(key);
  return found ? found->List() : std::vector<YamlValue>();
}

std::vector<std::string> YamlMap::Texts(std::string_view key) {
  std::vector<std::string> texts;
  const auto found = Find(key);
  if (!found) return texts;
  for (const YamlValue& item : found->OneOrMore()) {
    if (auto text = item.Text()) texts.push_back(std::move(*text));
  }
  return texts;
}

std::vector<std::pair<YamlValue, YamlValue>> YamlMap::Entries() const {
  std::vector<std::pair<YamlValue, YamlValue>> entries;
  const YamlNode& node = value_.node();
  for (size_t i = 0; i < size(); ++i) {
    const std::string name = NameOf(node.keys[i]->text);
    entries.emplace_back(YamlValue(value_, *node.keys[i], name), YamlValue(value_, *node.items[i], name));
  }
  return entries;
}

void YamlMap::Done() {
  for (size_t i = 0; i < size(); ++i) {
    const YamlNode& key = *value_.node().keys[i];
    if (std::find(known_.begin(), known_.end(), key.text) != known_.end()) continue;
    const std::string near = DidYouMean(key.text, known_);
    YamlValue(value_, key, value_.name())
        .Error("unknown key " + Quote(key.text) + (near.empty() ? "; known here: " + JoinNames(known_) : near));
  }
}

std::string YamlMap::NameOf(std::string_view key) const {
  return value_.name().empty() ? std::string(key) : value_.name() + "." + std::string(key);
}

}  // namespace logmill
