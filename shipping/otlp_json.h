// The messages of OTLP logs in the JSON mapping: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. The same classes as in
// otlp_protobuf.h, which says more.
//
// Numbers of 64 bits are strings, identifiers hexadecimal digits, names in lowerCamelCase.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "shipping/json_writer.h"

namespace logmill::otlp {

template <typename Number>
void WriteDigits(Number number, JsonWriter& json) {
  std::array<char, 24> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  json.Text({digits.data(), static_cast<size_t>(end - digits.data())});
}

class JsonOtlpMembers;
class JsonOtlpElements;

class JsonOtlpValue {
 public:
  // Inside of the AnyValue's object.
  explicit JsonOtlpValue(JsonWriter& json) : json_(json) {}

  void Text(std::string_view text) { json_.Key("stringValue").Text(text); }
  void Bool(bool value) { json_.Key("boolValue").Bool(value); }
  void Int(int64_t number) { WriteDigits(number, json_.Key("intValue")); }
  void Double(double number) { json_.Key("doubleValue").Number(number); }
  template <typename Write>
  void Array(bool /*empty*/, const Write& write) {
    List<JsonOtlpElements>("arrayValue", write);
  }
  template <typename Write>
  void Map(bool /*empty*/, const Write& write) {
    List<JsonOtlpMembers>("kvlistValue", write);
  }

 private:
  template <typename Items, typename Write>
  void List(std::string_view name, const Write& write) {
    json_.Key(name).BeginObject().Key("values").BeginArray();
    Items items(json_);
    write(items);
    json_.EndArray().EndObject();
  }

  JsonWriter& json_;
};

class JsonOtlpMembers {
 public:
  explicit JsonOtlpMembers(JsonWriter& json) : json_(json) {}

  template <typename Write>
  void Add(std::string_view key, const Write& write) {
    json_.BeginObject().Key("key").Text(key).Key("value").BeginObject();
    JsonOtlpValue value(json_);
    write(value);
    json_.EndObject().EndObject();
  }

 private:
  JsonWriter& json_;
};

class JsonOtlpElements {
 public:
  explicit JsonOtlpElements(JsonWriter& json) : json_(json) {}

  template <typename Write>
  void Add(const Write& write) {
    json_.BeginObject();
    JsonOtlpValue value(json_);
    write(value);
    json_.EndObject();
  }

 private:
  JsonWriter& json_;
};

class JsonOtlpRecord {
 public:
  // Inside of the LogRecord's object.
  explicit JsonOtlpRecord(JsonWriter& json) : json_(json) {}

  void Time(uint64_t unix_ns) { WriteDigits(unix_ns, json_.Key("timeUnixNano")); }
  void Observed(uint64_t unix_ns) { WriteDigits(unix_ns, json_.Key("observedTimeUnixNano")); }
  void Severity(int number) { json_.Key("severityNumber").Number(int64_t{number}); }
  void SeverityText(std::string_view text) { json_.Key("severityText").Text(text); }
  template <typename Write>
  void Body(const Write& write) {
    json_.Key("body").BeginObject();
    JsonOtlpValue value(json_);
    write(value);
    json_.EndObject();
  }
  template <typename Write>
  void Attributes(const Write& write) {
    json_.Key("attributes").BeginArray();
    JsonOtlpMembers members(json_);
    write(members);
    json_.EndArray();
  }
  void Dropped(uint32_t attributes) { json_.Key("droppedAttributesCount").Number(uint64_t{attributes}); }
  void Flags(uint32_t flags) { json_.Key("flags").Number(uint64_t{flags}); }
  void TraceId(std::string_view hex) { json_.Key("traceId").Text(hex); }
  void SpanId(std::string_view hex) { json_.Key("spanId").Text(hex); }

 private:
  JsonWriter& json_;
};

}  // namespace logmill::otlp
