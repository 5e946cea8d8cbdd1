#include "shipping/http_verdict.h"

#include <gmock/gmock.h>

namespace logmill {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kUrl = "http://al:geheim@loki:3100/push?token=geheim";

Delivery Verdict(int status, std::vector<HttpField> headers = {}, std::string body = "words") {
  return Classify({.status = status, .headers = std::move(headers), .body = std::move(body), .retry_after = std::chrono::seconds(7)}, kUrl)
      .value();
}

TEST(HttpVerdictTest, StatusesThatAreTheSameEverywhere) {
  for (const auto& [status, reason] :
       {std::pair(429, RetryReason::kThrottled), std::pair(500, RetryReason::kServerError), std::pair(503, RetryReason::kServerError),
        std::pair(599, RetryReason::kServerError), std::pair(408, RetryReason::kServerError), std::pair(401, RetryReason::kDenied),
        std::pair(403, RetryReason::kDenied), std::pair(407, RetryReason::kDenied), std::pair(404, RetryReason::kNotFound),
        std::pair(302, RetryReason::kOther), std::pair(100, RetryReason::kBroken), std::pair(600, RetryReason::kBroken)}) {
    const Delivery delivery = Verdict(status);
    EXPECT_EQ(delivery.kind, Delivery::Kind::kRetry) << status;
    EXPECT_EQ(delivery.reason, reason) << status;
    EXPECT_EQ(delivery.pause, std::chrono::seconds(7));
    EXPECT_THAT(delivery.words, Not(HasSubstr("geheim")));
  }
  for (const int status : {200, 204, 299, 400, 409, 413, 422, 499})
    EXPECT_FALSE(Classify({.status = status, .headers = {}, .body = "its words"}, kUrl).has_value()) << status;
  for (const int status : {200, 204, 413})
    EXPECT_FALSE(Classify({.status = status, .headers = {}, .body = ""}, kUrl).has_value()) << status;
}

TEST(HttpVerdictTest, WhatNoStoreSaysIsTriedAgain) {
  const auto broken = [](int status, const std::string& body, const std::string& type = "text/plain") {
    const auto delivery = Classify({.status = status, .headers = {{"content-type", type}}, .body = body}, kUrl);
    return delivery && delivery->kind == Delivery::Kind::kRetry && delivery->reason == RetryReason::kBroken;
  };
  EXPECT_TRUE(broken(200, "\n <!DOCTYPE html><title>Log in</title>"));
  EXPECT_TRUE(broken(200, "Log in", "text/html; charset=utf-8"));
  EXPECT_TRUE(broken(400, "Client sent an HTTP request to an HTTPS server.\n"));
  EXPECT_TRUE(broken(400, "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>", "text/html"));
  EXPECT_TRUE(broken(400, ""));
  EXPECT_TRUE(broken(400, "Bad Request\n"));
  EXPECT_TRUE(broken(422, "422 Unprocessable Content"));
  EXPECT_FALSE(broken(413, "<html>413 Request Entity Too Large</html>", "text/html"));
  EXPECT_FALSE(broken(400, "error at least one label pair is required per stream"));
  EXPECT_FALSE(broken(200, "", "text/html"));
}

TEST(HttpVerdictTest, HalfAnAnswerIsNoJson) {
  const auto broken = [](const std::string& body, const std::string& type) {
    return IsBrokenJson({.status = 200, .headers = {{"content-type", type}}, .body = body});
  };
  EXPECT_TRUE(broken(R"({"partialSucc)", "text/plain"));
  EXPECT_TRUE(broken("fine", "application/json"));
  EXPECT_FALSE(broken("fine", "text/plain"));
  EXPECT_FALSE(broken("{}", "application/json"));
  EXPECT_FALSE(broken("", "application/json"));
}

TEST(HttpVerdictTest, WordsForPeople) {
  EXPECT_EQ(Verdict(429).words, "http://loki:3100/push?...: 429 Too Many Requests: words");
  EXPECT_EQ(Verdict(599, {}, " \n").words, "http://loki:3100/push?...: 599");
  EXPECT_THAT(Verdict(307, {{"location", "https://al:geheim@other/x?token=geheim"}}).words,
              HasSubstr(": 307: redirects to https://other/x?..., which is not"));
  EXPECT_THAT(Verdict(307, {{"location", "/login?token=geheim"}}).words, HasSubstr("redirects to /login, "));
  EXPECT_THAT(Verdict(307).words, HasSubstr("redirects to nowhere, "));
}

TEST(HttpVerdictTest, FaultsOfAConnection) {
  for (const auto& [fault, reason] :
       {std::pair(HttpFault::kConnection, RetryReason::kConnection), std::pair(HttpFault::kTls, RetryReason::kTls),
        std::pair(HttpFault::kDeadline, RetryReason::kTimeout), std::pair(HttpFault::kBroken, RetryReason::kBroken),
        std::pair(HttpFault::kTooLong, RetryReason::kBroken), std::pair(HttpFault::kRequest, RetryReason::kOther)}) {
    const Delivery delivery = Classify(HttpError{fault, "http://a: what"});
    EXPECT_EQ(delivery.kind, Delivery::Kind::kRetry);
    EXPECT_EQ(delivery.reason, reason);
    EXPECT_EQ(delivery.words, "http://a: what");
  }
}

TEST(HttpVerdictTest, AnExcerptIsOneShortLineOfGoodText) {
  EXPECT_EQ(Excerpt(""), "");
  EXPECT_EQ(Excerpt("\r\n a\t\n\n b \x1b[31mc\x7f\n"), "a b [31mc");
  EXPECT_EQ(Excerpt("ü\xff\xc3"), "ü\uFFFD\uFFFD");
  EXPECT_EQ(Excerpt(std::string(299, 'x')), std::string(299, 'x'));
  EXPECT_EQ(Excerpt(std::string(400, 'x')), std::string(299, 'x') + "…");
  std::string umlauts;
  for (int i = 0; i < 400; ++i) umlauts += "ü";
  EXPECT_EQ(Excerpt(umlauts).size(), 2 * 299 + 3U);
}

TEST(HttpVerdictTest, EachReasonHasItsName) {
  EXPECT_EQ(RetryReasonName(RetryReason::kConnection), "connection");
  EXPECT_EQ(RetryReasonName(RetryReason::kServerError), "server_error");
  EXPECT_EQ(RetryReasonName(RetryReason::kOther), "other");
}

}  // namespace
}  // namespace logmill
