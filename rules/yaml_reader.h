// Reads a YamlTree strictly: every wrong type, missing key, unknown key and value out of range becomes an error with its place.
//
//   YamlMap config(YamlValue(tree, diagnostics));
//   std::string state = config.Text("state", "/var/lib/logmill");
//   int64_t poll = config.Int("poll_interval_ms", 250, 1, 60'000);
//   if (auto listen = config.Find("listen")) {
//     YamlMap addresses(*listen);
//     api = addresses.Text("api", api);
//     addresses.Done();
//   }
//   for (const YamlValue& source : config.List("sources")) ...
//   config.Done();                        // reports keys that nobody asked for, with the nearest of those that were
//
// Values and maps point into the tree and the diagnostics, which have to outlive them. Nothing throws.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "rules/yaml_tree.h"

namespace logmill {

// One value, with the name that messages call it by: `listen.api`, `sources[2].file`; "" for the root.
class YamlValue {
 public:
  YamlValue(const YamlTree& tree, Diagnostics& diagnostics);  // the root
  YamlValue(const YamlValue& relative, const YamlNode& node, std::string name);

  [[nodiscard]] const YamlNode& node() const { return *node_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Place place() const { return tree_->PlaceOf(*node_); }
  [[nodiscard]] Diagnostics& diagnostics() const { return *diagnostics_; }
  [[nodiscard]] bool is_null() const { return node_->kind == YamlNode::Kind::kNull; }
  [[nodiscard]] bool is_scalar() const { return node_->kind == YamlNode::Kind::kScalar; }
  [[nodiscard]] bool is_list() const { return node_->kind == YamlNode::Kind::kList; }
  [[nodiscard]] bool is_map() const { return node_->kind == YamlNode::Kind::kMap; }

  // The value as this type; otherwise an error, and nothing.
  [[nodiscard]] std::optional<std::string> Text() const;  // any scalar, as written
  [[nodiscard]] std::optional<std::string> NonEmptyText() const;
  [[nodiscard]] std::optional<int64_t> Int(int64_t min, int64_t max) const;  // decimal, not in quotes
  [[nodiscard]] std::optional<double> Number(double min, double max) const;  // finite, not in quotes
  [[nodiscard]] std::optional<bool> Bool() const;                            // true or false (YAML 1.2), not in quotes
  // The items, named `name[0]`, ...; an error when it is no list.
  [[nodiscard]] std::vector<YamlValue> List() const;
  // The items of a list, or the value itself when it is a scalar.
  [[nodiscard]] std::vector<YamlValue> OneOrMore() const;

  // Adds a finding here, prefixed with the name; `offset`: at this byte of the scalar's text.
  void Error(const std::string& message) const;
  void ErrorAt(size_t offset, const std::string& message) const;
  void Warning(const std::string& message) const;

 private:
  void WrongType(std::string_view expected) const;

  const YamlTree* tree_;
  Diagnostics* diagnostics_;
  const YamlNode* node_;
  std::string name_;
};

// One map. When the value is none, that is reported once and every key is absent.
class YamlMap {
 public:
  explicit YamlMap(const YamlValue& value);

  [[nodiscard]] const YamlValue& value() const { return value_; }
  [[nodiscard]] bool ok() const { return value_.is_map(); }
  [[nodiscard]] size_t size() const { return ok() ? value_.node().keys.size() : 0; }

  // The value of `key`, which becomes known to Done(). `key` has to outlive the map: a literal.
  std::optional<YamlValue> Find(std::string_view key);
  // The same; its absence is an error.
  std::optional<YamlValue> Require(std::string_view key);

  // The value of `key`, or `fallback` when it is absent or, with an error, wrong.
  std::string Text(std::string_view key, std::string fallback);
  int64_t Int(std::string_view key, int64_t fallback, int64_t min = std::numeric_limits<int64_t>::min(),
              int64_t max = std::numeric_limits<int64_t>::max());
  double Number(std::string_view key, double fallback, double min = std::numeric_limits<double>::lowest(),
                double max = std::numeric_limits<double>::max());
  bool Bool(std::string_view key, bool fallback);
  std::vector<YamlValue> List(std::string_view key);
  std::vector<std::string> Texts(std::string_view key);  // a list of texts, or one text

  // A map whose keys are the user's own: key and value of each entry, in the order of the file.
  [[nodiscard]] std::vector<std::pair<YamlValue, YamlValue>> Entries() const;

  // Reports the keys that were never asked for. Call it last.
  void Done();

 private:
  [[nodiscard]] std::string NameOf(std::string_view key) const;

  YamlValue value_;
  std::vector<std::string_view> known_;
};

}  // namespace logmill
