#include "collectors/page_lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace logmill {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<bool, 256> kNameChars = [] {
  std::array<bool, 256> chars{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789"))
    chars[static_cast<uint8_t>(c)] = true;
  return chars;
}();
bool IsNameChar(char c) { return kNameChars[static_cast<uint8_t>(c)]; }

// What is left of a line, read from the front.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_[0]; }

  std::string_view Take(size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool TakeIf(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // True when there was any.
  bool SkipBlanks() {
    const size_t before = rest_.size();
    while (!rest_.empty() && IsBlank(rest_[0])) rest_.remove_prefix(1);
    return rest_.size() < before;
  }
  // "" when there is none.
  std::string_view Name(bool colons) {
    if (rest_.empty() || IsDigit(rest_[0])) return {};
    size_t end = 0;
    while (end < rest_.size() && (IsNameChar(rest_[end]) || (colons && rest_[end] == ':'))) ++end;
    return Take(end);
  }
  std::string_view Word() {
    size_t end = 0;
    while (end < rest_.size() && !IsBlank(rest_[end])) ++end;
    return Take(end);
  }
  // Up to the closing quote, which is taken, too; nothing when there is none.
  std::optional<std::string_view> Quoted() {
    for (size_t at = 0; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        ++at;
      } else if (rest_[at] == '"') {
        const std::string_view text = Take(at);
        Take(1);
        return text;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

const char* LexLabel(Cursor& cursor, SampleLine::Label& label) {
  label.name = cursor.Name(false);
  if (label.name.empty()) return "a label without a valid name";
  cursor.SkipBlanks();
  if (!cursor.TakeIf('=')) return "no = after a label's name";
  cursor.SkipBlanks();
  if (!cursor.TakeIf('"')) return "a label's value is not in quotes";
  const auto value = cursor.Quoted();
  if (!value) return "no closing quote";
  label.value = *value;
  cursor.SkipBlanks();
  return nullptr;
}

const char* LexLabels(Cursor& cursor, std::vector<SampleLine::Label>& labels) {
  cursor.SkipBlanks();
  while (!cursor.TakeIf('}')) {
    SampleLine::Label label;
    if (const char* wrong = LexLabel(cursor, label)) return wrong;
    labels.push_back(label);
    if (!cursor.TakeIf(',') && cursor.peek() != '}') return "no comma between two labels";
    cursor.SkipBlanks();
  }
  return nullptr;
}

const char* LexTail(Cursor& cursor, bool openmetrics) {
  cursor.SkipBlanks();
  if (cursor.done() || (openmetrics && cursor.peek() == '#')) return nullptr;
  const std::string_view timestamp = cursor.Word();
  cursor.SkipBlanks();
  if (!ReadValue(timestamp)) return "what follows the value is no timestamp";
  return cursor.done() || (openmetrics && cursor.peek() == '#') ? nullptr : "something follows the timestamp";
}

bool SameLetters(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

CommentLine LexComment(std::string_view line) {
  Cursor cursor(line.substr(1));
  cursor.SkipBlanks();
  const std::string_view word = cursor.Word();
  const auto kind = word == "HELP" ? CommentLine::Kind::kHelp : word == "TYPE" ? CommentLine::Kind::kType : CommentLine::Kind::kOther;
  cursor.SkipBlanks();
  const std::string_view name = cursor.Word();
  return {kind, name, Trimmed(cursor.rest())};
}

const char* LexSample(std::string_view line, bool openmetrics, SampleLine* sample) {
  sample->labels.clear();
  sample->value = {};
  Cursor cursor(line);
  cursor.SkipBlanks();
  sample->name = cursor.Name(true);
  if (sample->name.empty()) return "it begins with no valid metric name";
  bool apart = cursor.SkipBlanks();
  if (cursor.TakeIf('{')) {
    if (const char* wrong = LexLabels(cursor, sample->labels)) return wrong;
    cursor.SkipBlanks();
    apart = true;
  }
  if (cursor.done()) return "no value";
  if (!apart) return "it begins with no valid metric name";
  sample->value = cursor.Word();
  return LexTail(cursor, openmetrics);
}

void Unescape(std::string_view text, bool quotes, std::string* out) {
  out->clear();
  for (size_t at = 0; at < text.size();) {
    const size_t next = std::min(text.find('\\', at), text.size());
    out->append(text.substr(at, next - at));
    at = next;
    if (at == text.size()) return;
    const char escaped = at + 1 < text.size() ? text[at + 1] : '\0';
    const bool known = escaped == '\\' || escaped == 'n' || (quotes && escaped == '"');
    out->push_back(escaped == 'n' ? '\n' : known ? escaped : '\\');
    at += known ? 2 : 1;
  }
}

std::optional<double> ReadValue(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (SameLetters(text, "nan")) return std::nan("");
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (SameLetters(text, "inf") || SameLetters(text, "infinity")) return negative ? -kInfinity : kInfinity;
  if (text.empty() || !(IsDigit(text[0]) || text[0] == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? -value : value;
}

std::optional<uint64_t> ReadCount(std::string_view text) {
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size()) return count;
  const auto value = ReadValue(text);
  if (!value || !(*value >= 0 && *value < 0x1p63) || *value != std::floor(*value)) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

}  // namespace logmill
