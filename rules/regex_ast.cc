#include "rules/regex_ast.h"

#include <algorithm>
#include <cstdint>

namespace logmill {
namespace {

constexpr int kMaxDepth = 50;
constexpr int kMaxRepeat = 1000;  // RE2's own limit

using Kind = RegexNode::Kind;

ByteSet Range(int first, int last) {
  ByteSet set;
  for (int byte = first; byte <= last; ++byte) set.set(static_cast<size_t>(byte));
  return set;
}

ByteSet Digits() { return Range('0', '9'); }
ByteSet WordBytes() { return Digits() | Range('a', 'z') | Range('A', 'Z') | Range('_', '_'); }
ByteSet SpaceBytes() { return Range('\t', '\n') | Range('\f', '\r') | Range(' ', ' '); }

RegexNode ClassNode(ByteSet set) {
  RegexNode node;
  node.kind = Kind::kClass;
  node.set = set;
  return node;
}

RegexNode LiteralNode(std::string_view text) {
  RegexNode node;
  node.kind = Kind::kLiteral;
  node.literal = text;
  return node;
}

RegexNode Assertion(Kind kind) {
  RegexNode node;
  node.kind = kind;
  return node;
}

// Recursive descent; every Parse* gives nothing as soon as something is unknown.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<RegexNode> Parse() {
    TakeFlags();
    auto node = ParseAlternation(0);
    if (!node || at_ != text_.size()) return std::nullopt;
    return node;
  }

 private:
  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return text_[at_]; }
  bool Take(char c) {
    if (done() || peek() != c) return false;
    ++at_;
    return true;
  }
  bool Take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // The flags in front of all, (?m), (?s) or both: those that leave characters what they are.
  void TakeFlags() {
    const size_t end = text_.find(')');
    if (!text_.starts_with("(?") || end == std::string_view::npos || end == 2) return;
    const std::string_view flags = text_.substr(2, end - 2);
    if (flags.find_first_not_of("ms") != std::string_view::npos) return;
    by_line_ = flags.find('m') != std::string_view::npos;
    dot_is_any_ = flags.find('s') != std::string_view::npos;
    at_ = end + 1;
  }

  std::optional<RegexNode> ParseAlternation(int depth) {
    if (depth > kMaxDepth) return std::nullopt;
    RegexNode alternate;
    alternate.kind = Kind::kAlternate;
    do {
      auto branch = ParseConcat(depth);
      if (!branch) return std::nullopt;
      alternate.children.push_back(std::move(*branch));
    } while (Take('|'));
    if (alternate.children.size() == 1) return std::move(alternate.children[0]);
    return alternate;
  }

  std::optional<RegexNode> ParseConcat(int depth) {
    RegexNode concat;
    while (!done() && peek() != '|' && peek() != ')') {
      auto atom = ParseAtom(depth);
      if (!atom || !ParseRepeats(*atom)) return std::nullopt;
      Append(concat, std::move(*atom));
    }
    return concat;
  }

  // Neighbouring literals become one.
  static void Append(RegexNode& concat, RegexNode atom) {
    if (atom.kind == Kind::kLiteral && !concat.children.empty() && concat.children.back().kind == Kind::kLiteral) {
      concat.children.back().literal += atom.literal;
    } else {
      concat.children.push_back(std::move(atom));
    }
  }

  std::optional<RegexNode> ParseAtom(int depth) {
    const char c = peek();
    if (c == '(') return ParseGroup(depth);
    if (c == '[') return ParseClass();
    if (c == '\\') return ParseEscape();
    if (c == '*' || c == '+' || c == '?') return std::nullopt;
    if (Take('^')) return Assertion(by_line_ ? Kind::kZeroWidth : Kind::kBegin);
    if (Take('$')) return Assertion(by_line_ ? Kind::kZeroWidth : Kind::kEnd);
    if (Take('.')) return ClassNode(dot_is_any_ ? ~ByteSet() : ~Range('\n', '\n'));
    return LiteralNode(TakeCharacter());
  }

  // One UTF-8 character (the regex is valid UTF-8: RE2 has compiled it).
  std::string_view TakeCharacter() {
    size_t size = 1;
    while (at_ + size < text_.size() && (static_cast<uint8_t>(text_[at_ + size]) & 0xC0) == 0x80) ++size;
    const std::string_view character = text_.substr(at_, size);
    at_ += size;
    return character;
  }

  std::optional<RegexNode> ParseGroup(int depth) {
    ++at_;
    bool capturing = true;
    if (Take("?:")) {
      capturing = false;
    } else if (Take("?P<")) {
      const size_t end = text_.find('>', at_);
      if (end == std::string_view::npos) return std::nullopt;
      at_ = end + 1;
    } else if (!done() && peek() == '?') {
      return std::nullopt;  // flags
    }
    const int number = capturing ? ++captures_ : 0;
    auto inner = ParseAlternation(depth + 1);
    if (!inner || !Take(')')) return std::nullopt;
    if (!capturing) return inner;
    RegexNode capture;
    capture.kind = Kind::kCapture;
    capture.capture = number;
    capture.children.push_back(std::move(*inner));
    return capture;
  }

  // The class or the byte behind a backslash that means the same inside and outside of brackets.
  bool ParseEscapedSet(ByteSet* set, bool* is_byte) {
    *is_byte = false;
    const char c = text_[at_++];
    switch (c) {
      case 'd':
        *set = Digits();
        return true;
      case 'D':
        *set = ~Digits();
        return true;
      case 'w':
        *set = WordBytes();
        return true;
      case 'W':
        *set = ~WordBytes();
        return true;
      case 's':
        *set = SpaceBytes();
        return true;
      case 'S':
        *set = ~SpaceBytes();
        return true;
      default:
        break;
    }
    constexpr std::string_view kNames = "tnrfva";
    constexpr std::string_view kBytes = "\t\n\r\f\v\a";
    const size_t named = kNames.find(c);
    const bool punctuation = c > ' ' && c < 0x7F && !WordBytes().test(static_cast<uint8_t>(c));
    if (named == std::string_view::npos && !punctuation) return false;
    const char byte = punctuation ? c : kBytes[named];
    *set = Range(byte, byte);
    *is_byte = true;
    return true;
  }

  std::optional<RegexNode> ParseEscape() {
    ++at_;
    if (done()) return std::nullopt;
    if (Take('A')) return Assertion(Kind::kBegin);
    if (Take('z')) return Assertion(Kind::kEnd);
    if (Take('b') || Take('B')) return Assertion(Kind::kZeroWidth);
    ByteSet set;
    bool is_byte = false;
    const char c = peek();
    if (!ParseEscapedSet(&set, &is_byte)) return std::nullopt;
    if (!is_byte) return ClassNode(set);
    return LiteralNode(std::string(1, set.test(static_cast<uint8_t>(c)) ? c : static_cast<char>(set._Find_first())));
  }

  // One end of a range, or a class escape; false when unknown.
  bool ParseClassItem(ByteSet* set, int* byte) {
    const char c = text_[at_];
    if (static_cast<uint8_t>(c) >= 0x80 || (c == '[' && at_ + 1 < text_.size() && text_[at_ + 1] == ':')) return false;
    ++at_;
    *byte = static_cast<uint8_t>(c);
    if (c != '\\') {
      set->set(static_cast<uint8_t>(c));
      return true;
    }
    if (done()) return false;
    ByteSet escaped;
    bool is_byte = false;
    if (!ParseEscapedSet(&escaped, &is_byte)) return false;
    *byte = is_byte ? static_cast<int>(escaped._Find_first()) : -1;
    *set |= escaped;
    return true;
  }

  std::optional<RegexNode> ParseClass() {
    ++at_;
    const bool negated = Take('^');
    ByteSet set;
    bool first = true;
    while (!done() && (peek() != ']' || first)) {
      first = false;
      int low = -1;
      if (!ParseClassItem(&set, &low)) return std::nullopt;
      if (at_ + 1 < text_.size() && peek() == '-' && text_[at_ + 1] != ']') {
        ++at_;
        int high = -1;
        if (low < 0 || !ParseClassItem(&set, &high) || high < low) return std::nullopt;
        set |= Range(low, high);
      }
    }
    if (!Take(']')) return std::nullopt;
    return ClassNode(negated ? ~set : set);
  }

  bool ParseNumber(int* number) {
    const size_t start = at_;
    int value = 0;
    while (!done() && peek() >= '0' && peek() <= '9' && value <= kMaxRepeat) value = value * 10 + (text_[at_++] - '0');
    *number = value;
    return at_ > start && value <= kMaxRepeat;
  }

  // {2}, {2,} or {2,5}; without touching anything when it is none of them (RE2 takes it as text then).
  bool ParseCount(int* min, int* max) {
    const size_t start = at_;
    ++at_;
    bool ok = ParseNumber(min);
    *max = *min;
    if (ok && Take(',')) {
      *max = -1;
      if (!done() && peek() != '}') ok = ParseNumber(max);
    }
    if (ok && Take('}')) return true;
    at_ = start;
    return false;
  }

  bool ParseRepeats(RegexNode& atom) {
    if (done()) return true;
    int min = 0;
    int max = -1;
    if (peek() == '{') {
      if (!ParseCount(&min, &max)) return true;
    } else if (Take('+')) {
      min = 1;
    } else if (Take('?')) {
      max = 1;
    } else if (!Take('*')) {
      return true;
    }
    RegexNode repeat;
    repeat.kind = Kind::kRepeat;
    repeat.min = min;
    repeat.max = max;
    repeat.lazy = Take('?');
    repeat.children.push_back(std::move(atom));
    atom = std::move(repeat);
    // A repeat of a repeat is legal only in forms that nobody writes.
    return done() || (peek() != '*' && peek() != '+' && peek() != '?' && peek() != '{');
  }

  std::string_view text_;
  size_t at_ = 0;
  int captures_ = 0;
  bool by_line_ = false;     // ^ and $ are those of lines
  bool dot_is_any_ = false;  // . is a newline, too
};

constexpr size_t kShortestLiteral = 2;
constexpr size_t kMostLiterals = 16;

size_t ShortestLength(const std::vector<std::string>& texts) {
  size_t length = texts.empty() ? 0 : texts[0].size();
  for (const std::string& text : texts) length = std::min(length, text.size());
  return length;
}

// True when `a` tells more about a text than `b`.
bool Better(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const size_t length_a = ShortestLength(a);
  const size_t length_b = ShortestLength(b);
  return length_a != length_b ? length_a > length_b : a.size() < b.size();
}

std::vector<std::string> Required(const RegexNode& node) {
  std::vector<std::string> best;
  switch (node.kind) {
    case Kind::kLiteral:
      return {node.literal};
    case Kind::kCapture:
      return Required(node.children[0]);
    case Kind::kRepeat:
      return node.min > 0 ? Required(node.children[0]) : best;
    case Kind::kConcat:
      for (const RegexNode& child : node.children) {
        auto texts = Required(child);
        if (!texts.empty() && (best.empty() || Better(texts, best))) best = std::move(texts);
      }
      return best;
    case Kind::kAlternate:
      for (const RegexNode& child : node.children) {
        auto texts = Required(child);
        if (texts.empty() || best.size() + texts.size() > kMostLiterals) return {};
        best.insert(best.end(), texts.begin(), texts.end());
      }
      return best;
    default:
      return best;
  }
}

// Bytes that a match of `node` can begin with, added to `*first`. True when the node may match the empty text, so that what follows it
// counts as well.
bool AddFirstBytes(const RegexNode& node, ByteSet* first) {
  switch (node.kind) {
    case Kind::kLiteral:
      first->set(static_cast<uint8_t>(node.literal[0]));
      return false;
    case Kind::kClass:
      *first |= node.set;
      return false;
    case Kind::kCapture:
      return AddFirstBytes(node.children[0], first);
    case Kind::kRepeat:
      return AddFirstBytes(node.children[0], first) || node.min == 0;
    case Kind::kConcat:
      return std::all_of(node.children.begin(), node.children.end(), [&](const RegexNode& child) { return AddFirstBytes(child, first); });
    case Kind::kAlternate: {
      bool empty = false;
      for (const RegexNode& child : node.children) empty |= AddFirstBytes(child, first);
      return empty;
    }
    default:
      return true;
  }
}

}  // namespace

std::optional<RegexStart> AnchoredStart(const RegexNode& root) {
  if (root.kind != Kind::kConcat || root.children.empty() || root.children[0].kind != Kind::kBegin) return std::nullopt;
  RegexStart start;
  if (AddFirstBytes(root, &start.first)) return std::nullopt;
  if (root.children[1].kind == Kind::kLiteral) start.prefix = root.children[1].literal;
  return start;
}

std::optional<RegexNode> ParseRegex(std::string_view regex) { return Parser(regex).Parse(); }

std::vector<std::string> RequiredLiterals(const RegexNode& root) {
  auto texts = Required(root);
  if (ShortestLength(texts) < kShortestLiteral) return {};
  return texts;
}

}  // namespace logmill
