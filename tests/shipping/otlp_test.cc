#include "shipping/otlp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "shipping/record_id.h"
#include "tests/shipping/otlp_reading.h"

namespace logmill::otlp_test {
namespace {

using testing::ElementsAre;

// A JSON line without anything that the record says itself.
ShipRecord Json(std::string_view line) {
  ShipRecord record = Text(line);
  record.format = RecordFormat::kJson;
  record.message = "m";
  return record;
}

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(OtlpTest, WritesARecordAsTheDataModelHasIt) {
  const std::string line =
      R"({"level":"error","pid":36,"timestamp":1766533331507,"message":"no \"way\"","context":"Jobs","user":{"id":7,"tags":["a",null,{},[]]},"ratio":0.5,"ok":true,"none":null,"stack":"Error\n at x"})";
  ShipRecord record = Text(line);
  record.format = RecordFormat::kJson;
  record.level = "error";
  record.context = "Jobs";
  record.message = "no \"way\"";
  record.pid = 36;
  record.stream = "/var/log/gallery.log";
  const OtlpOptions options{.resource = {{"team", "photos"}, {"host.name", "elsewhere"}},
                            .identity = {.service = "", .host = "box", .environment = "production", .version = "1.2"}};
  const std::vector<ResourceLogs> logs = Encode({record}, options);
  ASSERT_EQ(logs.size(), 1u);
  const std::map<std::string, std::string> resource{
      {"service.name", "s:gallery"}, {"host.name", "s:elsewhere"}, {"deployment.environment.name", "s:production"}, {"team", "s:photos"}};
  EXPECT_EQ(logs[0].resource, resource);
  EXPECT_EQ(logs[0].scope, "logmill;1.2;");
  const LogRecord expected{.time = kNow,
                           .observed = kNow + 5'000'000,
                           .severity = 17,
                           .severity_text = "error",
                           .body = "s:no \"way\"",
                           .attributes = {{"log.record.uid", "s:" + FormatRecordId({1, 2})},
                                          {"logmill.source", "s:gallery"},
                                          {"logmill.context", "s:Jobs"},
                                          {"logmill.format", "s:json"},
                                          {"log.file.path", "s:/var/log/gallery.log"},
                                          {"process.pid", "i:36"},
                                          {"user", "{id=i:7,tags=[s:a,null,{},[]]}"},
                                          {"ratio", "d:0.500000"},
                                          {"ok", "b:true"},
                                          {"none", "null"},
                                          {"exception.stacktrace", "s:Error\n at x"}},
                           .trace_id = {},
                           .span_id = {}};
  EXPECT_THAT(logs[0].records, ElementsAre(expected));
}

TEST(OtlpTest, WritesTheJsonMapping) {
  ShipRecord record = Text("hi \"there\"");
  record.pid = 7;
  const ProtocolRequest request = MakeOtlp({.json = true, .identity = {.version = "1"}})->Encode(std::vector<ShipRecord>{record});
  EXPECT_EQ(request.path, "/v1/logs");
  EXPECT_FALSE(request.packed);
  EXPECT_EQ(request.headers[0].value, "application/json");
  EXPECT_EQ(request.body,
            R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gallery"}}]},)"
            R"("scopeLogs":[{"scope":{"name":"logmill","version":"1"},"logRecords":[{"timeUnixNano":"1766533331507000000",)"
            R"("body":{"stringValue":"hi \"there\""},"attributes":[{"key":"log.record.uid","value":{"stringValue":")" +
                FormatRecordId({1, 2}) +
                R"("}},{"key":"logmill.source","value":{"stringValue":"gallery"}},{"key":"logmill.format","value":{"stringValue":"text"}},)"
                R"({"key":"process.pid","value":{"intValue":"7"}}],"observedTimeUnixNano":"1766533331512000000"}]}]}]})");
}

TEST(OtlpTest, GroupsByService) {
  ShipRecord other = Text("b");
  other.source = "proxy";
  const std::vector<ResourceLogs> logs = Encode({Text("a"), other, Text("c")});
  ASSERT_EQ(logs.size(), 2u);
  EXPECT_EQ(logs[0].records.size(), 2u);
  EXPECT_EQ(logs[0].records[1].body, "s:c");
  EXPECT_EQ(logs[1].resource.at("service.name"), "s:proxy");
  EXPECT_EQ(Encode({Text("a"), other}, {.identity = {.service = "photos"}}).size(), 1u);
  other.source = "";
  EXPECT_EQ(Encode({other})[0].resource.at("service.name"), "s:unknown_service");
}

TEST(OtlpTest, SaysWhereARecordIsFrom) {
  ShipRecord record = Text("x");
  record.stream = "0123456789ab/stderr";
  EXPECT_EQ(EncodeOne(record).attributes.at("container.id"), "s:0123456789ab");
  EXPECT_EQ(EncodeOne(record).attributes.at("log.iostream"), "s:stderr");
  record.stream = "sshd[12]";
  EXPECT_EQ(EncodeOne(record).attributes.at("logmill.stream"), "s:sshd[12]");
  record.cut = true;
  EXPECT_EQ(EncodeOne(record).attributes.at("logmill.cut"), "b:true");
}

TEST(OtlpTest, TheBodyIsTheMessageAsItWas) {
  ShipRecord record = Json("{}");
  const auto body = [&](Value::Type type, std::string_view text) {
    record.message_type = type;
    record.message = text;
    return EncodeOne(record).body;
  };
  EXPECT_EQ(body(Value::Type::kObject, R"({"a":{"b":[1,2.5,"x"]},"":0})"), "{a={b=[i:1,d:2.500000,s:x]},=i:0}");
  EXPECT_EQ(body(Value::Type::kArray, "[]"), "[]");
  EXPECT_EQ(body(Value::Type::kNumber, "12"), "i:12");
  EXPECT_EQ(body(Value::Type::kBool, "false"), "b:false");
  EXPECT_EQ(body(Value::Type::kNull, "null"), "absent");
  EXPECT_EQ(body(Value::Type::kAbsent, ""), "absent");
  EXPECT_EQ(body(Value::Type::kString, ""), "s:");
}

TEST(OtlpTest, NumbersKeepTheirDigits) {
  const LogRecord record = EncodeOne(
      Json(R"({"a":9223372036854775807,"b":-9223372036854775808,"c":9223372036854775808,"d":1e400,"e":1.5e3,"f":-0,"g":1e-400})"));
  EXPECT_EQ(record.attributes.at("a"), "i:9223372036854775807");
  EXPECT_EQ(record.attributes.at("b"), "i:-9223372036854775808");
  EXPECT_EQ(record.attributes.at("c"), "s:9223372036854775808");
  EXPECT_EQ(record.attributes.at("d"), "s:1e400");
  EXPECT_EQ(record.attributes.at("e"), "d:1500.000000");
  EXPECT_EQ(record.attributes.at("f"), "i:0");
  EXPECT_EQ(record.attributes.at("g"), "s:1e-400");
}

TEST(OtlpTest, TakesGoodTraceIdsOnly) {
  LogRecord record = EncodeOne(Json(R"({"trace_id":"0af7651916cd43dd8448eb211c80319C","span_id":"b7ad6b7169203331","trace_flags":"01"})"));
  EXPECT_EQ(record.trace_id, "\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c");
  EXPECT_EQ(record.span_id, "\xb7\xad\x6b\x71\x69\x20\x33\x31");
  EXPECT_EQ(record.flags, 1u);
  EXPECT_FALSE(record.attributes.contains("trace_id"));
  record = EncodeOne(Json(R"({"traceId":"00000000000000000000000000000000","spanId":"b7ad6b716920333g","trace.id":12})"));
  EXPECT_EQ(record.trace_id + record.span_id, "");
  EXPECT_EQ(record.attributes.at("traceId"), "s:00000000000000000000000000000000");
  EXPECT_EQ(record.attributes.at("spanId"), "s:b7ad6b716920333g");
  EXPECT_EQ(record.attributes.at("trace.id"), "i:12");
  EXPECT_EQ(record.dropped, 0u);
}

TEST(OtlpTest, LeavesOutWhatCannotStandThereAndKeepsTheLine) {
  const std::string line = R"({"a":1,"a":2,"":3,"log.record.uid":"mine","b":{"c":1,"c":2}})";
  const LogRecord record = EncodeOne(Json(line));
  EXPECT_EQ(record.attributes.at("a"), "i:1");
  EXPECT_EQ(record.attributes.at("log.record.uid"), "s:" + FormatRecordId({1, 2}));
  EXPECT_EQ(record.attributes.at("b"), "{c=i:1}");
  EXPECT_EQ(record.dropped, 3u);
  EXPECT_EQ(record.attributes.at("log.record.original"), "s:" + line);
}

TEST(OtlpTest, IsBoundedInNumberAndDepth) {
  std::string line = "{";
  for (int i = 0; i < 200; ++i) line += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  line += "\"last\":1}";
  const LogRecord many = EncodeOne(Json(line));
  EXPECT_EQ(many.dropped, 73u);
  EXPECT_FALSE(many.attributes.contains("last"));
  EXPECT_EQ(many.attributes.at("log.record.original"), "s:" + line);

  const std::string deep_line = "{\"deep\":" + Nested(100) + "}";
  const LogRecord deep = EncodeOne(Json(deep_line));
  EXPECT_EQ(deep.attributes.at("deep"), std::string(8, '[') + "s:" + Nested(92) + std::string(8, ']'));
  EXPECT_FALSE(deep.attributes.contains("log.record.original"));

  std::string wide_line = "{\"wide\":[0";
  for (int i = 0; i < 5000; ++i) wide_line += ",{}";
  wide_line += "]}";
  const LogRecord wide = EncodeOne(Json(wide_line));
  EXPECT_EQ(std::ranges::count(wide.attributes.at("wide"), ','), 1023);
  EXPECT_EQ(wide.attributes.at("log.record.original"), "s:" + wide_line);
}

TEST(OtlpTest, OtherLinesThanObjectsHaveNoMembers) {
  ShipRecord record = Json(R"({"a":1})");
  record.console = true;
  EXPECT_EQ(EncodeOne(record).attributes.at("logmill.format"), "s:console");
  EXPECT_FALSE(EncodeOne(record).attributes.contains("a"));
  EXPECT_FALSE(EncodeOne(Text(R"({"a":1})")).attributes.contains("a"));
}

TEST(OtlpTest, NoBeginningOfALineDoesHarm) {
  const std::string line = R"({"a":{"b":[1,"\u00e4\n",{"c":null}]},"trace_id":"0af7651916cd43dd8448eb211c80319c","n":-1.5e3})";
  for (size_t i = 1; i < line.size(); ++i) {
    const LogRecord record = EncodeOne(Json(std::string(line.substr(0, i))));
    EXPECT_EQ(record.attributes.at("log.record.original"), "s:" + line.substr(0, i));
  }
}

TEST(OtlpTest, TimesBeforeTheEpochAreUnknown) {
  ShipRecord record = Text("x");
  record.time_ns = -1;
  EXPECT_EQ(EncodeOne(record).time, 0u);
}

}  // namespace
}  // namespace logmill::otlp_test
