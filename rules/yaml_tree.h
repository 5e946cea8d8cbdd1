// A YAML file as a plain tree in which everything knows its place. Read it with yaml_reader.h.
//
// YAML 1.2 with one document; aliases (`&a`, `*a`) are supported, merge keys (`<<`) and tags (`!!str`) are refused. The text has to be
// UTF-8 without control characters. Hostile text ends in an error: nothing is deeper than kMaxDepth or, aliases written out, larger than
// kMaxAliasedNodes more than what stands in the file.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace logmill {

// One value. Lives as long as its tree; an alias is the same node in two places of the tree.
struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  bool quoted = false;                 // kScalar: in quotes or a block (`|`, `>`), so it is text whatever it looks like
  int line = 0;                        // 1-based, where it begins
  int column = 0;                      // 1-based, in bytes
  std::string text;                    // kScalar: the unescaped text
  std::vector<const YamlNode*> keys;   // kMap: scalars, unique, in the order of the file
  std::vector<const YamlNode*> items;  // kList: the items; kMap: the values, as long as `keys`

  // The column of `text[offset]` when the text stands in the file as it is, on one line; `column` otherwise.
  [[nodiscard]] int ColumnAt(size_t offset) const;

  int text_column = 0;  // where `text` begins on `line`; 0 when it does not stand there as it is
  uint32_t size = 1;    // nodes of this subtree, aliases written out
  uint32_t height = 1;  // levels of this subtree
};

class YamlTree {
 public:
  static constexpr size_t kMaxBytes = 16u << 20;
  static constexpr size_t kMaxNodes = 2'000'000;
  static constexpr size_t kMaxAliasedNodes = 100'000;
  static constexpr size_t kMaxDepth = 100;

  // kNull for an empty file.
  [[nodiscard]] const YamlNode& root() const { return *root_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] Place PlaceOf(const YamlNode& node) const { return {file_, node.line, node.column}; }

 private:
  friend class YamlTreeBuilder;
  std::string file_;
  std::deque<YamlNode> nodes_;  // addresses are stable, also when the tree is moved
  const YamlNode* root_ = nullptr;
};

// Parses `text`; `file` is the name that messages show. Nothing when the text is no YAML; a tree that leaves out what was wrong after
// lesser mistakes (duplicate keys, ...). Every mistake is in `diagnostics`. Throws nothing.
std::optional<YamlTree> ParseYaml(std::string_view text, std::string file, Diagnostics& diagnostics);

// Reads a whole regular file of at most YamlTree::kMaxBytes; nothing, and an error in `diagnostics`, when that cannot be done.
std::optional<std::string> ReadTextFile(const std::string& path, Diagnostics& diagnostics);

}  // namespace logmill
