#include "ingest/console_record.h"

#include <algorithm>

#include "base/utf8.h"
#include "ingest/console_line.h"
#include "logging/schema.h"

namespace logmill {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kNumberBytes = 21;  // of the longest int64, and one more

void AppendValidUtf8(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const size_t valid = std::min(FindInvalidUtf8(text), text.size());
    out.append(text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty()) return;
    out.append(kReplacement);
    text.remove_prefix(FirstUtf8Sequence(text).bytes);
  }
}

bool HasColorsOrReturns(std::string_view text) {
  return text.find('\x1b') != std::string_view::npos || text.find('\r') != std::string_view::npos;
}

std::string_view ValidUtf8(std::string_view text, std::string& buffer) {
  if (FindInvalidUtf8(text) == std::string_view::npos) return text;
  buffer.clear();
  AppendValidUtf8(text, buffer);
  return buffer;
}

// Where in an entry of level error the stack begins, or npos.
size_t FindStack(std::string_view entry) {
  ConsoleBlock block;
  for (size_t begin = 0; begin < entry.size();) {
    const size_t end = std::min(entry.find('\n', begin), entry.size());
    block.Take(entry.substr(begin, end - begin));
    if (block.in_stack()) return begin;
    begin = end + 1;
  }
  return std::string_view::npos;
}

}  // namespace

ConsoleReader::ConsoleReader(const KeyNames& keys, const FieldPaths& fields, WantedNumbers numbers)
    : numbers_(numbers), fields_(fields.size()) {
  std::ranges::transform(fields, std::back_inserter(wanted_), [&](const std::string& path) { return PartOf(path, keys); });
  wants_timestamp_ = numbers.timestamp || std::ranges::find(wanted_, Part::kTimestamp) != wanted_.end();
}

ConsoleReader::Part ConsoleReader::PartOf(std::string_view path, const KeyNames& keys) {
  const std::array<std::string_view, kParts> names = {keys.level,   keys.pid, keys.timestamp,    keys.message,
                                                      keys.context, kAppKey,  kCorrelationIdKey, kStackKey};
  return static_cast<Part>(std::ranges::find(names, path) - names.begin());
}

bool ConsoleReader::ReadConsole(std::string_view entry, Record* record) {
  const auto head = ParseConsoleHead(entry);
  if (!head) return false;
  Start(entry.size());
  SetText(Part::kLevel, head->level);
  SetText(Part::kContext, head->context);
  SetText(Part::kApp, head->worker);
  SetText(Part::kCorrelationId, head->correlation_id);
  SetNumber(Part::kPid, head->pid);
  if (wants_timestamp_) SetNumber(Part::kTimestamp, clock_.UnixMs(head->timestamp));
  SetMessage(entry, head->message, head->level == LogLevelName(LogLevel::kError));
  Fill(entry, record);
  record->console = true;
  return true;
}

void ConsoleReader::ReadText(std::string_view text, Record* record) {
  *record = Record();
  record->line = text;
  if (text.find('\x1b') != std::string_view::npos) {
    text_.clear();
    AppendWithoutColors(text, text_);
    text = text_;
  }
  record->message = {Value::Type::kString, text};
}

void ConsoleReader::Supplement(const Entry& entry, Record* record) {
  if (record->format == RecordFormat::kText && (!entry.level.empty() || !entry.context.empty())) {
    ReadDescribed(entry, record);
    return;
  }
  if (record->level.empty()) record->level = ValidUtf8(entry.level, outside_[0]);
  if (record->context.empty()) record->context = ValidUtf8(entry.context, outside_[1]);
  if (numbers_.pid && !record->pid) record->pid = entry.pid;
  if (numbers_.timestamp && !record->timestamp_ms) record->timestamp_ms = entry.time_ms;
}

// Level, context, pid and time are those that the entry brings along; the message is the whole text.
void ConsoleReader::ReadDescribed(const Entry& entry, Record* record) {
  Start(entry.text.size() + entry.level.size() + entry.context.size());
  SetText(Part::kLevel, entry.level);
  SetText(Part::kContext, entry.context);
  SetNumber(Part::kPid, entry.pid);
  SetNumber(Part::kTimestamp, entry.time_ms);
  part(Part::kMessage) = {Value::Type::kString, Clean(entry.text)};
  Fill(entry.text, record);
  record->cut = entry.cut;
}

// `text` as valid UTF-8 without colours: itself, or a copy in text_.
std::string_view ConsoleReader::Clean(std::string_view text) {
  const bool colors = HasColorsOrReturns(text);
  if (!colors && FindInvalidUtf8(text) == std::string_view::npos) return text;
  scratch_.clear();
  AppendWithoutColors(text, scratch_);
  const size_t begin = text_.size();
  AppendValidUtf8(scratch_, text_);
  return std::string_view(text_).substr(begin);
}

// Makes room for parts of together `bytes`: views into text_ stay valid while it is filled.
void ConsoleReader::Start(size_t bytes) {
  text_.clear();
  text_.reserve(bytes * kReplacement.size() + 2 * kNumberBytes);
  parts_.fill(Value());
  numbers_read_.fill(std::nullopt);
}

void ConsoleReader::SetText(Part part, std::string_view text) {
  if (!text.empty()) this->part(part) = {Value::Type::kString, Clean(text)};
}

void ConsoleReader::SetNumber(Part part, std::optional<int64_t> number) {
  if (!number) return;
  const size_t begin = text_.size();
  text_ += std::to_string(*number);
  this->part(part) = {Value::Type::kNumber, std::string_view(text_).substr(begin)};
  numbers_read_[static_cast<size_t>(part)] = number;
}

void ConsoleReader::SetMessage(std::string_view entry, std::string_view message, bool error) {
  const size_t message_begin = entry.size() - message.size();
  const size_t stack = error && message.find('\n') != std::string_view::npos ? FindStack(entry) : std::string_view::npos;
  if (stack != std::string_view::npos && stack > message_begin) {
    SetText(Part::kStack, entry.substr(stack));
    message = entry.substr(message_begin, stack - message_begin - 1);
  }
  part(Part::kMessage) = {Value::Type::kString, Clean(message)};
}

void ConsoleReader::Fill(std::string_view line, Record* record) {
  *record = Record();
  record->format = RecordFormat::kJson;
  record->line = line;
  record->level = part(Part::kLevel).text;
  record->context = part(Part::kContext).text;
  record->message = part(Part::kMessage);
  if (numbers_.pid) record->pid = numbers_read_[static_cast<size_t>(Part::kPid)];
  if (numbers_.timestamp) record->timestamp_ms = numbers_read_[static_cast<size_t>(Part::kTimestamp)];
  for (size_t i = 0; i < fields_.size(); ++i) fields_[i] = wanted_[i] == Part::kNone ? Value() : part(wanted_[i]);
  record->fields = fields_;
}

}  // namespace logmill
