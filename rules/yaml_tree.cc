#include "rules/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "base/utf8.h"

namespace logmill {
namespace {

// Thrown by the builder to end yaml-cpp's parse, after the error was recorded.
struct Stop {};

bool IsPlainTag(const std::string& tag) { return tag.empty() || tag == "?" || tag == "!"; }

Place PlaceAtOffset(std::string_view text, size_t offset, const std::string& file) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {file, static_cast<int>(line), static_cast<int>(offset - line_start + 1)};
}

// What yaml-cpp says, and what the user probably did.
std::string Explain(const std::string& message) {
  using namespace YAML::ErrorMsg;
  auto is = [&](const char* known) { return message.starts_with(known); };
  if (is(INVALID_ESCAPE)) return message + " (in double quotes a backslash begins an escape; write regexes in single quotes)";
  if (is(END_OF_MAP_FLOW) || is(END_OF_SEQ_FLOW)) return message + " (quote values that contain any of {}[],#)";
  if (is(END_OF_MAP) || is(END_OF_SEQ)) return message + " (is everything of this block indented alike?)";
  if (is(EOF_IN_SCALAR)) return message + " (a quote is never closed)";
  if (is(UNKNOWN_ANCHOR)) return message + " (quote text that begins with *)";
  if (is(TAB_IN_INDENTATION)) return message + " (indent with spaces)";
  if (is(MAP_VALUE)) return message + " (quote text that contains \": \")";
  return message;
}

}  // namespace

// Turns yaml-cpp's events into nodes.
class YamlTreeBuilder final : public YAML::EventHandler {
 public:
  YamlTreeBuilder(std::string_view text, std::string file, Diagnostics& diagnostics) : text_(text), diagnostics_(diagnostics) {
    tree_.file_ = std::move(file);
  }

  // False when parsing had to stop.
  bool Run();
  YamlTree Take();

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) Fail(mark, "a second document begins here; one file holds one document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or map that is not complete yet.
  struct Frame {
    YamlNode* node;
    YAML::anchor_t anchor;
    const YamlNode* key = nullptr;                                    // a map's key that waits for its value
    std::unordered_map<std::string_view, const YamlNode*> seen = {};  // a map's keys
  };

  YamlNode& NewNode(YamlNode::Kind kind, const YAML::Mark& mark);
  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void Close();
  void Remember(YAML::anchor_t anchor, const YamlNode& node);
  void Attach(const YamlNode& node);
  void AttachKey(Frame& frame, const YamlNode& key);
  void AttachValue(Frame& frame, const YamlNode& value);
  void CheckTag(const YAML::Mark& mark, const std::string& tag);
  void CheckClosingQuote(const YAML::Mark& mark);
  void FindTextColumn(YamlNode& node, const YAML::Mark& mark) const;
  [[nodiscard]] std::string_view SourceAt(const YAML::Mark& mark) const;
  [[nodiscard]] Place PlaceOf(const YAML::Mark& mark) const;
  [[noreturn]] void Fail(const YAML::Mark& mark, std::string message);

  std::string_view text_;
  Diagnostics& diagnostics_;
  YamlTree tree_;
  int documents_ = 0;
  size_t aliased_ = 0;
  std::vector<Frame> frames_;
  std::vector<const YamlNode*> anchors_;  // by anchor number; null while its node is not complete
};

bool YamlTreeBuilder::Run() {
  try {
    std::istringstream stream{std::string(text_)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(*this)) {
    }
    return true;
  } catch (const Stop&) {
  } catch (const YAML::Exception& error) {
    diagnostics_.Error(PlaceOf(error.mark), "YAML: " + Explain(error.msg));
  } catch (const std::exception& error) {
    diagnostics_.Error({tree_.file_, 0, 0}, std::string("YAML: ") + error.what());
  }
  return false;
}

YamlTree YamlTreeBuilder::Take() {
  if (tree_.root_ == nullptr) tree_.root_ = &NewNode(YamlNode::Kind::kNull, YAML::Mark());
  return std::move(tree_);
}

void YamlTreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  YamlNode& node = NewNode(YamlNode::Kind::kNull, mark);
  const bool written = SourceAt(mark).starts_with('~') || SourceAt(mark).starts_with('n') || SourceAt(mark).starts_with('N');
  if (!written && !frames_.empty() && frames_.back().key != nullptr) {
    node.line = frames_.back().key->line;  // nothing is there: yaml-cpp tells the place of what comes next
    node.column = frames_.back().key->column;
  }
  Remember(anchor, node);
  Attach(node);
}

void YamlTreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const YamlNode* node = anchor < anchors_.size() ? anchors_[anchor] : nullptr;
  if (node == nullptr) Fail(mark, "this alias stands inside of what it names, which would have no end");
  aliased_ += node->size;
  if (aliased_ > YamlTree::kMaxAliasedNodes) {
    Fail(mark, "aliases make the file too large (more than " + std::to_string(YamlTree::kMaxAliasedNodes) + " values)");
  }
  if (frames_.size() + node->height > YamlTree::kMaxDepth) Fail(mark, "nested deeper than " + std::to_string(YamlTree::kMaxDepth));
  Attach(*node);
}

void YamlTreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
  CheckTag(mark, tag);
  YamlNode& node = NewNode(YamlNode::Kind::kScalar, mark);
  node.quoted = tag == "!";
  node.text = value;
  if (node.quoted) CheckClosingQuote(mark);
  FindTextColumn(node, mark);
  Remember(anchor, node);
  Attach(node);
}

YamlNode& YamlTreeBuilder::NewNode(YamlNode::Kind kind, const YAML::Mark& mark) {
  if (tree_.nodes_.size() >= YamlTree::kMaxNodes) Fail(mark, "more than " + std::to_string(YamlTree::kMaxNodes) + " values in one file");
  YamlNode& node = tree_.nodes_.emplace_back();
  node.kind = kind;
  node.line = mark.line + 1;
  node.column = mark.column + 1;
  return node;
}

void YamlTreeBuilder::Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
  CheckTag(mark, tag);
  if (frames_.size() >= YamlTree::kMaxDepth) Fail(mark, "nested deeper than " + std::to_string(YamlTree::kMaxDepth));
  frames_.push_back({&NewNode(kind, mark), anchor});
  Remember(anchor, *frames_.back().node);
  if (anchor != 0) anchors_[anchor] = nullptr;
}

void YamlTreeBuilder::Close() {
  YamlNode& node = *frames_.back().node;
  const YAML::anchor_t anchor = frames_.back().anchor;
  frames_.pop_back();
  for (const YamlNode* item : node.items) {
    node.size += item->size;
    node.height = std::max(node.height, item->height + 1);
  }
  Remember(anchor, node);
  Attach(node);
}

void YamlTreeBuilder::Remember(YAML::anchor_t anchor, const YamlNode& node) {
  if (anchor == 0) return;
  if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
  anchors_[anchor] = &node;
}

void YamlTreeBuilder::Attach(const YamlNode& node) {
  if (frames_.empty()) {
    tree_.root_ = &node;
    return;
  }
  Frame& frame = frames_.back();
  if (frame.node->kind == YamlNode::Kind::kList) {
    frame.node->items.push_back(&node);
  } else if (frame.key == nullptr) {
    AttachKey(frame, node);
  } else {
    AttachValue(frame, node);
  }
}

void YamlTreeBuilder::AttachKey(Frame& frame, const YamlNode& key) {
  frame.key = &key;
  if (key.kind != YamlNode::Kind::kScalar) {
    diagnostics_.Error(tree_.PlaceOf(key), "a key has to be text (quote it when it is meant as text)");
  } else if (key.text == "<<" && !key.quoted) {
    diagnostics_.Error(tree_.PlaceOf(key),
                       "merge keys (<<) are not supported; write the keys out, or share whole values with &name and *name");
  }
}

void YamlTreeBuilder::AttachValue(Frame& frame, const YamlNode& value) {
  const YamlNode& key = *std::exchange(frame.key, nullptr);
  if (key.kind != YamlNode::Kind::kScalar || (key.text == "<<" && !key.quoted)) return;
  const auto [first, added] = frame.seen.try_emplace(key.text, &key);
  if (added) {
    frame.node->keys.push_back(&key);
    frame.node->items.push_back(&value);
  } else {
    diagnostics_.Error(tree_.PlaceOf(key), "key \"" + key.text + "\" is here twice, first in line " + std::to_string(first->second->line));
  }
}

void YamlTreeBuilder::CheckTag(const YAML::Mark& mark, const std::string& tag) {
  if (!IsPlainTag(tag)) diagnostics_.Error(PlaceOf(mark), "tags (" + tag + ") are not supported; put text in quotes");
}

// yaml-cpp takes the end of the file for the end of the text.
void YamlTreeBuilder::CheckClosingQuote(const YAML::Mark& mark) {
  const std::string_view source = SourceAt(mark);
  const char quote = source.empty() ? ' ' : source[0];
  if (quote != '\'' && quote != '"') return;
  for (size_t i = 1; i < source.size(); ++i) {
    const bool pair = (quote == '"' && source[i] == '\\') || (quote == '\'' && source.substr(i, 2) == "''");
    if (pair) {
      ++i;
    } else if (source[i] == quote) {
      return;
    }
  }
  Fail(mark, "this quote is never closed");
}

// Compares the text with the file: an anchor, an escape, a line break or a block in between means that offsets do not carry over.
void YamlTreeBuilder::FindTextColumn(YamlNode& node, const YAML::Mark& mark) const {
  std::string_view source = SourceAt(mark);
  const bool in_quotes = node.quoted && !source.empty() && (source[0] == '\'' || source[0] == '"');
  if (node.quoted && !in_quotes) return;
  if (in_quotes) source.remove_prefix(1);
  if (source.starts_with(node.text) && node.text.find('\n') == std::string::npos) node.text_column = node.column + (in_quotes ? 1 : 0);
}

std::string_view YamlTreeBuilder::SourceAt(const YAML::Mark& mark) const {
  return mark.pos < 0 || static_cast<size_t>(mark.pos) > text_.size() ? std::string_view() : text_.substr(static_cast<size_t>(mark.pos));
}

Place YamlTreeBuilder::PlaceOf(const YAML::Mark& mark) const {
  return mark.line < 0 ? Place{tree_.file_, 0, 0} : Place{tree_.file_, mark.line + 1, mark.column + 1};
}

void YamlTreeBuilder::Fail(const YAML::Mark& mark, std::string message) {
  diagnostics_.Error(PlaceOf(mark), std::move(message));
  throw Stop();
}

int YamlNode::ColumnAt(size_t offset) const {
  return text_column == 0 || offset > text.size() ? column : text_column + static_cast<int>(offset);
}

std::optional<YamlTree> ParseYaml(std::string_view text, std::string file, Diagnostics& diagnostics) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.size() > YamlTree::kMaxBytes) {
    diagnostics.Error({file, 0, 0}, "larger than " + std::to_string(YamlTree::kMaxBytes >> 20) + " MiB");
    return std::nullopt;
  }
  if (const size_t bad = FindInvalidUtf8(text); bad != std::string_view::npos) {
    diagnostics.Error(PlaceAtOffset(text, bad, file), "not valid UTF-8; save the file as UTF-8");
    return std::nullopt;
  }
  auto is_control = [](char c) { return (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == '\x7F'; };
  if (const auto* bad = std::find_if(text.begin(), text.end(), is_control); bad != text.end()) {
    diagnostics.Error(PlaceAtOffset(text, static_cast<size_t>(bad - text.begin()), file), "control character; YAML does not allow it");
    return std::nullopt;
  }
  YamlTreeBuilder builder(text, std::move(file), diagnostics);
  if (!builder.Run()) return std::nullopt;
  return builder.Take();
}

std::optional<std::string> ReadTextFile(const std::string& path, Diagnostics& diagnostics) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    diagnostics.Error({path, 0, 0}, "is a directory, not a file");
    return std::nullopt;
  }
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    diagnostics.Error({path, 0, 0}, std::string("cannot be read: ") + std::strerror(errno));
    return std::nullopt;
  }
  std::string text;
  std::array<char, 1 << 14> piece;
  while (text.size() <= YamlTree::kMaxBytes && (stream.read(piece.data(), piece.size()), stream.gcount() > 0)) {
    text.append(piece.data(), static_cast<size_t>(stream.gcount()));
  }
  if (text.size() <= YamlTree::kMaxBytes && !stream.bad()) return text;
  diagnostics.Error({path, 0, 0}, stream.bad() ? "cannot be read" : "larger than " + std::to_string(YamlTree::kMaxBytes >> 20) + " MiB");
  return std::nullopt;
}

}  // namespace logmill
