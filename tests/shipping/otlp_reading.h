// OTLP as a test reads it: protobuf by the numbers of common.proto and logs.proto, and the JSON mapping.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <ostream>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shipping/otlp.h"

namespace logmill::otlp_test {

using protozero::pbf_reader;

inline constexpr int64_t kNow = 1'766'533'331'507'000'000;

// Values as text: "s:..." string, "i:..." int64, "d:..." double, "b:..." bool, "null", "[v,v]", "{k=v,k=v}".
struct LogRecord {
  uint64_t time = 0;
  uint64_t observed = 0;
  int64_t severity = 0;
  std::string severity_text;
  std::string body = "absent";
  std::map<std::string, std::string> attributes;
  uint64_t dropped = 0;
  uint64_t flags = 0;
  std::string trace_id;  // bytes
  std::string span_id;
  bool operator==(const LogRecord&) const = default;
};

struct ResourceLogs {
  std::map<std::string, std::string> resource;
  std::string scope;
  std::vector<LogRecord> records;
  bool operator==(const ResourceLogs&) const = default;
};

inline void PrintTo(const LogRecord& record, std::ostream* out) {
  *out << record.time << ' ' << record.observed << ' ' << record.severity << record.severity_text << ' ' << record.body;
  for (const auto& [name, value] : record.attributes) *out << '\n' << name << " = " << value;
}

inline std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

inline std::string DoubleText(double number) { return "d:" + std::to_string(number); }

// By the numbers of common.proto and logs.proto.
namespace protobuf {

inline std::string ReadAny(pbf_reader any);

inline std::pair<std::string, std::string> ReadMember(pbf_reader member) {
  std::pair<std::string, std::string> result{"", "null"};
  while (member.next()) {
    if (member.tag() == 1) {
      result.first = member.get_string();
    } else {
      EXPECT_EQ(member.tag(), 2u);
      result.second = ReadAny(member.get_message());
    }
  }
  return result;
}

inline std::string ReadList(pbf_reader list, bool members) {
  std::vector<std::string> parts;
  while (list.next(1)) {
    if (members) {
      const auto [name, value] = ReadMember(list.get_message());
      parts.push_back(name + "=" + value);
    } else {
      parts.push_back(ReadAny(list.get_message()));
    }
  }
  return Join(parts);
}

inline std::string ReadAny(pbf_reader any) {
  if (!any.next()) return "null";
  switch (any.tag()) {
    case 1:
      return "s:" + any.get_string();
    case 2:
      return any.get_bool() ? "b:true" : "b:false";
    case 3:
      return "i:" + std::to_string(any.get_int64());
    case 4:
      return DoubleText(any.get_double());
    case 5:
      return "[" + ReadList(any.get_message(), false) + "]";
    default:
      EXPECT_EQ(any.tag(), 6u);
      return "{" + ReadList(any.get_message(), true) + "}";
  }
}

inline LogRecord ReadRecord(pbf_reader message) {
  LogRecord record;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        record.time = message.get_fixed64();
        break;
      case 2:
        record.severity = message.get_enum();
        break;
      case 3:
        record.severity_text = message.get_string();
        break;
      case 5:
        record.body = ReadAny(message.get_message());
        break;
      case 6:
        EXPECT_TRUE(record.attributes.insert(ReadMember(message.get_message())).second);
        break;
      case 7:
        record.dropped = message.get_uint32();
        break;
      case 8:
        record.flags = message.get_fixed32();
        break;
      case 9:
        record.trace_id = message.get_bytes();
        break;
      case 10:
        record.span_id = message.get_bytes();
        break;
      default:
        EXPECT_EQ(message.tag(), 11u);
        record.observed = message.get_fixed64();
    }
  }
  return record;
}

inline void ReadScope(pbf_reader message, ResourceLogs& logs) {
  while (message.next()) {
    if (message.tag() == 2) {
      logs.records.push_back(ReadRecord(message.get_message()));
      continue;
    }
    EXPECT_EQ(message.tag(), 1u);
    pbf_reader scope = message.get_message();
    while (scope.next()) logs.scope += scope.get_string() + ";";
  }
}

inline std::vector<ResourceLogs> Read(const std::string& body) {
  std::vector<ResourceLogs> all;
  pbf_reader request(body);
  while (request.next(1)) {
    ResourceLogs logs;
    pbf_reader message = request.get_message();
    while (message.next()) {
      if (message.tag() == 2) {
        ReadScope(message.get_message(), logs);
        continue;
      }
      EXPECT_EQ(message.tag(), 1u);
      pbf_reader resource = message.get_message();
      while (resource.next(1)) logs.resource.insert(ReadMember(resource.get_message()));
    }
    all.push_back(logs);
  }
  return all;
}

}  // namespace protobuf

// The JSON mapping.
namespace json {

using Element = simdjson::dom::element;

inline std::string Text(const Element& value) { return std::string(value.get_string().value()); }

// By value: a loop over a temporary's part would outlive it.
inline simdjson::dom::array Items(const Element& list) { return list.get_array().value(); }
inline simdjson::dom::array Items(simdjson::simdjson_result<Element> list) { return Items(list.value()); }

inline std::string ReadAny(const Element& any);

inline std::pair<std::string, std::string> ReadMember(const Element& member) {
  return {Text(member["key"].value()), ReadAny(member["value"].value())};
}

inline std::string ReadAny(const Element& any) {
  const simdjson::dom::object object = any.get_object().value();
  if (object.size() == 0) return "null";
  EXPECT_EQ(object.size(), 1u);
  const auto [name, value] = *object.begin();
  if (name == "stringValue") return "s:" + Text(value);
  if (name == "boolValue") return value.get_bool().value() ? "b:true" : "b:false";
  if (name == "intValue") return "i:" + Text(value);
  if (name == "doubleValue") return DoubleText(value.get_double().value());
  std::vector<std::string> parts;
  for (const Element item : Items(value["values"])) {
    if (name == "arrayValue") {
      parts.push_back(ReadAny(item));
    } else {
      EXPECT_EQ(name, "kvlistValue");
      const auto [key, text] = ReadMember(item);
      parts.push_back(key + "=" + text);
    }
  }
  return name == "arrayValue" ? "[" + Join(parts) + "]" : "{" + Join(parts) + "}";
}

inline std::string Bytes(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

inline LogRecord ReadRecord(const Element& message) {
  LogRecord record;
  const simdjson::dom::object members = message.get_object().value();
  for (const auto [name, value] : members) {
    if (name == "timeUnixNano") {
      record.time = std::stoull(Text(value));
    } else if (name == "observedTimeUnixNano") {
      record.observed = std::stoull(Text(value));
    } else if (name == "severityNumber") {
      record.severity = value.get_int64().value();
    } else if (name == "severityText") {
      record.severity_text = Text(value);
    } else if (name == "body") {
      record.body = ReadAny(value);
    } else if (name == "attributes") {
      for (const Element member : Items(value)) EXPECT_TRUE(record.attributes.insert(ReadMember(member)).second);
    } else if (name == "droppedAttributesCount") {
      record.dropped = value.get_uint64().value();
    } else if (name == "flags") {
      record.flags = value.get_uint64().value();
    } else if (name == "traceId") {
      record.trace_id = Bytes(Text(value));
    } else {
      EXPECT_EQ(name, "spanId");
      record.span_id = Bytes(Text(value));
    }
  }
  return record;
}

inline std::vector<ResourceLogs> Read(const std::string& body) {
  std::vector<ResourceLogs> all;
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(body);
  for (const Element message : Items(parser.parse(padded)["resourceLogs"])) {
    ResourceLogs logs;
    for (const Element member : Items(message["resource"]["attributes"])) logs.resource.insert(ReadMember(member));
    for (const Element scope : Items(message["scopeLogs"])) {
      logs.scope += Text(scope["scope"]["name"].value()) + ";" + Text(scope["scope"]["version"].value()) + ";";
      for (const Element record : Items(scope["logRecords"])) logs.records.push_back(ReadRecord(record));
    }
    all.push_back(logs);
  }
  return all;
}

}  // namespace json

// What a server reads, which is the same in both ways.
inline std::vector<ResourceLogs> Encode(const std::vector<ShipRecord>& batch, OtlpOptions options = {}) {
  options.json = false;
  const std::vector<ResourceLogs> logs = protobuf::Read(MakeOtlp(options)->Encode(batch).body);
  options.json = true;
  EXPECT_EQ(json::Read(MakeOtlp(options)->Encode(batch).body), logs);
  return logs;
}

inline LogRecord EncodeOne(const ShipRecord& record) {
  const std::vector<ResourceLogs> logs = Encode({record});
  return logs.at(0).records.at(0);
}

inline ShipRecord Text(std::string_view line) {
  return {.id = {1, 2}, .time_ns = kNow, .read_ms = kNow / 1'000'000 + 5, .message = line, .source = "gallery", .line = line};
}

}  // namespace logmill::otlp_test
