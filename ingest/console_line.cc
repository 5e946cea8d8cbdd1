#include "ingest/console_line.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/color_code.h"
#include "logging/schema.h"

namespace logmill {
namespace {

constexpr std::string_view kForegroundOff = "\x1b[39m";
constexpr std::string_view kContextOn = "\x1b[33m[";
constexpr std::string_view kContextOff = "]\x1b[39m";
constexpr size_t kMaxAppBytes = 64;
constexpr size_t kMaxPidDigits = 10;
constexpr size_t kMaxTimestampBytes = 128;
constexpr size_t kMaxIdBytes = 64;
constexpr int kMaxPadding = 16;  // spaces and colours in front of a level
constexpr std::array<std::string_view, 3> kWorkers = {"Api", "Microservices", "Maintenance"};
constexpr std::array<std::string_view, 6> kCapitals = {"VERBOSE", "DEBUG", "LOG", "WARN", "ERROR", "FATAL"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }
bool IsIdCharacter(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-'; }

bool Skip(std::string_view prefix, std::string_view* text) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

bool SkipColors(std::string_view* text) {
  bool skipped = false;
  for (size_t bytes = ColorCodeAt(*text, 0); bytes != 0; bytes = ColorCodeAt(*text, 0)) {
    text->remove_prefix(bytes);
    skipped = true;
  }
  return skipped;
}

bool SkipApp(std::string_view* text) {
  if (!Skip("[", text)) return false;
  const size_t end = text->find_first_of("[]");
  if (end == std::string_view::npos || end == 0 || end > kMaxAppBytes || (*text)[end] != ']') return false;
  if (std::ranges::any_of(text->substr(0, end), IsControl)) return false;
  text->remove_prefix(end + 1);
  return Skip(" ", text);
}

bool ReadPid(std::string_view* text, int64_t* pid) {
  const size_t digits = std::min(text->find_first_not_of("0123456789"), text->size());
  if (digits == 0 || digits > kMaxPidDigits) return false;
  std::from_chars(text->data(), text->data() + digits, *pid);
  text->remove_prefix(digits);
  return Skip("  - ", text);
}

// The level that stands behind spaces and colours, and then a space, a colour or the end. `*text` is what follows on success.
bool ReadLevel(std::string_view* text, std::string_view* level) {
  std::string_view rest = *text;
  for (int i = 0; i < kMaxPadding && (Skip(" ", &rest) || SkipColors(&rest)); ++i) {
  }
  for (size_t i = 0; i < kCapitals.size(); ++i) {
    if (!rest.starts_with(kCapitals[i])) continue;
    rest.remove_prefix(kCapitals[i].size());
    SkipColors(&rest);
    if (!rest.empty() && !Skip(" ", &rest)) return false;
    *level = kLogLevelNames[i];
    *text = rest;
    return true;
  }
  return false;
}

bool ReadTimestampAndLevel(std::string_view* text, ConsoleHead* head) {
  SkipColors(text);
  if (text->starts_with(' ')) return false;
  const size_t last = std::min(text->size(), kMaxTimestampBytes + 1);
  for (size_t i = 1; i < last; ++i) {
    const char c = (*text)[i];
    if (c == '[' || c == ']' || IsControl(c)) return false;
    if (c != ' ') continue;
    std::string_view rest = text->substr(i);
    if (!ReadLevel(&rest, &head->level)) continue;
    head->timestamp = text->substr(0, i);
    *text = rest;
    return true;
  }
  return false;
}

// Bytes of the JSON object that `text` begins with, brackets counted outside of strings; 0 when it does not end.
size_t ObjectBytes(std::string_view text) {
  if (!text.starts_with('{')) return 0;
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return i + 1;
  }
  return 0;
}

// Takes the worker off; what follows begins with `:` (taken off, too), `~`, `]` or nothing.
std::string_view TakeWorker(std::string_view* text) {
  for (const std::string_view worker : kWorkers) {
    if (!text->starts_with(worker)) continue;
    const std::string_view rest = text->substr(worker.size());
    if (!rest.empty() && rest.front() != ':' && rest.front() != '~' && rest.front() != ']') continue;
    *text = rest;
    Skip(":", text);
    return worker;
  }
  return {};
}

void SplitBracket(std::string_view content, ConsoleHead* head) {
  head->worker = TakeWorker(&content);
  size_t end = ObjectBytes(content);
  if (end == 0 || (end != content.size() && content[end] != '~')) end = std::min(content.find('~'), content.size());
  head->context = content.substr(0, end);
  const std::string_view id = end < content.size() ? content.substr(end + 1) : std::string_view();
  if (id.size() <= kMaxIdBytes && std::ranges::all_of(id, IsIdCharacter)) head->correlation_id = id;
}

// Where the `]` of a bracket without colours stands, `text` being behind its `[`; npos when nowhere: the first that a space, a line end or
// nothing follows, but behind a context that is an object.
size_t PlainBracketEnd(std::string_view text) {
  std::string_view content = text;
  TakeWorker(&content);
  const size_t skipped = text.size() - content.size();
  const size_t object = ObjectBytes(content);
  const bool whole = object != 0 && object < content.size() && (content[object] == ']' || content[object] == '~');
  for (size_t at = text.find(']', skipped + (whole ? object : 0)); at != std::string_view::npos; at = text.find(']', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] == ' ' || text[at + 1] == '\n') return at;
  }
  return std::string_view::npos;
}

// Likewise for a bracket whose colour ends behind the `]`.
size_t ColoredBracketEnd(std::string_view text) {
  for (size_t at = text.find(kContextOff); at != std::string_view::npos; at = text.find(kContextOff, at + 1)) {
    const size_t next = at + kContextOff.size();
    if (next < text.size() && text[next] == ' ') return at;
  }
  return std::string_view::npos;
}

// A coloured span that ends with the line holds no bracket that is still open: it is a message that begins with one.
bool SpanEndsWithLine(std::string_view text) { return text.substr(0, text.find('\n')).ends_with(kForegroundOff); }

void ReadBracket(std::string_view text, ConsoleHead* head) {
  head->message = text;
  const bool colored = Skip(kContextOn, &text);
  if (!colored && !Skip("[", &text)) return;
  const size_t end = colored ? ColoredBracketEnd(text) : PlainBracketEnd(text);
  if (end == std::string_view::npos) {
    head->open_bracket = !colored || !SpanEndsWithLine(text);
    return;
  }
  SplitBracket(text.substr(0, end), head);
  head->message = text.substr(end + (colored ? kContextOff.size() : 1));
  Skip(" ", &head->message);
}

// A "\r" goes where "\n" follows, or nothing (`last`).
void AppendWithoutReturns(std::string_view text, bool last, std::string& out) {
  for (size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r')) {
    const std::string_view rest = text.substr(at + 1);
    out.append(text.substr(0, at));
    if (rest.empty() ? !last : rest.front() != '\n') out.push_back('\r');
    text = rest;
  }
  out.append(text);
}

}  // namespace

std::optional<ConsoleHead> ParseConsoleHead(std::string_view entry) {
  if (!MayBeConsole(entry)) return std::nullopt;
  ConsoleHead head;
  head.colored = SkipColors(&entry);
  if (!SkipApp(&entry) || !ReadPid(&entry, &head.pid) || !ReadTimestampAndLevel(&entry, &head)) return std::nullopt;
  ReadBracket(entry, &head);
  return head;
}

void AppendWithoutColors(std::string_view text, std::string& out) {
  for (;;) {
    const size_t plain = std::min(text.find('\x1b'), text.size());
    AppendWithoutReturns(text.substr(0, plain), plain == text.size(), out);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const size_t color = ColorCodeAt(text, 0);
    if (color == 0) out.push_back(text.front());
    text.remove_prefix(std::max<size_t>(color, 1));
  }
}

}  // namespace logmill
