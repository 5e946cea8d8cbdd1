#include "sources/syslog_message.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "logging/schema.h"
#include "sources/syslog_time.h"

namespace logmill {
namespace {

constexpr int kMostPriority = 191;  // facility 23, severity 7
constexpr size_t kMostTagBytes = 64;
constexpr size_t kMostFieldBytes = 255;  // of a host, the longest that RFC 5424 allows of any
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What may stand in a program's name: no white space, and nothing with which JSON, a URL or a sentence begins.
bool IsNameByte(char c) {
  constexpr std::string_view kSigns = "-_./%@$+#~()";
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kSigns.find(c) != kSigns.npos;
}

std::string_view WithoutEnd(std::string_view message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == '\r' || message.back() == '\0')) message.remove_suffix(1);
  return message;
}

void SkipSpaces(std::string_view* text) { text->remove_prefix(std::min(text->find_first_not_of(' '), text->size())); }

std::string_view UpToSpace(std::string_view text) { return text.substr(0, text.find(' ')); }

// "<34>".
std::optional<int> TakePriority(std::string_view* text) {
  if (!text->starts_with('<')) return std::nullopt;
  const size_t end = text->substr(0, 5).find('>');
  if (end == text->npos || end < 2) return std::nullopt;
  int priority = 0;
  for (const char c : text->substr(1, end - 1)) {
    if (!IsDigit(c)) return std::nullopt;
    priority = priority * 10 + (c - '0');
  }
  if (priority > kMostPriority) return std::nullopt;
  text->remove_prefix(end + 1);
  return priority;
}

// ---- RFC 5424 ----

// The next word; "-" stands for nothing. False when there is none, or a longer one than is allowed.
bool TakeField(std::string_view* text, std::string_view* field) {
  if (!text->starts_with(' ')) return false;
  text->remove_prefix(1);
  *field = UpToSpace(*text);
  text->remove_prefix(field->size());
  if (field->empty() || field->size() > kMostFieldBytes) return false;
  if (*field == "-") *field = {};
  return true;
}

// The bytes of one "[id name="value" ...]" at the front, or 0.
size_t ElementBytes(std::string_view text) {
  bool quoted = false;
  for (size_t i = 1; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ']') {
      return i + 1;
    }
  }
  return 0;
}

// " -" or " [...][...]", then a space or the end.
bool TakeStructuredData(std::string_view* text, std::string_view* data) {
  std::string_view rest = *text;
  if (!rest.starts_with(' ')) return false;
  rest.remove_prefix(1);
  const std::string_view start = rest;
  if (rest.starts_with('-')) rest.remove_prefix(1);
  while (rest.starts_with('[')) {
    const size_t bytes = ElementBytes(rest);
    if (bytes == 0) return false;
    rest.remove_prefix(bytes);
  }
  const size_t taken = start.size() - rest.size();
  if (taken == 0 || (!rest.empty() && rest.front() != ' ')) return false;
  *data = start.substr(0, taken);
  *text = rest;
  return true;
}

// "1 " and a time stamp or "-": what begins so is RFC 5424, whatever follows. Leaves `*text` behind the time stamp.
bool TakeVersionAndTime(std::string_view* text, SyslogMessage* message) {
  std::string_view rest = *text;
  size_t digits = 0;
  while (digits < rest.size() && digits < 3 && IsDigit(rest[digits])) ++digits;
  if (digits == 0 || digits == 3 || rest.front() == '0' || !rest.substr(digits).starts_with(' ')) return false;
  rest.remove_prefix(digits + 1);
  if (UpToSpace(rest) == "-") {
    rest.remove_prefix(1);
  } else {
    message->time_ns = TakeIsoTime(&rest);
    if (!message->time_ns) return false;
  }
  *text = rest;
  return true;
}

void ParseNew(std::string_view text, SyslogMessage* message) {
  const std::string_view behind_time = text;
  std::string_view id;
  std::string_view data;
  std::string_view rest = text;
  if (!TakeField(&rest, &message->host) || !TakeField(&rest, &message->app) || !TakeField(&rest, &message->proc) ||
      !TakeField(&rest, &id)) {
    message->malformed = true;
    message->host = message->app = message->proc = {};
    message->text = behind_time;
    SkipSpaces(&message->text);
    return;
  }
  if (!TakeStructuredData(&rest, &data)) message->malformed = true;
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  message->text = rest.empty() && data != "-" ? data : rest;
}

// ---- RFC 3164 ----

struct Tag {
  std::string_view app;
  std::string_view proc;
};

// "app[812]:" or "app:" and what separates it from the text.
bool TakeTag(std::string_view* text, Tag* tag) {
  std::string_view rest = *text;
  size_t size = 0;
  while (size < rest.size() && size <= kMostTagBytes && IsNameByte(rest[size])) ++size;
  if (size == 0 || size > kMostTagBytes) return false;
  const std::string_view app = rest.substr(0, size);
  std::string_view proc;
  rest.remove_prefix(size);
  if (rest.starts_with('[')) {
    const size_t end = rest.substr(0, kMostTagBytes).find_first_of("] ");
    if (end == rest.npos || rest[end] != ']') return false;
    proc = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.starts_with(':')) return false;
  } else if (!rest.starts_with(": ") && rest != ":") {
    return false;
  }
  rest.remove_prefix(1);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  *text = rest;
  *tag = {app, proc};
  return true;
}

// A word that can be a host's name or address, and the space behind it.
bool TakeHost(std::string_view* text, std::string_view* host) {
  const std::string_view word = UpToSpace(*text);
  const auto fits = [](char c) { return IsNameByte(c) || c == ':' || c == '[' || c == ']'; };
  if (word.empty() || word.size() == text->size() || word.size() > kMostFieldBytes || !std::ranges::all_of(word, fits)) return false;
  *host = word;
  text->remove_prefix(word.size());
  SkipSpaces(text);
  return true;
}

// Network devices: "123: host: *Nov 22 10:00:00.123: %SYS-5-CONFIG_I: text". Up to two words with a colon before a time stamp that has one,
// too, and a mark that their clock is not set.
std::optional<int64_t> TakeDeviceTime(std::string_view* text, int64_t now_ns, std::string_view* host) {
  std::string_view rest = *text;
  std::string_view last;
  for (int words = 0; words < 3; ++words) {
    std::string_view marked = rest;
    if (marked.starts_with('*') || marked.starts_with('.')) marked.remove_prefix(1);
    if (const auto time = TakeBsdTime(&marked, now_ns)) {
      if (words > 0 && !marked.starts_with(':')) return std::nullopt;
      if (marked.starts_with(':')) marked.remove_prefix(1);
      if (!std::ranges::all_of(last, IsDigit)) *host = last;
      *text = marked;
      return time;
    }
    const std::string_view word = UpToSpace(rest);
    if (word.size() < 2 || word.size() > kMostFieldBytes || word.back() != ':') return std::nullopt;
    last = word.substr(0, word.size() - 1);
    rest.remove_prefix(word.size());
    SkipSpaces(&rest);
  }
  return std::nullopt;
}

// Whether a host or a program stands first is told by what the tag looks like. A host without a tag stays in the text: it may be a word.
void ParseOld(std::string_view text, int64_t now_ns, SyslogMessage* message) {
  SkipSpaces(&text);
  message->time_ns = TakeIsoTime(&text);
  if (!message->time_ns) message->time_ns = TakeDeviceTime(&text, now_ns, &message->host);
  SkipSpaces(&text);
  message->text = text;
  if (message->malformed && !message->time_ns) return;
  Tag tag;
  std::string_view host;
  std::string_view rest = text;
  if (!TakeTag(&rest, &tag)) {
    if (!message->time_ns || !TakeHost(&rest, &host) || !TakeTag(&rest, &tag)) return;
    message->host = host;
  }
  message->app = tag.app;
  message->proc = tag.proc;
  message->text = rest;
  if (message->text.starts_with(kByteOrderMark)) message->text.remove_prefix(kByteOrderMark.size());
}

}  // namespace

SyslogMessage ParseSyslog(std::string_view message, int64_t now_ns) {
  SyslogMessage parsed;
  std::string_view text = WithoutEnd(message);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const auto priority = TakePriority(&text);
  if (priority) parsed.severity = static_cast<uint8_t>(*priority % 8);
  parsed.malformed = !priority;
  if (priority && TakeVersionAndTime(&text, &parsed)) {
    ParseNew(text, &parsed);
  } else {
    ParseOld(text, now_ns, &parsed);
  }
  return parsed;
}

std::string_view SyslogLevel(uint8_t severity) {
  constexpr std::array<LogLevel, 8> kLevels = {LogLevel::kFatal, LogLevel::kFatal, LogLevel::kFatal, LogLevel::kError,
                                               LogLevel::kWarn,  LogLevel::kLog,   LogLevel::kLog,   LogLevel::kDebug};
  return LogLevelName(kLevels[severity % kLevels.size()]);
}

}  // namespace logmill
