// Any log: every line has its place, the state survives being saved, and what is decoded keeps its promises.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "ingest/console_line.h"
#include "ingest/console_time.h"
#include "ingest/decoder.h"
#include "ingest/entry.h"
#include "logging/schema.h"

namespace logmill {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

bool Inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void CheckHead(std::string_view entry) {
  const auto head = ParseConsoleHead(entry);
  if (!head) return;
  Require(MayBeConsole(entry) && LogLevelFromName(head->level) && head->pid >= 0);
  for (const std::string_view part : {head->timestamp, head->worker, head->context, head->correlation_id, head->message}) {
    Require(Inside(part, entry) || LogLevelFromName(part) || part == "Api" || part == "Microservices" || part == "Maintenance");
  }
  Require(head->message.data() + head->message.size() == entry.data() + entry.size());
  if (const auto time = ParseConsoleTime(head->timestamp)) Require(time->month >= 1 && time->month <= 12 && time->hour < 24);
}

void CheckRecord(std::string_view entry) {
  static Decoder decoder({.format = InputFormat::kConsole, .keys = {}, .fields = {"app", "correlationId", "stack", "timestamp"}});
  Record record;
  Require(decoder.Decode({.text = entry, .level = entry.size() % 3 == 0 ? entry.substr(0, 8) : ""}, &record) == Reject::kNone);
  Require(record.line == entry && record.message.type == Value::Type::kString);
  if (record.format == RecordFormat::kText) return;
  for (const std::string_view part : {record.level, record.context, record.message.text}) {
    Require(FindInvalidUtf8(part) == std::string_view::npos);
  }
  for (const Value& field : record.fields) Require(FindInvalidUtf8(field.text) == std::string_view::npos);
}

// What is remembered after each line, and said of it, does not depend on whether it was saved and restored in between.
void CheckLine(ConsoleBlock& block, std::string_view line, std::string* entry) {
  std::string saved, saved_after, restored_after;
  block.Save(saved);
  ConsoleBlock restored;
  Require(saved.size() <= 80 && restored.Restore(saved));
  const bool was_open = block.open();
  const ConsolePlace place = block.Take(line);
  Require(restored.Take(line) == place && (place != ConsolePlace::kContinuation || was_open));
  Require(place != ConsolePlace::kAlone || !block.open());
  block.Save(saved_after);
  restored.Save(restored_after);
  Require(saved_after == restored_after);
  if (place == ConsolePlace::kContinuation) {
    entry->append("\n").append(line);
    return;
  }
  CheckRecord(*entry);
  CheckHead(*entry);
  *entry = line;
}

}  // namespace
}  // namespace logmill

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view log(reinterpret_cast<const char*>(data), size);
  logmill::ConsoleBlock restored;
  if (restored.Restore(log)) restored.Take(log);
  logmill::CheckHead(log);
  logmill::CheckRecord(log);
  logmill::ParseConsoleTime(log);
  logmill::ConsoleBlock block;
  std::string entry;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    logmill::CheckLine(block, log.substr(0, end), &entry);
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  logmill::CheckRecord(entry);
  return 0;
}
