#include "shipping/otlp_record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "shipping/otlp_severity.h"
#include "shipping/said_elsewhere.h"

namespace logmill {
namespace {

constexpr size_t kMostAttributes = 128;
constexpr size_t kMostValues = 1024;
constexpr size_t kMostDepth = 8;
constexpr size_t kDockerIdDigits = 12;  // sources/ names a container's streams by so many digits of its id
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

uint64_t Nanoseconds(int64_t time_ns) { return time_ns < 0 ? 0 : static_cast<uint64_t>(time_ns); }

// Not all zeros, which means none.
bool IsId(std::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of(kHexDigits) == std::string_view::npos &&
         text.find_first_not_of('0') != std::string_view::npos;
}

bool IsOneOf(std::string_view name, std::string_view first, std::string_view second, std::string_view third) {
  return name == first || name == second || name == third;
}

JsonKind KindOf(Value::Type type) {
  switch (type) {
    case Value::Type::kObject:
      return JsonKind::kObject;
    case Value::Type::kArray:
      return JsonKind::kArray;
    case Value::Type::kNumber:
      return JsonKind::kNumber;
    default:
      return JsonKind::kLiteral;
  }
}

bool IsEmpty(const JsonValue& list) {
  const size_t first = list.raw.find_first_not_of(" \t\r\n", list.raw.find_first_of("{[") + 1);
  return first == std::string_view::npos || list.raw[first] == '}' || list.raw[first] == ']';
}

template <typename ValueOut>
void WriteNumber(std::string_view text, ValueOut& out) {
  const char* const end = text.data() + text.size();
  int64_t integer = 0;
  if (const auto read = std::from_chars(text.data(), end, integer); read.ec == std::errc() && read.ptr == end) return out.Int(integer);
  double number = 0;
  const auto read = std::from_chars(text.data(), end, number);
  const bool whole = text.find_first_of(".eE") == std::string_view::npos;
  // An integer of more than 64 bits would lose digits.
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(number) || whole) return out.Text(text);
  out.Double(number);
}

}  // namespace

void OtlpRecord::Write(const ShipRecord& record, otlp::ProtobufRecord out) { WriteRecord(record, out); }
void OtlpRecord::Write(const ShipRecord& record, otlp::JsonOtlpRecord out) { WriteRecord(record, out); }

template <typename Record>
void OtlpRecord::WriteRecord(const ShipRecord& record, Record& out) {
  state_ = {.values_left = kMostValues};
  out.Time(Nanoseconds(record.time_ns));
  const int severity = OtlpSeverity(record.level);
  if (severity != 0) out.Severity(severity);
  if (!record.level.empty()) out.SeverityText(record.level);
  WriteBody(record, out);
  out.Attributes([&](auto& members) { WriteAttributes(record, members); });
  if (state_.dropped != 0) out.Dropped(state_.dropped);
  if (!state_.trace_flags.empty()) {
    uint32_t flags = 0;
    std::from_chars(state_.trace_flags.data(), state_.trace_flags.data() + state_.trace_flags.size(), flags, 16);
    out.Flags(flags);
  }
  if (!state_.trace_id.empty()) out.TraceId(state_.trace_id);
  if (!state_.span_id.empty()) out.SpanId(state_.span_id);
  out.Observed(Nanoseconds(record.read_ms) * 1'000'000);
}

template <typename Record>
void OtlpRecord::WriteBody(const ShipRecord& record, Record& out) {
  if (record.message_type == Value::Type::kAbsent || record.message_type == Value::Type::kNull) return;
  out.Body([&](auto& value) {
    if (record.message_type == Value::Type::kString) return value.Text(record.message);
    WriteValue({.kind = KindOf(record.message_type), .raw = record.message}, 0, value);
  });
}

template <typename Members>
void OtlpRecord::WriteAttributes(const ShipRecord& record, Members& members) {
  JsonNames names;
  WriteOwn(record, names, members);
  if (record.is_json_object()) WriteMembers(record, names, members);
  if (state_.changed) members.Add("log.record.original", [&](auto& value) { value.Text(record.line); });
}

template <typename Members>
void OtlpRecord::WriteOwn(const ShipRecord& record, JsonNames& names, Members& members) {
  const auto text = [&](std::string_view name, std::string_view words) {
    if (words.empty()) return;
    names.Add(name);
    members.Add(name, [&](auto& value) { value.Text(words); });
  };
  text("log.record.uid", FormatRecordId(record.id));
  text("logmill.source", record.source);
  text("logmill.context", record.context);
  text("logmill.format", record.format == RecordFormat::kText ? "text" : record.console ? "console" : "json");
  if (record.cut) {
    names.Add("logmill.cut");
    members.Add("logmill.cut", [](auto& value) { value.Bool(true); });
  }
  if (record.pid) {
    names.Add("process.pid");
    members.Add("process.pid", [&](auto& value) { value.Int(*record.pid); });
  }
  const std::string_view stream = record.stream;
  const bool container = stream.size() == kDockerIdDigits + 7 && (stream.ends_with("/stdout") || stream.ends_with("/stderr")) &&
                         stream.find_first_not_of(kHexDigits) == kDockerIdDigits;
  text(stream.starts_with('/') ? "log.file.path"
       : container             ? "container.id"
                               : "logmill.stream",
       container ? stream.substr(0, kDockerIdDigits) : stream);
  if (container) text("log.iostream", stream.substr(kDockerIdDigits + 1));
}

template <typename Members>
void OtlpRecord::WriteMembers(const ShipRecord& record, JsonNames& names, Members& members) {
  JsonMembers line(record.line);
  std::string unescaped;
  size_t attributes = 0;
  while (line.Next()) {
    if (IsSaidElsewhere(line.key(), line.value(), record) || TakeTrace(line.key(), line.value())) continue;
    const std::string_view name = IsStack(line.key(), line.value()) ? "exception.stacktrace" : TextOf(line.key(), unescaped);
    if (attributes == kMostAttributes || name.empty() || name == "log.record.original" || !names.Add(name)) {
      ++state_.dropped;
      state_.changed = true;
      continue;
    }
    ++attributes;
    members.Add(name, [&](auto& value) { WriteValue(line.value(), 0, value); });
  }
  state_.changed |= !line.valid();
}

bool OtlpRecord::TakeTrace(const JsonValue& key, const JsonValue& value) {
  if (value.kind != JsonKind::kString) return false;
  const auto take = [&](size_t digits, std::string_view& id) {
    if (!id.empty() || !IsId(value.raw, digits)) return false;
    id = value.raw;
    return true;
  };
  if (IsOneOf(key.raw, "trace_id", "traceId", "trace.id")) return take(32, state_.trace_id);
  if (IsOneOf(key.raw, "span_id", "spanId", "span.id")) return take(16, state_.span_id);
  if (IsOneOf(key.raw, "trace_flags", "traceFlags", "trace.flags")) return take(2, state_.trace_flags);
  return false;
}

template <typename ValueOut>
void OtlpRecord::WriteValue(const JsonValue& value, size_t depth, ValueOut& out) {
  switch (value.kind) {
    case JsonKind::kString:
      return out.Text(TextOf(value, scratch_));
    case JsonKind::kNumber:
      return WriteNumber(value.raw, out);
    case JsonKind::kLiteral:
      if (value.raw != "null") out.Bool(value.raw == "true");
      return;
    case JsonKind::kObject:
    case JsonKind::kArray:
      if (depth < kMostDepth && state_.values_left > 0) return WriteNested(value, depth, out);
      return out.Text(value.raw);
  }
}

template <typename ValueOut>
void OtlpRecord::WriteNested(const JsonValue& value, size_t depth, ValueOut& out) {
  JsonMembers nested(value.raw);
  const auto more = [&] {
    if (!nested.Next()) return false;
    if (state_.values_left > 0) return --state_.values_left, true;
    state_.changed = true;
    return false;
  };
  if (value.kind == JsonKind::kArray) {
    return out.Array(IsEmpty(value), [&](auto& elements) {
      while (more()) elements.Add([&](auto& element) { WriteValue(nested.value(), depth + 1, element); });
    });
  }
  out.Map(IsEmpty(value), [&](auto& members) {
    JsonNames names;
    std::string unescaped;
    while (more()) {
      const std::string_view name = TextOf(nested.key(), unescaped);
      if (!names.Add(name)) {
        state_.changed = true;
        continue;
      }
      members.Add(name, [&](auto& member) { WriteValue(nested.value(), depth + 1, member); });
    }
  });
}

}  // namespace logmill
