#include "shipping/said_elsewhere.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "logging/schema.h"

namespace logmill {
namespace {

constexpr int64_t kNanosecondsOfMillisecond = 1'000'000;

bool IsNumber(const JsonValue& value, int64_t number) {
  if (value.kind != JsonKind::kNumber) return false;
  std::array<char, 24> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return value.raw == std::string_view(digits.data(), end);
}

int64_t Milliseconds(int64_t time_ns) { return time_ns / kNanosecondsOfMillisecond - (time_ns % kNanosecondsOfMillisecond < 0 ? 1 : 0); }

bool IsMessage(const JsonValue& value, const ShipRecord& record) {
  return value.kind == JsonKind::kString ? record.message_type == Value::Type::kString && value.Means(record.message)
                                         : value.raw == record.message;
}

}  // namespace

bool IsSaidElsewhere(const JsonValue& key, const JsonValue& value, const ShipRecord& record) {
  const std::string_view name = key.raw;
  if (name == kLevelKey) return value.Means(record.level);
  if (name == kPidKey) return record.pid && IsNumber(value, *record.pid);
  if (name == kTimestampKey || name == "time" || name == "ts") return IsNumber(value, Milliseconds(record.time_ns));
  if (name == kMessageKey || name == "msg") return IsMessage(value, record);
  if (name == kContextKey) return value.Means(record.context);
  return false;
}

bool IsStack(const JsonValue& key, const JsonValue& value) { return key.raw == kStackKey && value.kind == JsonKind::kString; }

}  // namespace logmill
