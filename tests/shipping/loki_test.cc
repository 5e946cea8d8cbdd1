#include "shipping/loki.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "shipping/loki_streams.h"
#include "tests/shipping/loki_fixture.h"

namespace logmill::loki_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using Kind = Delivery::Kind;

TEST_F(LokiTest, PushesProtobufInASnappyBlock) {
  options_.tenant = "photos";
  const std::vector<ShipRecord> batch{Line(kNow, "{\"a\":1}")};
  const ProtocolRequest request = MakeLoki(options_)->Encode(batch);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/loki/api/v1/push");
  EXPECT_TRUE(request.packed);
  ASSERT_EQ(request.headers.size(), 2u);
  EXPECT_EQ(request.headers[0].value, "application/x-protobuf");
  EXPECT_EQ(request.headers[1].name, "X-Scope-OrgID");
  EXPECT_EQ(request.headers[1].value, "photos");
  const std::vector<Stream> streams = ReadPush(request);
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams[0].labels, R"({level="log", service_name="gallery", source="gallery"})");
  const std::map<std::string, std::string> metadata{
      {"context", "Api"}, {"format", "json"}, {"pid", "30"}, {"stream", "/var/log/gallery.log"}};
  EXPECT_THAT(streams[0].entries, ElementsAre(Entry{kNow, "{\"a\":1}", metadata}));
}

TEST_F(LokiTest, PushesJson) {
  options_.json = true;
  ShipRecord cut = Line(kNow + 7, "say \"hi\"\n");
  cut.cut = true;
  const ProtocolRequest request = MakeLoki(options_)->Encode(std::vector<ShipRecord>{Line(kNow, "one"), cut});
  EXPECT_FALSE(request.packed);
  EXPECT_EQ(request.headers[0].value, "application/json");
  EXPECT_EQ(
      request.body,
      R"({"streams":[{"stream":{"level":"log","service_name":"gallery","source":"gallery"},"values":[)"
      R"(["1766533331507000000","one",{"context":"Api","format":"json","pid":"30","stream":"/var/log/gallery.log"}],)"
      R"(["1766533331507000007","say \"hi\"\n",{"context":"Api","cut":"true","format":"json","pid":"30","stream":"/var/log/gallery.log"}]]}]})");
}

TEST_F(LokiTest, OneStreamAPushInTheOrderOfTime) {
  const std::vector<ShipRecord> batch{Line(kNow + 2, "c"), Line(kNow + 4, "bad", "error"), Line(kNow + 1, "a"), Line(kNow + 1, "b"),
                                      Line(kNow + 3, "d")};
  const std::vector<Stream> first = Push(batch);
  ASSERT_EQ(first.size(), 1u);
  std::vector<std::string> lines;
  for (const Entry& entry : first[0].entries) lines.push_back(entry.line);
  EXPECT_THAT(lines, ElementsAre("a", "b", "c", "d"));

  const Delivery delivery = Deliver(batch);
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_EQ(delivery.words, "");
  EXPECT_EQ(loki_.pushes, 2u);
  EXPECT_EQ(loki_.streams.size(), 2u);
  EXPECT_THAT(Lines(), UnorderedElementsAre("a", "b", "c", "d", "bad"));
}

TEST_F(LokiTest, APushIsNoLongerThanHalfAnHour) {
  constexpr int64_t kHalf = kHour / 2;
  EXPECT_EQ(Push({Line(kNow, "a"), Line(kNow + kHalf, "b"), Line(kNow + kHalf + 1, "c")})[0].entries.size(), 2u);
  EXPECT_EQ(
      Deliver({Line(kNow, "a"), Line(kNow + kHalf + 1, "c"), Line(kNow + kHalf, "b"), Line(kNow + kHour, "d"), Line(kNow, "e", "error")})
          .words,
      "");
  EXPECT_EQ(loki_.pushes, 3u);
  EXPECT_THAT(Lines(), UnorderedElementsAre("a", "b", "c", "d", "e"));
  constexpr int64_t kFirst = -9'223'372'036 * kSecond;  // the first whole second that has nanoseconds
  constexpr auto kLast = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Push({Line(kLast, "end"), Line(kFirst, "begin"), Line(kFirst + 1, "begin")})[0].entries.size(), 2u);
}

// Two streams over ten hours, and a kill after any number of pushes: the next life knows what the calls of Deliver() said, but the last
// one.
TEST_F(LokiTest, AfterAKillNothingThatIsThereIsTooFarBehind) {
  std::vector<ShipRecord> batch;
  for (int64_t i = 0; i < 200; ++i) batch.push_back(Line(kNow + i * 180 * kSecond, "line", i % 2 == 0 ? "log" : "error"));
  for (size_t kill = 1; kill < 33; kill += 3) {
    loki_ = {};
    protocol_ = MakeLoki(options_);
    std::vector<ShipRecord> open = batch;
    while (true) {
      const Delivery delivery = DeliverOnce(open);
      ASSERT_EQ(delivery.kind, Kind::kTaken);
      ASSERT_THAT(delivery.again, IsEmpty());
      if (loki_.pushes >= kill) break;
      std::vector<ShipRecord> rest;
      for (const size_t index : delivery.unsent) rest.push_back(open[index]);
      open = std::move(rest);
    }
    protocol_ = MakeLoki(options_);
    const Delivery delivery = Deliver(open);
    EXPECT_THAT(RefusedOf(delivery), IsEmpty()) << kill;
    EXPECT_EQ(Lines().size(), batch.size());
  }
}

TEST_F(LokiTest, WhatIsLaterIsSentOnceTheOlderIsSafe) {
  constexpr int64_t kHalf = kHour / 2;
  const std::vector<ShipRecord> batch{Line(kNow, "a"), Line(kNow + kHalf + 1, "b"), Line(kNow + kHalf, "c", "error"),
                                      Line(kNow + kHour, "d", "error")};
  EXPECT_THAT(DeliverOnce(batch).unsent, ElementsAre(1));
  EXPECT_THAT(Lines(), UnorderedElementsAre("a", "c", "d"));
}

TEST_F(LokiTest, TakesLabelsFromWhereTheOptionsSay) {
  options_.labels = {{"job", "logs"}, {"format", "$format"}, {"where", "$stream"},    {"who", "$context"},
                     {"pid", "$pid"}, {"host", "$host"},     {"env", "$environment"}, {"svc", "$service"}};
  options_.identity = {.service = "photos", .host = "box", .environment = "", .version = "1"};
  ShipRecord record = Line(kNow, "x");
  record.context = "say \"\\\n\x01";
  const std::vector<Stream> streams = Push({record});
  EXPECT_EQ(streams[0].labels,
            R"({format="json", host="box", job="logs", pid="30", svc="photos", where="/var/log/gallery.log", who="say \"\\\n\x01"})");
  EXPECT_THAT(streams[0].entries[0].metadata, ElementsAre(Pair("level", "log")));
}

TEST_F(LokiTest, ARecordWithoutALabelGetsOne) {
  options_.labels = {{"level", "$level"}};
  ShipRecord text = Line(kNow, "x", "");
  text.format = RecordFormat::kText;
  text.pid.reset();
  text.context = text.stream = {};
  const std::vector<Stream> streams = Push({text});
  EXPECT_EQ(streams[0].labels, R"({service_name="unknown_service"})");
  EXPECT_THAT(streams[0].entries[0].metadata, ElementsAre(Pair("format", "text")));
}

TEST_F(LokiTest, TimesBeforeTheEpochAndOddPids) {
  ShipRecord record = Line(-1, "x");
  record.pid = std::numeric_limits<int64_t>::min();
  const std::vector<Stream> streams = Push({record});
  EXPECT_EQ(streams[0].entries[0].time_ns, -1);
  EXPECT_EQ(streams[0].entries[0].metadata.at("pid"), "-9223372036854775808");
}

TEST_F(LokiTest, BoundsValuesBetweenCharacters) {
  options_.labels = {{"who", "$context"}};
  std::string longer(255, 'x');
  for (int i = 0; i < 2000; ++i) longer += "ü";
  ShipRecord record = Line(kNow, "x", longer);
  record.context = longer;
  const std::vector<Stream> streams = Push({record});
  EXPECT_EQ(streams[0].labels, "{who=\"" + std::string(255, 'x') + "\"}");
  EXPECT_EQ(streams[0].entries[0].metadata.at("level"), longer.substr(0, 2047));
}

TEST_F(LokiTest, StructuredMetadataMayBeOff) {
  options_.structured_metadata = false;
  EXPECT_THAT(Push({Line(kNow, "x")})[0].entries[0].metadata, IsEmpty());
  options_.json = true;
  EXPECT_THAT(MakeLoki(options_)->Encode(std::vector<ShipRecord>{Line(kNow, "x")}).body,
              HasSubstr(R"("values":[["1766533331507000000","x"]])"));
}

TEST_F(LokiTest, TooManyStreamsFlowIntoAFew) {
  options_.labels = {{"who", "$context"}, {"service_name", "$service"}};
  options_.max_streams = 3;
  std::vector<std::string> contexts;
  for (int i = 0; i < 20; ++i) contexts.push_back("c" + std::to_string(i));
  std::vector<ShipRecord> batch;
  for (const std::string& context : contexts) {
    batch.push_back(Line(kNow, "x", batch.size() % 2 == 0 ? "error" : "made up"));
    batch.back().context = context;
  }
  EXPECT_THAT(Deliver(batch).words, HasSubstr("more than 3 streams"));
  EXPECT_EQ(Deliver(batch).words, "");
  std::vector<std::string> labels;
  for (const auto& stream : loki_.streams) labels.push_back(stream.first);
  EXPECT_THAT(labels,
              UnorderedElementsAre(R"({service_name="gallery", who="c0"})", R"({service_name="gallery", who="c1"})",
                                   R"({service_name="gallery", who="c2"})", R"({level="error", overflow="true", service_name="gallery"})",
                                   R"({overflow="true", service_name="gallery"})"));
}

TEST(LokiStreamsTest, StreamsAreForgottenAfterAnHour) {
  LokiStreams streams(*ParseLokiLabels({{"who", "$context"}}), {}, 2);
  ShipRecord record = Line(kNow, "x");
  const auto overflows = [&](std::string_view context, int64_t minutes) {
    record.context = context;
    record.read_ms = kNow / 1'000'000 + minutes * 60'000;
    streams.Divide({&record, 1});
    return streams.overflowed() != 0;
  };
  EXPECT_FALSE(overflows("a", 0));
  EXPECT_FALSE(overflows("b", 30));
  EXPECT_TRUE(overflows("c", 59));
  EXPECT_FALSE(overflows("c", 61));  // "a" is forgotten
  EXPECT_TRUE(overflows("a", 62));
  EXPECT_FALSE(overflows("b", 63));
  EXPECT_TRUE(overflows("a", 120));
  EXPECT_FALSE(overflows("a", 125));  // "c" is
}

TEST(LokiStreamsTest, ValuesThatLookAlikeWhenJoinedAreTwoStreams) {
  LokiStreams streams(*ParseLokiLabels({{"a", "$context"}, {"b", "$level"}}), {}, 10);
  std::vector<ShipRecord> batch{Line(kNow, "x", "b"), Line(kNow, "x", "")};
  batch[0].context = "a";
  batch[1].context = "ab";
  EXPECT_EQ(streams.Divide(batch).size(), 2u);
}

TEST(CheckLokiTest, SaysWhatIsWrong) {
  const auto check = [](std::vector<std::pair<std::string, std::string>> labels) { return CheckLoki({.labels = std::move(labels)}); };
  EXPECT_EQ(CheckLoki({}), "");
  EXPECT_EQ(CheckLoki({.tenant = "a-b_c.1!*'()"}), "");
  EXPECT_THAT(CheckLoki({.tenant = "a|b"}), HasSubstr("tenant"));
  EXPECT_THAT(CheckLoki({.tenant = ".."}), HasSubstr("tenant"));
  EXPECT_THAT(CheckLoki({.max_streams = 0}), HasSubstr("max_streams"));
  EXPECT_THAT(check({}), HasSubstr("at least one"));
  EXPECT_THAT(check({{"1a", "x"}}), HasSubstr("\"1a\""));
  EXPECT_THAT(check({{"a-b", "x"}}), HasSubstr("\"a-b\""));
  EXPECT_THAT(check({{"", "x"}}), HasSubstr("no name"));
  EXPECT_THAT(check({{"__a", "x"}}), HasSubstr("__"));
  EXPECT_THAT(check({{"a", "x\xFF"}}), HasSubstr("UTF-8"));
  EXPECT_THAT(check({{"a", "$levl"}}), HasSubstr("there is no $levl; there are $service"));
  EXPECT_THAT(check({{"a", "x"}, {"a", "y"}}), HasSubstr("two labels a"));
  EXPECT_THAT(check(std::vector<std::pair<std::string, std::string>>(16, {"a", "x"})), HasSubstr("two labels"));
}

TEST(LokiHealthTest, SaysWhatIsThere) {
  const auto loki = MakeLoki({});
  EXPECT_EQ(loki->HealthRequest().method, "GET");
  EXPECT_EQ(loki->HealthRequest().path, "/ready");
  EXPECT_EQ(loki->ReadHealth(Reply(200, "ready\n")).value(), "Loki is ready");
  EXPECT_EQ(loki->ReadHealth(Reply(503, "Ingester not ready: waiting for 15s after being ready\n")).error(),
            "Loki is not ready: Ingester not ready: waiting for 15s after being ready");
  EXPECT_THAT(loki->ReadHealth(Reply(404)).error(), HasSubstr("not Loki"));
  EXPECT_THAT(loki->ReadHealth(Reply(401)).error(), HasSubstr("credentials"));
  EXPECT_THAT(loki->ReadHealth(Reply(500, "oh")).error(), HasSubstr("500: oh"));
}

}  // namespace
}  // namespace logmill::loki_test
