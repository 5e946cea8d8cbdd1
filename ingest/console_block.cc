#include <algorithm>
#include <array>
#include <limits>

#include "base/color_code.h"
#include "ingest/console_line.h"
#include "logging/schema.h"

namespace logmill {
namespace {

constexpr int kSavedVersion = 1;
constexpr size_t kSavedBytes = 9;  // in front of the error
constexpr std::string_view kContextOff = "]\x1b[39m";
constexpr std::string_view kJsonRecord = "{\"level\":\"";

// How lines begin that Gallery and Node print without a logger.
constexpr std::array<std::string_view, 14> kLoggerless = {
    "Initializing Immich",
    "Detected CPU Cores: ",
    "Missing history for endpoint: ",
    "(node:",
    "(Use `node ",
    "Killing api process",
    "Query failed : ",
    "Postgres notice: ",
    "missing 'error' handler on this Redis client",
    "MaxRetriesPerRequestError: ",
    "node:internal/",
    "Node.js v",
    "Error: Invalid environment variables: ",
    "Error: Invalid value(s) in file: ",
};

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsNameCharacter(char c) { return IsLower(c) || IsUpper(c) || (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '.'; }

// The characters at the start of `text` that `matches` takes.
template <typename Matches>
std::string_view Run(std::string_view text, Matches matches) {
  return text.substr(0, static_cast<size_t>(std::ranges::find_if_not(text, matches) - text.begin()));
}

// "api worker error: ...", "api worker exited with code 1", "api worker shutdown for restart", "Starting api worker"
bool IsWorkerLine(std::string_view text) {
  if (text.starts_with("Starting ")) {
    text.remove_prefix(9);
    return text.substr(Run(text, IsLower).size()) == " worker";
  }
  text.remove_prefix(Run(text, IsLower).size());
  return text.starts_with(" worker error: ") || text.starts_with(" worker exited with code ") || text == " worker shutdown for restart";
}

// "/usr/bin/pg_dump exited (0)"
bool IsToolExit(std::string_view text) {
  const size_t tool = text.find(' ');
  return tool != std::string_view::npos && tool != 0 && text.substr(tool).starts_with(" exited (") && text.ends_with(')');
}

// "Error: connect ECONNREFUSED 127.0.0.1:6379"
bool IsFailedConnection(std::string_view text) {
  if (!text.starts_with("Error: ")) return false;
  text.remove_prefix(7);
  const size_t call = Run(text, IsLower).size();
  if (call == 0 || !text.substr(call).starts_with(" E")) return false;
  return Run(text.substr(call + 2), [](char c) { return IsUpper(c) || c == '_'; }).size() >= 2;
}

bool IsLoggerless(std::string_view text) {
  return std::ranges::any_of(kLoggerless, [&](std::string_view begin) { return text.starts_with(begin); }) || IsWorkerLine(text) ||
         IsToolExit(text) || IsFailedConnection(text);
}

// Whether `text` begins with an error as JavaScript prints it: `TypeError: ...`, `BadRequestException: ...`, `Error`, `Error [CODE]: ...`.
bool BeginsWithError(std::string_view text) {
  const std::string_view name = Run(text, IsNameCharacter);
  if (!name.ends_with("Error") && !name.ends_with("Exception")) return false;
  const std::string_view rest = text.substr(name.size());
  return rest.empty() || rest.starts_with(':') || rest.starts_with(" [");
}

// The first error that a message names, up to the end of its line; "" when there is none.
std::string_view ErrorIn(std::string_view message) {
  for (size_t i = 0; i < message.size();) {
    const std::string_view name = Run(message.substr(i), IsNameCharacter);
    if (!name.empty() && name.size() < message.size() - i && BeginsWithError(message.substr(i))) return message.substr(i);
    i += std::max<size_t>(name.size(), 1);
  }
  return {};
}

bool IsIndented(std::string_view text) {
  return text.find_first_not_of(" \t") != std::string_view::npos && (text[0] == ' ' || text[0] == '\t');
}

bool IsFrame(std::string_view text) { return IsIndented(text) && text.substr(text.find_first_not_of(" \t")).starts_with("at "); }

// The parameters of the SGR sequence at `text[at]`, false when there is none.
bool ColorAt(std::string_view text, size_t at, std::string_view* parameters) {
  const size_t bytes = ColorCodeAt(text, at);
  if (bytes == 0) return false;
  *parameters = text.substr(at + kColorBegin.size(), bytes - kColorBegin.size() - 1);
  return true;
}

// The SGR sequence that `text` ends with, in bytes, or 0.
size_t LastColorBytes(std::string_view text) {
  const size_t last = text.rfind('\x1b');
  std::string_view parameters;
  if (last == std::string_view::npos || !ColorAt(text, last, &parameters)) return 0;
  return last + parameters.size() + 3 == text.size() ? parameters.size() + 3 : 0;
}

std::string_view WithoutOuterColors(std::string_view text) {
  std::string_view parameters;
  while (ColorAt(text, 0, &parameters)) text.remove_prefix(parameters.size() + 3);
  for (size_t bytes = LastColorBytes(text); bytes != 0; bytes = LastColorBytes(text)) text.remove_suffix(bytes);
  return text;
}

bool OpensColor(std::string_view parameters) {
  const bool foreground =
      parameters.size() == 2 && (parameters[0] == '3' || parameters[0] == '9') && parameters[1] >= '0' && parameters[1] <= '7';
  return foreground || parameters == "1" || parameters.starts_with("1;");
}

void Increment(uint16_t& number) {
  if (number != std::numeric_limits<uint16_t>::max()) ++number;
}

bool OpensBracket(std::string_view text) { return text.ends_with('{') || text.ends_with('['); }

}  // namespace

ConsolePlace ConsoleBlock::Take(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (const auto head = ParseConsoleHead(line); head && Believes(*head)) {
    Begin(line, *head);
    return ConsolePlace::kHead;
  }
  if (open() && GoesOn(line)) return ConsolePlace::kContinuation;
  Reset();
  return ConsolePlace::kAlone;
}

bool ConsoleBlock::Believes(const ConsoleHead& head) const {
  if (head.colored || !colored_) return true;
  return phase_ == Phase::kNone || phase_ == Phase::kClosed || phase_ == Phase::kFrames;
}

void ConsoleBlock::Begin(std::string_view line, const ConsoleHead& head) {
  Reset();
  colored_ = head.colored;
  error_level_ = head.level == LogLevelName(LogLevel::kError);
  if (head.open_bracket && line.substr(line.size() - head.message.size()).starts_with('\x1b')) {
    phase_ = Phase::kContext;
  } else {
    BeginMessage(head.message);
  }
}

void ConsoleBlock::BeginMessage(std::string_view message) {
  std::string_view parameters;
  const bool span = ColorAt(message, 0, &parameters) && OpensColor(parameters);
  const std::string_view text = WithoutOuterColors(message);
  error_ = ErrorIn(text).substr(0, kErrorBytes);
  dump_ = OpensBracket(text);
  bold_ = parameters == "1";
  if (span) {
    phase_ = Phase::kSpan;
    error_lines_ = error_.empty() ? 0 : 1;
    FollowSpan(message);
  } else if (colored_ && !dump_ && !BeginsWithError(text)) {
    Close();  // all other text of a coloured log is in a span
  } else {
    phase_ = Phase::kText;
  }
}

void ConsoleBlock::Close() { phase_ = error_level_ ? Phase::kClosed : Phase::kNone; }

void ConsoleBlock::FollowSpan(std::string_view line) {
  std::string_view parameters;
  for (size_t at = line.find('\x1b'); at != std::string_view::npos; at = line.find('\x1b', at + 1)) {
    if (ColorAt(line, at, &parameters)) FollowColor(parameters);
  }
  if (depth_ != 0) return;
  if (LastColorBytes(line) != 0) {
    Close();
  } else {
    depth_ = 1;  // something in the message has closed more than it opened
  }
}

void ConsoleBlock::FollowColor(std::string_view parameters) {
  if (OpensColor(parameters)) {
    Increment(depth_);
  } else if (parameters == "39" || parameters == "22") {
    if (depth_ != 0) --depth_;
  } else if (parameters == "0" || parameters.empty()) {
    depth_ = bold_ ? 0 : std::min<uint16_t>(depth_, 1);
  }
}

bool ConsoleBlock::GoesOn(std::string_view line) {
  const std::string_view text = WithoutOuterColors(line);
  switch (phase_) {
    case Phase::kNone:
      return false;
    case Phase::kContext:
      return ContextGoesOn(line);
    case Phase::kSpan:
      if (!error_.empty()) Increment(error_lines_);
      FollowSpan(line);
      return true;
    case Phase::kText:
      return TextGoesOn(text);
    case Phase::kClosed:
      return BeginsStack(text);
    case Phase::kStackText:
      return StackTextGoesOn(text);
    case Phase::kFrames:
      return IsIndented(text) || text.starts_with('}') || text.starts_with(']');
  }
  return false;
}

bool ConsoleBlock::ContextGoesOn(std::string_view line) {
  const size_t end = line.find(kContextOff);
  if (end == std::string_view::npos) return true;
  line.remove_prefix(end + kContextOff.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  BeginMessage(line);
  return true;
}

bool ConsoleBlock::TextGoesOn(std::string_view text) {
  if (text.empty()) return true;
  if (IsFrame(text)) return (error_level_ || !error_.empty()) && Enter(Phase::kFrames);
  if (IsIndented(text)) return true;
  if (dump_ && (text == "}" || text == "]")) {
    Close();
    return true;
  }
  if (Repeats(text)) return !error_level_ || EnterStack(Phase::kStackText);
  if (IsLoggerless(text) || text.starts_with(kJsonRecord)) return false;
  if (!BeginsWithError(text)) return true;
  return error_level_ && error_.empty() && EnterStack(Phase::kStackText);
}

bool ConsoleBlock::BeginsStack(std::string_view text) {
  if (IsIndented(text)) return EnterStack(Phase::kFrames);
  const bool begins = Repeats(text) || (error_.empty() && BeginsWithError(text) && !IsLoggerless(text));
  return begins && EnterStack(Phase::kStackText);
}

bool ConsoleBlock::StackTextGoesOn(std::string_view text) {
  if (stack_lines_ != 0) {
    --stack_lines_;
    return true;
  }
  if (IsFrame(text)) return Enter(Phase::kFrames);
  return text.empty() || IsIndented(text) || Repeats(text) || !(IsLoggerless(text) || text.starts_with(kJsonRecord));
}

// Either may be cut: the message by its line end, the line by what the message says behind the error.
bool ConsoleBlock::Repeats(std::string_view text) const {
  return !error_.empty() && !text.empty() && (text.starts_with(error_) || (BeginsWithError(text) && error_.starts_with(text)));
}

bool ConsoleBlock::Enter(Phase phase) {
  phase_ = phase;
  return true;
}

bool ConsoleBlock::EnterStack(Phase phase) {
  stack_ = true;
  stack_lines_ = error_lines_ == 0 ? 0 : error_lines_ - 1;
  return Enter(phase);
}

void ConsoleBlock::Save(std::string& out) const {
  const int flags = colored_ | error_level_ << 1 | dump_ << 2 | bold_ << 3 | stack_ << 4;
  for (const int byte : {kSavedVersion, static_cast<int>(phase_), flags, depth_ & 0xff, depth_ >> 8, error_lines_ & 0xff, error_lines_ >> 8,
                         stack_lines_ & 0xff, stack_lines_ >> 8}) {
    out.push_back(static_cast<char>(byte));
  }
  out.append(error_);
}

bool ConsoleBlock::Restore(std::string_view saved) {
  if (saved.size() < kSavedBytes || saved.size() > kSavedBytes + kErrorBytes || saved[0] != kSavedVersion) return false;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(saved[i]); };
  if (byte(1) > static_cast<uint8_t>(Phase::kFrames) || byte(2) >= 32) return false;
  phase_ = static_cast<Phase>(byte(1));
  colored_ = (byte(2) & 1) != 0;
  error_level_ = (byte(2) & 2) != 0;
  dump_ = (byte(2) & 4) != 0;
  bold_ = (byte(2) & 8) != 0;
  stack_ = (byte(2) & 16) != 0;
  depth_ = static_cast<uint16_t>(byte(3) | byte(4) << 8);
  error_lines_ = static_cast<uint16_t>(byte(5) | byte(6) << 8);
  stack_lines_ = static_cast<uint16_t>(byte(7) | byte(8) << 8);
  error_ = saved.substr(kSavedBytes);
  return true;
}

}  // namespace logmill
