#include "shipping/spool_record.h"

#include <array>
#include <cstring>
#include <functional>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "shipping/little_endian.h"
#include "shipping/spool_format.h"

namespace logmill {
namespace {

using namespace spool_format;

constexpr int64_t kNanoseconds = 1'000'000;  // of a millisecond

// Those that may stand in the line.
constexpr std::array<uint16_t, 3> kInLine{kLevelInLine, kContextInLine, kMessageInLine};

bool StandsIn(std::string_view line, std::string_view text) {
  const std::less_equal<const char*> before{};
  return !text.empty() && before(line.data(), text.data()) && before(text.data() + text.size(), line.data() + line.size());
}

char* Put(char* to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

uint64_t MillisOf(const ShipRecord& record) { return static_cast<uint64_t>(record.time_ns / kNanoseconds); }

// The texts that a payload ends with, one after the other.
class TextReader {
 public:
  explicit TextReader(std::string_view texts) : left_(texts) {}

  // "" when there are not so many bytes.
  std::string_view Take(size_t bytes) {
    fits_ = fits_ && bytes <= left_.size();
    const std::string_view taken = left_.substr(0, fits_ ? bytes : 0);
    left_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view Within(std::string_view line, size_t offset, size_t bytes) {
    fits_ = fits_ && offset <= line.size() && bytes <= line.size() - offset;
    return fits_ ? line.substr(offset, bytes) : std::string_view();
  }
  // All of them were taken, and no more.
  [[nodiscard]] bool ok() const { return fits_ && left_.empty(); }

 private:
  std::string_view left_;
  bool fits_ = true;
};

// `numbers`: from the line's length on.
bool ReadTexts(ByteReader& numbers, std::string_view payload, uint16_t flags, ShipRecord* record) {
  struct Place {
    uint64_t offset = 0;
    uint64_t bytes = 0;
  };
  const auto length = [&] { return numbers.Bounded(payload.size()); };
  const uint64_t line = length();
  std::array<Place, kInLine.size()> parts;
  for (size_t i = 0; i < parts.size(); ++i) {
    if ((flags & kInLine[i]) != 0) parts[i].offset = length();
    parts[i].bytes = length();
  }
  const uint64_t source = length();
  const bool own_stream = (flags & kStreamIsSource) == 0;
  const uint64_t stream = own_stream ? length() : 0;

  TextReader texts(payload.substr(payload.size() - numbers.left()));
  record->line = texts.Take(line);
  const auto part = [&](size_t i) {
    return (flags & kInLine[i]) != 0 ? texts.Within(record->line, parts[i].offset, parts[i].bytes) : texts.Take(parts[i].bytes);
  };
  record->level = part(0);
  record->context = part(1);
  record->message = part(2);
  record->source = texts.Take(source);
  record->stream = own_stream ? texts.Take(stream) : record->source;
  return numbers.ok() && texts.ok();
}

}  // namespace

size_t MostSpoolRecordBytes(const ShipRecord& record) {
  return kMostBytesBesideTexts + record.line.size() + record.level.size() + record.context.size() + record.message.size() +
         record.source.size() + record.stream.size();
}

std::string_view EncodeSpoolRecord(const ShipRecord& record, char* to) {
  unsigned flags = (record.cut ? kCut : 0u) | (record.console ? kConsole : 0u) | (record.pid ? kHasPid : 0u);
  if (record.stream == record.source) flags |= kStreamIsSource;
  to[kFormatAt] = static_cast<char>(record.format);
  to[kMessageTypeAt] = static_cast<char>(record.message_type);
  StoreLittle<uint64_t>(to + kIdAt, record.id.high);
  StoreLittle<uint64_t>(to + kIdAt + 8, record.id.low);
  StoreLittle<uint64_t>(to + kTimeAt, static_cast<uint64_t>(record.time_ns));

  char* number = StoreVarint(to + kVarintsAt, ZigZag(static_cast<int64_t>(static_cast<uint64_t>(record.read_ms) - MillisOf(record))));
  if (record.pid) number = StoreVarint(number, ZigZag(*record.pid));
  number = StoreVarint(number, record.line.size());
  std::array<std::string_view, 3> parts{record.level, record.context, record.message};
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    if (StandsIn(record.line, part)) {
      flags |= kInLine[i];
      number = StoreVarint(number, static_cast<size_t>(part.data() - record.line.data()));
      parts[i] = {};
    }
    number = StoreVarint(number, part.size());
  }
  number = StoreVarint(number, record.source.size());
  const bool own_stream = (flags & kStreamIsSource) == 0;
  if (own_stream) number = StoreVarint(number, record.stream.size());
  StoreLittle<uint16_t>(to + kFlagsAt, static_cast<uint16_t>(flags));

  char* end = Put(number, record.line);
  for (const std::string_view part : parts) end = Put(end, part);
  end = Put(end, record.source);
  if (own_stream) end = Put(end, record.stream);
  return {number, static_cast<size_t>(end - number)};
}

bool DecodeSpoolRecord(std::string_view payload, ShipRecord* record) {
  if (payload.size() < kLeastPayloadBytes) return false;
  const char* const from = payload.data();
  const auto flags = LoadLittle<uint16_t>(from + kFlagsAt);
  const auto format = static_cast<uint8_t>(from[kFormatAt]);
  const auto type = static_cast<uint8_t>(from[kMessageTypeAt]);
  if (format > static_cast<uint8_t>(RecordFormat::kText) || type > static_cast<uint8_t>(Value::Type::kArray)) return false;
  if ((flags & ~kAllFlags) != 0) return false;
  record->format = static_cast<RecordFormat>(format);
  record->message_type = static_cast<Value::Type>(type);
  record->cut = (flags & kCut) != 0;
  record->console = (flags & kConsole) != 0;
  record->id = {LoadLittle<uint64_t>(from + kIdAt), LoadLittle<uint64_t>(from + kIdAt + 8)};
  record->time_ns = static_cast<int64_t>(LoadLittle<uint64_t>(from + kTimeAt));

  ByteReader numbers(payload.substr(kVarintsAt));
  record->read_ms = static_cast<int64_t>(MillisOf(*record) + static_cast<uint64_t>(numbers.Signed()));
  record->pid.reset();
  if ((flags & kHasPid) != 0) record->pid = numbers.Signed();
  return ReadTexts(numbers, payload, flags, record);
}

}  // namespace logmill
