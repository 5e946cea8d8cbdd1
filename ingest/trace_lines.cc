#include "ingest/trace_lines.h"

#include <algorithm>
#include <limits>

#include "base/color_code.h"

namespace logmill {
namespace {

// What was seen in the block so far.
enum Flag : uint32_t {
  kOpen = 1U << 0,        // a bracket at the end of a line, not closed since
  kFrames = 1U << 1,      // a line of a JavaScript or Java stack
  kPlace = 1U << 2,       // the first line names a line of source code, as Node does before an uncaught error
  kSecond = 1U << 3,      // ... and the next line is that line of source code
  kCaret = 1U << 4,       // what is wrong follows
  kTraceback = 1U << 5,   // Python: the line with the exception is still to come
  kRaised = 1U << 6,      // Python: it came; another exception may be chained to it
  kChained = 1U << 7,     // Python: another traceback follows
  kPanic = 1U << 8,       // Go
  kGoFunction = 1U << 9,  // Go: a function's name may follow
  kAllFlags = (1U << 10) - 1,
};

constexpr std::string_view kTracebackHead = "Traceback (most recent call last):";
constexpr std::string_view kGroupHead = "+ Exception Group Traceback (most recent call last):";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Without the colours that it begins with.
std::string_view SkipColors(std::string_view text) {
  while (const size_t bytes = ColorCodeAt(text, 0)) text.remove_prefix(bytes);
  return text;
}

// Without the white space and colours that it ends with.
std::string_view TrimEnd(std::string_view text) {
  for (;;) {
    while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
    if (!text.ends_with('m')) return text;
    const size_t begin = text.find_last_not_of("0123456789;", text.size() - 2);
    if (begin == std::string_view::npos || begin == 0 || text[begin] != '[' || text[begin - 1] != '\x1b') return text;
    text = text.substr(0, begin - 1);
  }
}

bool StartsWithNumber(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) && text.size() > prefix.size() && IsDigit(text[prefix.size()]);
}

// `node:internal/process/promises:394`, `/usr/src/app/main.js:48`
bool IsPlace(std::string_view text) {
  if (!text.starts_with('/') && !text.starts_with("node:") && !text.starts_with("file://")) return false;
  const size_t colon = text.find_last_not_of("0123456789");
  return colon + 1 < text.size() && text[colon] == ':' && text.find(' ') == std::string_view::npos;
}

bool IsCaretLine(std::string_view text) {
  return text.find('^') != std::string_view::npos && text.find_first_not_of("^~- ") == std::string_view::npos;
}

// `ValueError: x`, `KeyboardInterrupt`, `app.errors.Missing: x`
bool NamesException(std::string_view text) {
  const auto in_name = [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    return letter || IsDigit(c) || c == '_' || c == '.' || c == '<' || c == '>';
  };
  const auto name_end = std::ranges::find_if_not(text, in_name);
  return name_end != text.begin() && (name_end == text.end() || *name_end == ':');
}

bool BeginsPanic(std::string_view text) {
  return text.starts_with("panic: ") || text.starts_with("fatal error: ") || StartsWithNumber(text, "goroutine ");
}

}  // namespace

// A line's indentation and the rest of it.
struct TraceLines::Shape {
  uint32_t indent = 0;
  std::string_view text;

  explicit Shape(std::string_view line) {
    line = SkipColors(line);
    const std::string_view unindented = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
    indent = static_cast<uint32_t>(std::min<size_t>(line.size() - unindented.size(), std::numeric_limits<uint32_t>::max()));
    text = TrimEnd(SkipColors(unindented));
  }
};

void TraceLines::Begin(std::string_view line) {
  const Shape shape(line);
  head_indent_ = shape.indent;
  flags_ = 0;
  if (IsPlace(shape.text)) flags_ = kPlace | kSecond;
  if (shape.text == kTracebackHead) flags_ = kTraceback;
  if (shape.text == kGroupHead) {
    head_indent_ = 0;
    flags_ = kRaised;
  }
  if (BeginsPanic(shape.text)) flags_ = kPanic;
  Note(shape);
}

bool TraceLines::GoesOn(std::string_view line) {
  const Shape shape(line);
  if (shape.text.empty()) return true;
  const bool goes_on = shape.indent > head_indent_ ? IndentedGoesOn(shape) : shape.indent == head_indent_ && LevelGoesOn(shape);
  if (goes_on) Note(shape);
  return goes_on;
}

void TraceLines::set_state(uint64_t state) {
  head_indent_ = static_cast<uint32_t>(state >> 32);
  flags_ = static_cast<uint32_t>(state) & kAllFlags;
}

bool TraceLines::IndentedGoesOn(const Shape& line) {
  if (line.text == kGroupHead) {
    if (!Has(kChained)) return false;
    Set(kChained, false);
    Set(kRaised, true);
  }
  Set(kGoFunction, Has(kPanic));
  return true;
}

bool TraceLines::LevelGoesOn(const Shape& line) {
  const char first = line.text.front();
  if (first == ',' || IsCaretLine(line.text) || line.text.starts_with("Caused by: ")) return true;
  if ((first == '}' || first == ']' || first == ')') && Has(kOpen)) {
    Set(kOpen, false);
    return true;
  }
  if (Has(kSecond) && !IsPlace(line.text)) return true;
  if (Has(kCaret)) {
    Set(kCaret, false);
    return true;
  }
  if (Has(kFrames | kPlace) && StartsWithNumber(line.text, "Node.js v")) return true;
  return PythonGoesOn(line) || (Has(kPanic) && GoGoesOn(line));
}

bool TraceLines::PythonGoesOn(const Shape& line) {
  if (Has(kTraceback) && NamesException(line.text)) {
    Set(kTraceback, false);
    Set(kRaised, true);
    return true;
  }
  if (Has(kRaised) && (line.text == "During handling of the above exception, another exception occurred:" ||
                       line.text == "The above exception was the direct cause of the following exception:")) {
    Set(kRaised, false);
    Set(kChained, true);
    return true;
  }
  if (!Has(kChained) || line.text != kTracebackHead) return false;
  Set(kChained, false);
  Set(kTraceback, true);
  return true;
}

bool TraceLines::GoGoesOn(const Shape& line) {
  if (StartsWithNumber(line.text, "goroutine ")) {
    Set(kGoFunction, true);
    return true;
  }
  if (line.text.starts_with("[signal ")) return true;
  if (StartsWithNumber(line.text, "exit status ")) {
    Set(kPanic, false);
    return true;
  }
  if (!Has(kGoFunction) || !(line.text.ends_with(')') || line.text.starts_with("created by "))) return false;
  Set(kGoFunction, false);
  return true;
}

void TraceLines::Note(const Shape& line) {
  if (line.text.empty()) return;
  const char last = line.text.back();
  if (last == '{' || last == '[' || last == '(') Set(kOpen, true);
  if (line.text.starts_with("at ")) Set(kFrames, true);
  if (IsCaretLine(line.text)) Set(kCaret, Has(kPlace));
  if (!IsPlace(line.text)) Set(kSecond, false);
}

}  // namespace logmill
