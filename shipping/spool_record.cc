#include "shipping/spool_record.h"

#include <array>
#include <cstring>
#include <functional>

#include "shipping/little_endian.h"
#include "shipping/spool_format.h"

namespace logmill {
namespace {

using namespace spool_format;

// Those that may stand in the line.
constexpr std::array<uint16_t, 3> kInLine{kLevelInLine, kContextInLine, kMessageInLine};

bool StandsIn(std::string_view line, std::string_view text) {
  const std::less_equal<const char*> before{};
  return text.empty() || (before(line.data(), text.data()) && before(text.data() + text.size(), line.data() + line.size()));
}

char* Put(char* to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

void PutLength(char* to, size_t place, size_t length) { StoreLittle<uint32_t>(to + place, static_cast<uint32_t>(length)); }

}  // namespace

size_t SpoolRecordBytes(const ShipRecord& record) {
  size_t bytes = kTextsAt + record.line.size() + record.source.size() + record.stream.size();
  for (const std::string_view text : {record.level, record.context, record.message}) {
    if (!StandsIn(record.line, text)) bytes += text.size();
  }
  return bytes;
}

void EncodeSpoolRecord(const ShipRecord& record, char* to) {
  StoreLittle<uint64_t>(to + kIdAt, record.id.high);
  StoreLittle<uint64_t>(to + kIdAt + 8, record.id.low);
  StoreLittle<uint64_t>(to + kTimeAt, static_cast<uint64_t>(record.time_ns));
  StoreLittle<uint64_t>(to + kReadAt, static_cast<uint64_t>(record.read_ms));
  StoreLittle<uint64_t>(to + kPidAt, static_cast<uint64_t>(record.pid.value_or(0)));
  to[kFormatAt] = static_cast<char>(record.format);
  to[kMessageTypeAt] = static_cast<char>(record.message_type);
  unsigned flags = (record.cut ? kCut : 0u) | (record.console ? kConsole : 0u) | (record.pid ? kHasPid : 0u);

  char* text = Put(to + kTextsAt, record.line);
  const std::array<std::string_view, 3> may_stand_in_line{record.level, record.context, record.message};
  PutLength(to, kLengthsAt, record.line.size());
  for (size_t i = 0; i < may_stand_in_line.size(); ++i) {
    const std::string_view part = may_stand_in_line[i];
    const bool inside = !part.empty() && StandsIn(record.line, part);
    if (inside) {
      flags |= kInLine[i];
    } else {
      text = Put(text, part);
    }
    PutLength(to, kLengthsAt + 4 * (i + 1), part.size());
    PutLength(to, kOffsetsAt + 4 * i, inside ? static_cast<size_t>(part.data() - record.line.data()) : 0);
  }
  PutLength(to, kLengthsAt + 16, record.source.size());
  PutLength(to, kLengthsAt + 20, record.stream.size());
  Put(Put(text, record.source), record.stream);
  StoreLittle<uint16_t>(to + kFlagsAt, static_cast<uint16_t>(flags));
}

bool DecodeSpoolRecord(std::string_view payload, ShipRecord* record) {
  if (payload.size() < kTextsAt) return false;
  const char* const from = payload.data();
  const auto format = static_cast<uint8_t>(from[kFormatAt]);
  const auto type = static_cast<uint8_t>(from[kMessageTypeAt]);
  const auto flags = LoadLittle<uint16_t>(from + kFlagsAt);
  if (format > static_cast<uint8_t>(RecordFormat::kText) || type > static_cast<uint8_t>(Value::Type::kArray)) return false;
  if ((flags & ~kAllFlags) != 0) return false;

  std::string_view texts = payload.substr(kTextsAt);
  bool fits = true;
  const auto length = [&](size_t i) { return size_t{LoadLittle<uint32_t>(from + kLengthsAt + 4 * i)}; };
  const auto take = [&](size_t i) {
    fits = fits && length(i) <= texts.size();
    const std::string_view taken = texts.substr(0, fits ? length(i) : 0);
    texts.remove_prefix(taken.size());
    return taken;
  };
  record->line = take(0);
  const auto take_part = [&](size_t i) {
    if ((flags & kInLine[i]) == 0) return take(i + 1);
    const size_t offset = LoadLittle<uint32_t>(from + kOffsetsAt + 4 * i);
    fits = fits && offset <= record->line.size() && length(i + 1) <= record->line.size() - offset;
    return fits ? record->line.substr(offset, length(i + 1)) : std::string_view();
  };
  record->level = take_part(0);
  record->context = take_part(1);
  record->message = take_part(2);
  record->source = take(4);
  record->stream = take(5);
  if (!fits || !texts.empty()) return false;

  record->id = {LoadLittle<uint64_t>(from + kIdAt), LoadLittle<uint64_t>(from + kIdAt + 8)};
  record->time_ns = static_cast<int64_t>(LoadLittle<uint64_t>(from + kTimeAt));
  record->read_ms = static_cast<int64_t>(LoadLittle<uint64_t>(from + kReadAt));
  record->format = static_cast<RecordFormat>(format);
  record->message_type = static_cast<Value::Type>(type);
  record->cut = (flags & kCut) != 0;
  record->console = (flags & kConsole) != 0;
  record->pid.reset();
  if ((flags & kHasPid) != 0) record->pid = static_cast<int64_t>(LoadLittle<uint64_t>(from + kPidAt));
  return true;
}

}  // namespace logmill
