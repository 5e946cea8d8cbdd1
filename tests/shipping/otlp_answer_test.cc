#include "shipping/otlp_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "shipping/otlp_severity.h"
#include "tests/shipping/otlp_reading.h"

namespace logmill::otlp_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Delivery::Kind;

HttpReply Reply(int status, std::string body = {}, const std::string& type = "application/json") {
  return {.status = status, .headers = {{"content-type", type}}, .body = std::move(body)};
}

TEST(OtlpSeverityTest, KnowsTheUsualNames) {
  EXPECT_EQ(OtlpSeverity("verbose"), 1);
  EXPECT_EQ(OtlpSeverity("debug"), 5);
  EXPECT_EQ(OtlpSeverity("log"), 9);
  EXPECT_EQ(OtlpSeverity("warn"), 13);
  EXPECT_EQ(OtlpSeverity("error"), 17);
  EXPECT_EQ(OtlpSeverity("fatal"), 21);
  EXPECT_EQ(OtlpSeverity("INFO"), 9);
  EXPECT_EQ(OtlpSeverity("Informational"), 9);
  EXPECT_EQ(OtlpSeverity("notice"), 10);
  EXPECT_EQ(OtlpSeverity("Critical"), 18);
  EXPECT_EQ(OtlpSeverity(""), 0);
  EXPECT_EQ(OtlpSeverity("[nfo"), 0);
  EXPECT_EQ(OtlpSeverity("a level of nobody"), 0);
}

std::string PartialSuccess(int64_t rejected, const std::string& words) {
  std::string body;
  protozero::pbf_writer message(body);
  protozero::pbf_writer partial(message, 1);
  partial.add_int64(1, rejected);
  partial.add_string(2, words);
  partial.add_string(9, "from the future");
  return body;
}

TEST(OtlpAnswerTest, ReadsASuccess) {
  const auto otlp = MakeOtlp({});
  const std::vector<ShipRecord> two{Text("a"), Text("b")};
  for (const HttpReply& reply : {Reply(200, ""), Reply(200, "{}"), Reply(200, "{\"partialSuccess\":{}}"), Reply(202, "OK", "text/plain"),
                                 Reply(200, "", "application/x-protobuf"), Reply(200, PartialSuccess(-3, ""), "application/x-protobuf")}) {
    const Delivery delivery = otlp->Read(reply, two);
    EXPECT_EQ(delivery.kind, Kind::kTaken);
    EXPECT_EQ(delivery.words, "");
    EXPECT_THAT(delivery.refused, IsEmpty());
  }
}

TEST(OtlpAnswerTest, HalfAnAnswerIsNoSuccess) {
  const auto otlp = MakeOtlp({});
  const std::vector<ShipRecord> two{Text("a"), Text("b")};
  for (const HttpReply& reply :
       {Reply(200, std::string("\x0a", 1), "application/x-protobuf"), Reply(200, "{\"partialSuccess\":"), Reply(200, "{", "text/plain")}) {
    const Delivery delivery = otlp->Read(reply, two);
    EXPECT_EQ(delivery.kind, Kind::kRetry);
    EXPECT_EQ(delivery.reason, RetryReason::kBroken);
  }
}

TEST(OtlpAnswerTest, AWarningIsASuccess) {
  const auto otlp = MakeOtlp({});
  const std::vector<ShipRecord> two{Text("a"), Text("b")};
  for (const HttpReply& reply : {Reply(200, R"({"partialSuccess":{"errorMessage":"use\nv2"}})"),
                                 Reply(200, PartialSuccess(0, "use\nv2"), "application/x-protobuf")}) {
    const Delivery delivery = otlp->Read(reply, two);
    EXPECT_EQ(delivery.kind, Kind::kTaken);
    EXPECT_EQ(delivery.words, "use v2");
    EXPECT_THAT(delivery.refused, IsEmpty());
  }
}

TEST(OtlpAnswerTest, WhatIsRejectedIsNotSentAgain) {
  const auto otlp = MakeOtlp({});
  const std::vector<ShipRecord> three{Text("a"), Text("b"), Text("c")};
  for (const HttpReply& reply :
       {Reply(200, R"({"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}})"),
        Reply(200, R"({"partialSuccess":{"errorMessage":"too old","rejectedLogRecords":1}})", "application/json; charset=utf-8"),
        Reply(200, PartialSuccess(1, "too old"), "application/x-protobuf")}) {
    const Delivery some = otlp->Read(reply, three);
    EXPECT_EQ(some.kind, Kind::kTaken);
    EXPECT_EQ(some.refused_unnamed, 1u);
    EXPECT_THAT(some.refused, IsEmpty());
    EXPECT_THAT(some.words, HasSubstr("too old"));
    const Delivery alone = otlp->Read(reply, std::span(three).first(1));
    EXPECT_EQ(alone.kind, Kind::kTaken);
    EXPECT_EQ(alone.refused_unnamed, 0u);
    ASSERT_EQ(alone.refused.size(), 1u);
    EXPECT_EQ(alone.refused[0].reason, "too old");
  }
  const Delivery all = otlp->Read(Reply(200, PartialSuccess(3, ""), "application/x-protobuf"), three);
  EXPECT_EQ(all.kind, Kind::kTaken);
  ASSERT_EQ(all.refused.size(), 3u);
  EXPECT_EQ(all.refused[2].index, 2u);
  EXPECT_EQ(all.refused[2].reason, "refused without a word");
}

TEST(OtlpAnswerTest, ReadsAFailure) {
  const auto otlp = MakeOtlp({});
  const std::vector<ShipRecord> two{Text("a"), Text("b")};
  std::string status;
  protozero::pbf_writer writer(status);
  writer.add_int32(1, 3);
  writer.add_string(2, "bad field");
  for (const HttpReply& reply : {Reply(400, status, "application/x-protobuf"), Reply(400, R"({"code":3,"message":"bad field"})"),
                                 Reply(422, "bad field", "text/plain")}) {
    EXPECT_EQ(otlp->Read(reply, two).kind, Kind::kSplit);
    const Delivery alone = otlp->Read(reply, std::span(two).first(1));
    ASSERT_EQ(alone.refused.size(), 1u);
    EXPECT_EQ(alone.refused[0].reason, "bad field");
  }
  EXPECT_EQ(otlp->Read(Reply(413), two).kind, Kind::kSplit);
  const Delivery delivery = otlp->Read(Reply(415, "no protobuf here", "text/plain"), two);
  EXPECT_EQ(delivery.kind, Kind::kRetry);
  EXPECT_THAT(delivery.words, HasSubstr("415: no protobuf here"));
}

TEST(OtlpAnswerTest, WhatIsNotToBeTriedAgainMayStillBeTrouble) {
  const auto otlp = MakeOtlp({});
  const std::vector<ShipRecord> two{Text("a"), Text("b")};
  HttpReply reply = Reply(500, R"({"code":13,"message":"Permanent error: bad mapping"})");
  reply.retry_after = std::chrono::seconds(3);
  for (const int status : {500, 501, 505, 599}) {
    reply.status = status;
    EXPECT_TRUE(otlp->Knows(reply)) << status;
    const Delivery delivery = otlp->Read(reply, two);
    EXPECT_EQ(delivery.kind, Kind::kRetry);
    EXPECT_EQ(delivery.reason, RetryReason::kServerError);
    EXPECT_TRUE(delivery.maybe_refused);
    EXPECT_EQ(delivery.pause, std::chrono::seconds(3));
    EXPECT_EQ(delivery.words, "the server answers " + std::to_string(status) + ": Permanent error: bad mapping");
  }
  for (const int status : {502, 503, 504, 408, 429, 400, 200}) {
    reply.status = status;
    EXPECT_FALSE(otlp->Knows(reply)) << status;
  }
  EXPECT_FALSE(otlp->Knows(Reply(500, "<html>", "text/html"))) << "a gateway's";
  EXPECT_FALSE(otlp->Knows(Reply(500)));
}

TEST(OtlpAnswerTest, NoBytesDoHarm) {
  const std::string good = PartialSuccess(3, "words");
  for (size_t i = 0; i < good.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string body = good;
      body[i] = static_cast<char>(byte);
      EXPECT_LT(ReadOtlpAnswer(Reply(200, body, "application/x-protobuf")).value_or(OtlpAnswer()).words.size(), 64u);
      EXPECT_LT(ReadOtlpStatus(Reply(400, body.substr(0, i), "application/x-protobuf")).size(), 64u);
    }
  }
}

TEST(OtlpHealthTest, AsksWithAnEmptyExport) {
  const auto otlp = MakeOtlp({});
  EXPECT_EQ(otlp->HealthRequest().method, "POST");
  EXPECT_EQ(otlp->HealthRequest().path, "/v1/logs");
  EXPECT_EQ(otlp->HealthRequest().body, "");
  EXPECT_EQ(MakeOtlp({.json = true})->HealthRequest().body, "{}");
  EXPECT_EQ(otlp->ReadHealth(Reply(200)).value(), "the server takes OTLP logs");
  EXPECT_THAT(otlp->ReadHealth(Reply(404)).error(), HasSubstr("no /v1/logs"));
  EXPECT_THAT(otlp->ReadHealth(Reply(401)).error(), HasSubstr("credentials"));
  EXPECT_THAT(otlp->ReadHealth(Reply(415, "what?", "text/plain")).error(), HasSubstr("what?"));
  EXPECT_THAT(otlp->ReadHealth(Reply(503, "soon", "text/plain")).error(), HasSubstr("503: soon"));
}

TEST(CheckOtlpTest, SaysWhatIsWrong) {
  EXPECT_EQ(CheckOtlp({.resource = {{"a", "b"}, {"service.name", "c"}}}), "");
  EXPECT_THAT(CheckOtlp({.resource = {{"", "b"}}}), HasSubstr("no name"));
  EXPECT_THAT(CheckOtlp({.resource = {{"a", "\xFF"}}}), HasSubstr("UTF-8"));
  EXPECT_THAT(CheckOtlp({.resource = {{"a", "b"}, {"a", "c"}}}), HasSubstr("two resource attributes a"));
}

}  // namespace
}  // namespace logmill::otlp_test
