#include "tests/ingest/plain_way.h"

#include <cctype>
#include <charconv>

namespace logmill::testing {
namespace {

constexpr size_t kMaxDepth = 1024;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Node> Run() {
    Node node;
    if (!ParseValue(&node)) return std::nullopt;
    Space();
    if (at_ != text_.size()) return std::nullopt;
    return node;
  }

 private:
  [[nodiscard]] char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool AtEnd() const { return at_ == text_.size(); }
  void Space() {
    while (!AtEnd() && (Peek() == ' ' || Peek() == '\t' || Peek() == '\r' || Peek() == '\n')) ++at_;
  }
  bool Take(char c) {
    Space();
    if (AtEnd() || Peek() != c) return false;
    ++at_;
    return true;
  }

  bool ParseValue(Node* node) {
    Space();
    const size_t begin = at_;
    const bool ok = ParseOne(node);
    if (ok && node->type != Value::Type::kString) node->text = std::string(text_.substr(begin, at_ - begin));
    return ok;
  }

  bool ParseOne(Node* node) {
    switch (Peek()) {
      case '{':
        return ParseObject(node);
      case '[':
        return ParseArray(node);
      case '"':
        node->type = Value::Type::kString;
        return ParseString(&node->text);
      case 't':
        node->type = Value::Type::kBool;
        return Word("true");
      case 'f':
        node->type = Value::Type::kBool;
        return Word("false");
      case 'n':
        node->type = Value::Type::kNull;
        return Word("null");
      default:
        node->type = Value::Type::kNumber;
        return ParseNumber();
    }
  }

  bool Word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool ParseObject(Node* node) {
    node->type = Value::Type::kObject;
    ++at_;
    if (Take('}')) return true;
    do {
      Space();
      if (Peek() != '"' || !ParseString(&node->names.emplace_back()) || !Take(':')) return false;
      if (!ParseValue(&node->items.emplace_back())) return false;
    } while (Take(','));
    return Take('}');
  }

  bool ParseArray(Node* node) {
    node->type = Value::Type::kArray;
    ++at_;
    if (Take(']')) return true;
    do {
      if (!ParseValue(&node->items.emplace_back())) return false;
    } while (Take(','));
    return Take(']');
  }

  bool Digits() {
    const size_t begin = at_;
    while (std::isdigit(static_cast<unsigned char>(Peek())) != 0) ++at_;
    return at_ > begin;
  }

  bool ParseNumber() {
    if (Peek() == '-') ++at_;
    if (Peek() == '0') {
      ++at_;
    } else if (!Digits()) {
      return false;
    }
    if (Peek() == '.' && (++at_, !Digits())) return false;
    if (Peek() != 'e' && Peek() != 'E') return true;
    ++at_;
    if (Peek() == '+' || Peek() == '-') ++at_;
    return Digits();
  }

  bool ParseString(std::string* out) {
    for (++at_; !AtEnd(); ++at_) {
      const char c = Peek();
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') {
        if (!ParseEscape(out)) return false;
      } else {
        out->push_back(c);
      }
    }
    return false;
  }

  // Ends on the last byte of the escape.
  bool ParseEscape(std::string* out) {
    ++at_;
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kMeaning = "\"\\/\b\f\n\r\t";
    const size_t index = AtEnd() ? std::string_view::npos : kNames.find(Peek());
    if (index != std::string_view::npos) return out->push_back(kMeaning[index]), true;
    uint32_t code = 0;
    if (Peek() != 'u' || !Hex(at_ + 1, &code)) return false;
    at_ += 4;
    uint32_t low = 0;
    const bool high = code >= 0xD800 && code <= 0xDBFF;
    if (high && text_.substr(at_ + 1, 2) == "\\u" && Hex(at_ + 3, &low) && low >= 0xDC00 && low <= 0xDFFF) {
      code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00);
      at_ += 6;
    }
    Append(code >= 0xD800 && code <= 0xDFFF ? 0xFFFD : code, out);
    return true;
  }

  bool Hex(size_t at, uint32_t* code) const {
    const std::string_view digits = text_.substr(std::min(at, text_.size()), 4);
    if (digits.size() != 4) return false;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + 4, *code, 16);
    return error == std::errc() && end == digits.data() + 4;
  }

  static void Append(uint32_t code, std::string* out) {
    if (code < 0x80) {
      out->push_back(static_cast<char>(code));
      return;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static constexpr uint32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
    out->push_back(static_cast<char>(kLead[more] | (code >> (6 * more))));
    for (int i = more - 1; i >= 0; --i) out->push_back(static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3F)));
  }

  std::string_view text_;
  size_t at_ = 0;
};

// Brackets open at once outside of strings, at most. An empty pair does not count.
size_t Depth(std::string_view text) {
  size_t depth = 0;
  size_t deepest = 0;
  bool string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (string) {
      if (c == '\\') ++i;
      if (c == '"') string = false;
    } else if (c == '"') {
      string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

const Node* Member(const Node& object, std::string_view name) {
  const Node* found = nullptr;
  for (size_t i = 0; i < object.names.size(); ++i) {
    if (object.names[i] == name) found = &object.items[i];
  }
  return found;
}

std::string Compare(const char* what, std::string_view ours, std::string_view theirs) {
  if (ours == theirs) return {};
  return std::string(what) + ": \"" + std::string(ours) + "\", expected \"" + std::string(theirs) + "\"";
}

std::string LabelText(const Node& node) { return node.type == Value::Type::kNull ? std::string() : node.text; }

std::string CompareValue(const std::string& what, const Value& ours, const Node& theirs) {
  if (ours.type != theirs.type) return what + ": another type";
  return Compare(what.c_str(), ours.text, theirs.text);
}

// Judges plain integers only; what else counts as one is tested by example.
std::string ComparePid(std::optional<int64_t> ours, const Node& theirs) {
  const std::string& text = theirs.text;
  const bool scalar = theirs.type == Value::Type::kNumber || theirs.type == Value::Type::kString;
  const bool digits = !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!scalar) return ours ? "pid: expected none" : "";
  if (!digits) return {};
  return ours == std::stoll(text) ? "" : "pid: expected " + text;
}

}  // namespace

std::optional<Node> ParsePlainly(std::string_view text) { return Parser(text).Run(); }

Node PlainField(const Node& parent, const std::string& path) {
  const size_t dot = path.find('.');
  const std::string first = path.substr(0, dot);
  const Node* child = Member(parent, first);
  for (size_t i = 0; parent.type == Value::Type::kArray && i < parent.items.size(); ++i) {
    if (std::to_string(i) == first) child = &parent.items[i];
  }
  if (child != nullptr && dot == std::string::npos) return *child;
  Node nested = child != nullptr ? PlainField(*child, path.substr(dot + 1)) : Node();
  if (nested.type != Value::Type::kAbsent) return nested;
  const Node* const flat = Member(parent, path);
  return flat != nullptr ? *flat : Node();
}

bool PlainUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t k) { return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U; };
    const auto follows = [&](size_t k) { return (byte(k) & 0xC0) == 0x80; };
    const unsigned lead = byte(0);
    size_t size = 0;
    if (lead < 0x80) size = 1;
    if (lead >= 0xC2 && lead <= 0xDF && follows(1)) size = 2;
    const bool three = lead >= 0xE0 && lead <= 0xEF && follows(1) && follows(2);
    if (three && !(lead == 0xE0 && byte(1) < 0xA0) && !(lead == 0xED && byte(1) > 0x9F)) size = 3;
    const bool four = lead >= 0xF0 && lead <= 0xF4 && follows(1) && follows(2) && follows(3);
    if (four && !(lead == 0xF0 && byte(1) < 0x90) && !(lead == 0xF4 && byte(1) > 0x8F)) size = 4;
    if (size == 0) return false;
    i += size;
  }
  return true;
}

std::string WithoutColorsPlainly(std::string_view line) {
  if (line.find('\x1b') == std::string_view::npos) return std::string(line);
  std::string out;
  for (size_t at = 0; at < line.size(); ++at) {
    size_t end = at + 1;
    if (line.substr(at).starts_with("\x1b[")) {
      for (end = at + 2; end < line.size() && ((line[end] >= '0' && line[end] <= '9') || line[end] == ';');) ++end;
      if (end < line.size() && line[end] == 'm') {
        at = end;
        continue;
      }
    }
    if (line[at] == '\r' && (at + 1 == line.size() || line[at + 1] == '\n')) continue;
    out += line[at];
  }
  return out;
}

std::string Disagreement(Decoder& decoder, const Decoder::Options& options, std::string_view line) {
  Record record;
  const Reject reject = decoder.Decode(line, false, &record);
  std::string_view text = line;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const size_t first = text.find_first_not_of(" \t\r\n");
  const size_t second = first == std::string_view::npos ? first : text.find_first_not_of(" \t\r\n", first + 1);
  const bool json_like = second != std::string_view::npos && text[first] == '{' && (text[second] == '"' || text[second] == '}');
  if (!json_like) {
    if (reject == Reject::kNone && record.console && (text.starts_with('[') || text.starts_with('\x1b'))) return {};
    if (reject != Reject::kNone || record.format != RecordFormat::kText) return "text was not taken as text";
    return Compare("text", record.message.text, WithoutColorsPlainly(line));
  }
  const size_t depth = Depth(text);
  if (depth + 1 >= kMaxDepth) return {};  // just where the limit is depends on empty brackets
  const std::optional<Node> root = PlainUtf8(text) ? ParsePlainly(text) : std::nullopt;
  if (!root) return reject == Reject::kNone ? "accepted, but not valid" : std::string();
  if (reject != Reject::kNone) return "rejected (" + std::string(RejectName(reject)) + "), but valid";
  if (record.format != RecordFormat::kJson) return "JSON was taken as text";
  std::string result = CompareValue("message", record.message, PlainField(*root, options.keys.message));
  if (result.empty()) result = Compare("level", record.level, LabelText(PlainField(*root, options.keys.level)));
  if (result.empty()) result = Compare("context", record.context, LabelText(PlainField(*root, options.keys.context)));
  if (result.empty()) result = ComparePid(record.pid, PlainField(*root, options.keys.pid));
  for (size_t i = 0; result.empty() && i < options.fields.size(); ++i) {
    result = CompareValue(options.fields[i], record.fields[i], PlainField(*root, options.fields[i]));
  }
  return result;
}

std::vector<PlainLine> SplitPlainly(std::string_view stream, size_t max_line_bytes) {
  std::vector<PlainLine> lines;
  for (size_t at = 0; at < stream.size();) {
    const size_t newline = stream.find('\n', at);
    const bool terminated = newline != std::string_view::npos;
    const size_t end = terminated ? newline + 1 : stream.size();
    std::string_view text = stream.substr(at, (terminated ? newline : end) - at);
    if (terminated && text.ends_with('\r')) text.remove_suffix(1);
    lines.push_back({std::string(text.substr(0, max_line_bytes)), at, end - at, text.size() > max_line_bytes, terminated});
    at = end;
  }
  return lines;
}

}  // namespace logmill::testing
