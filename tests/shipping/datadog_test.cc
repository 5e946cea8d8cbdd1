#include "shipping/datadog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "shipping/json_writer.h"
#include "tests/shipping/line_records.h"
#include "tests/shipping/random_json.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

FakeClock& ClockAt(int64_t unix_ms) {
  static FakeClock clock;
  clock.Advance(std::chrono::milliseconds(unix_ms - clock.UnixMillis()));
  return clock;
}

DatadogOptions Options() {
  return {.api_key = kKey,
          .tags = {"team:photos"},
          .identity = {.service = "gallery-api", .host = "photos", .environment = "production"},
          .clock = &ClockAt(0)};  // long before all records
}

std::string BodyOf(const ShipRecord& record) {
  const std::vector<ShipRecord> batch{record};
  return MakeDatadog(Options())->Encode(batch).body;
}

std::string EntryOf(const ShipRecord& record, std::string_view parts) {
  return R"([{"ddsource":"logmill","ddtags":"env:production,team:photos","hostname":"photos","service":"gallery-api","timestamp":)" +
         std::to_string(record.time_ns / 1'000'000) + "," + std::string(parts) + "}]";
}

std::string OwnOf(const ShipRecord& record, std::string_view format, std::string_view rest = "") {
  return R"("logmill":{"id":")" + FormatRecordId(record.id) + R"(","source":"gallery","stream":"/var/log/gallery/api.log","format":")" +
         std::string(format) + "\"" + std::string(rest) + "}";
}

TEST(DatadogTest, SaysLines) {
  LineRecords lines;
  const ShipRecord& plain = lines.Add(gallery_lines::kPlain);
  EXPECT_EQ(BodyOf(plain),
            EntryOf(plain, R"("status":"log","message":"Initialized websocket server","pid":11,"logger":{"name":"WebsocketRepository"},)" +
                               OwnOf(plain, "json")));
  const ShipRecord& text = lines.Add(gallery_lines::kText);
  EXPECT_EQ(BodyOf(text), EntryOf(text, R"("message":"Error: connect ECONNREFUSED 127.0.0.1:6390",)" + OwnOf(text, "text")));
}

TEST(DatadogTest, WhatDatadogWouldDropForItsAgeComesWithoutATimestamp) {
  LineRecords lines;
  const ShipRecord& record = lines.Add(gallery_lines::kPlain);
  const int64_t time_ms = record.time_ns / 1'000'000;
  const std::string timestamp = "\"timestamp\":" + std::to_string(time_ms);
  const std::vector<ShipRecord> batch{record};
  const auto protocol = MakeDatadog(Options());
  constexpr int64_t kSeventeenHours = int64_t{17} * 3600 * 1000;
  ClockAt(time_ms + kSeventeenHours);
  EXPECT_THAT(protocol->Encode(batch).body, HasSubstr("\"service\":\"gallery-api\"," + timestamp + ",\"status\""));
  ClockAt(time_ms + kSeventeenHours + 1);
  EXPECT_THAT(protocol->Encode(batch).body, HasSubstr("\"service\":\"gallery-api\",\"status\""));
  EXPECT_THAT(protocol->Encode(batch).body, HasSubstr("\"format\":\"json\"," + timestamp + "}"));
}

TEST(DatadogTest, SaysObjectsAndStacks) {
  LineRecords lines;
  const ShipRecord& object = lines.Add(gallery_lines::kForged);
  EXPECT_THAT(BodyOf(object), HasSubstr(R"("status":"log","message":"{\"message\":\"x\",\"level\":\"fatal\",\"context\":\"Fake\"}",)"));
  EXPECT_THAT(BodyOf(object), HasSubstr(OwnOf(object, "json", R"(,"message":{"message":"x","level":"fatal","context":"Fake"})")));
  const ShipRecord& job = lines.Add(gallery_lines::kJobData);
  EXPECT_THAT(BodyOf(job), HasSubstr(R"("logger":{"name":"{\"source\":\"upload\",\"id\":\"521a95cc-a94f-45be-b953-9c1528de9dd9\"}"},)"));
  EXPECT_THAT(BodyOf(job), HasSubstr(R"(,"error":{"stack":"Error: failed\n    at )"));
}

TEST(DatadogTest, RenamesMembersThatHaveItsNames) {
  LineRecords lines;
  const std::string body =
      BodyOf(lines.Add(R"({"message":"m","service":"s","logmill":1,"ddtags":"x","trace_id":"7","message":"n","status":200})"));
  EXPECT_THAT(body, HasSubstr(R"("service_":"s","logmill_":1,"ddtags_":"x","trace_id":"7","status_":200}])"));
  EXPECT_THAT(body, HasSubstr(R"("message":"n",)"));
  EXPECT_THAT(body, HasSubstr(R"("message_":"m",)"));
}

TEST(DatadogTest, JoinsABatch) {
  LineRecords lines;
  for (int i = 0; i < 3; ++i) lines.Add(gallery_lines::kPlain);
  const ProtocolRequest request = MakeDatadog(Options())->Encode(lines.all());
  simdjson::dom::parser parser;
  simdjson::dom::array entries;
  ASSERT_EQ(parser.parse(request.body).get(entries), simdjson::SUCCESS);
  EXPECT_EQ(entries.size(), 3U);
  EXPECT_EQ(request.path, "/api/v2/logs");
}

// Every entry is one object of JSON with the message as a text and no name twice, whatever is logged.
TEST(DatadogTest, SendsJsonWhateverIsLogged) {
  RandomJson random(7);
  simdjson::dom::parser parser;
  for (int i = 0; i < 4'000; ++i) {
    LineRecords lines;
    const ShipRecord& record = lines.Add(random.Object(4));
    const std::string body = BodyOf(record);
    simdjson::dom::array entries;
    ASSERT_EQ(parser.parse(body).get(entries), simdjson::SUCCESS) << body;
    EXPECT_EQ(FindInvalidUtf8(body), std::string_view::npos);
    std::set<std::string_view> names;
    for (const auto& [key, value] : simdjson::dom::object(entries.at(0))) EXPECT_TRUE(names.insert(key).second) << key << " in " << body;
    std::string message = "\"message\":";
    JsonWriter(message).Text(record.message);
    EXPECT_THAT(body, HasSubstr(message));
  }
}

TEST(DatadogTest, CutsWhatIsTooLong) {
  for (const std::string piece : {"x", "é", "\\u0001"}) {
    LineRecords lines;
    std::string message;
    while (message.size() < 1'500'000) message += piece;
    const ShipRecord& record = lines.Add(R"({"a":"member","message":")" + message + "\"}");
    const std::string body = BodyOf(record);
    EXPECT_LE(body.size(), 1'000'002U);
    EXPECT_GT(body.size(), 100'000U);
    EXPECT_EQ(FindInvalidUtf8(body), std::string_view::npos);
    EXPECT_THAT(body.substr(body.size() - 200), HasSubstr(R"("cut":true}}])"));
    simdjson::dom::parser parser;
    EXPECT_EQ(parser.parse(body).error(), simdjson::SUCCESS);
  }
}

TEST(DatadogTest, SendsItsKey) {
  const ProtocolRequest request = MakeDatadog(Options())->Encode({});
  EXPECT_THAT(request.headers,
              testing::Contains(testing::AllOf(testing::Field(&HttpField::name, "DD-API-KEY"), testing::Field(&HttpField::value, kKey))));
  EXPECT_THAT(request.body, Not(HasSubstr(kKey)));
  EXPECT_THAT(MakeDatadog({.api_key_file = "/nonexistent/key"})->Encode({}).error, HasSubstr("no API key: cannot read /nonexistent/key"));
}

TEST(DatadogTest, ReadsAnswers) {
  const auto datadog = MakeDatadog(Options());
  const auto read = [&](int status) {
    return datadog->Read({.status = status, .headers = {}, .body = R"({"errors":[{"title":"no"}]})"}, {});
  };
  EXPECT_EQ(read(202).kind, Delivery::Kind::kTaken);
  EXPECT_EQ(read(200).kind, Delivery::Kind::kTaken);
  EXPECT_EQ(read(204).reason, RetryReason::kBroken);
  EXPECT_EQ(read(400).kind, Delivery::Kind::kSplit);
  EXPECT_EQ(read(413).kind, Delivery::Kind::kSplit);
  EXPECT_EQ(read(405).kind, Delivery::Kind::kRetry);
  EXPECT_EQ(read(413).words, R"(413 Content Too Large: {"errors":[{"title":"no"}]})");
  for (const char* body : {"400: somebody else", R"({"errors":[)"}) {
    EXPECT_EQ(datadog->Read({.status = 400, .headers = {}, .body = body}, {}).reason, RetryReason::kBroken) << body;
  }
  EXPECT_EQ(datadog->Read({.status = 202, .headers = {}, .body = "{"}, {}).reason, RetryReason::kBroken);
}

TEST(DatadogTest, SaysHowItIs) {
  const auto datadog = MakeDatadog(Options());
  EXPECT_EQ(datadog->HealthRequest().body, "[]");
  const auto health = [&](int status) { return datadog->ReadHealth({.status = status, .headers = {}, .body = "{}"}); };
  EXPECT_TRUE(health(202).has_value());
  EXPECT_THAT(health(403).error(), HasSubstr("does not accept the key"));
  EXPECT_EQ(health(500).error(), "500: {}");
}

TEST(CheckDatadogTest, SaysWhatIsWrong) {
  EXPECT_EQ(CheckDatadog(Options()), "");
  EXPECT_NE(CheckDatadog({}), "");
  EXPECT_NE(CheckDatadog({.api_key = kKey, .api_key_file = "f"}), "");
  EXPECT_NE(CheckDatadog({.api_key = kKey, .tags = {"a,b"}}), "");
  EXPECT_NE(CheckDatadog({.api_key = kKey, .tags = {""}}), "");
}

}  // namespace
}  // namespace logmill
