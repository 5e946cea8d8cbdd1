#include "shipping/splunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/shipping/line_records.h"
#include "tests/shipping/random_json.h"

namespace logmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* kToken = "B5A79AAD-D822-46CC-80D1-819F80D7BFB0";
const ShipIdentity kIdentity{.service = "", .host = "photos", .environment = "production", .version = "1.0.0"};

SplunkOptions Options() { return {.token = kToken, .index = "main", .identity = kIdentity}; }

std::string HeaderOf(const ProtocolRequest& request, std::string_view name) {
  for (const HttpField& field : request.headers) {
    if (field.name == name) return field.value;
  }
  return "";
}

class SplunkTest : public testing::Test {
 protected:
  std::string EventOf(const ShipRecord& record) {
    const std::vector<ShipRecord> batch{record};
    return MakeSplunk(Options())->Encode(batch).body;
  }
  Delivery Read(int status, std::string body, SplunkOptions options = Options()) {
    const std::vector<ShipRecord> batch(1);
    const auto splunk = MakeSplunk(std::move(options));
    splunk->Encode(batch);
    return splunk->Read({.status = status, .headers = {}, .body = std::move(body)}, batch);
  }

  LineRecords lines_;
};

std::string FieldsOf(const ShipRecord& record, std::string_view rest) {
  return R"(,"fields":{"logmill_id":")" + FormatRecordId(record.id) + "\"" + std::string(rest) +
         R"(,"service":"gallery","environment":"production","logmill_source":"gallery"}})" + "\n";
}

TEST_F(SplunkTest, SendsJsonAsItWasLogged) {
  const ShipRecord& record = lines_.Add(gallery_lines::kObject);
  EXPECT_EQ(EventOf(record),
            R"({"time":1795339359.195,"host":"photos","source":"/var/log/gallery/api.log","sourcetype":"_json","index":"main","event":)" +
                std::string(gallery_lines::kObject) + FieldsOf(record, R"(,"level":"warn","context":"DownloadService")"));
}

TEST_F(SplunkTest, WrapsTextAndConsole) {
  const ShipRecord& text = lines_.Add(gallery_lines::kText);
  EXPECT_THAT(EventOf(text), HasSubstr(R"("event":{"message":"Error: connect ECONNREFUSED 127.0.0.1:6390"},"fields":)"));
  const ShipRecord& console = lines_.Add(gallery_lines::kConsole);
  EXPECT_THAT(EventOf(console), HasSubstr(R"("event":{"level":"error","pid":30,"context":)"));
}

TEST_F(SplunkTest, IndexesNoLongContext) {
  const ShipRecord& record = lines_.Add(R"({"level":"error","message":"m","context":")" + std::string(200, 'c') + "\"}");
  EXPECT_THAT(EventOf(record), testing::EndsWith(FieldsOf(record, R"(,"level":"error")")));
}

TEST_F(SplunkTest, KeepsTheOrderWithinAMillisecond) {
  ShipRecord& record = lines_.Add(gallery_lines::kPlain);
  record.time_ns += 42;
  EXPECT_THAT(EventOf(record), StartsWith(R"({"time":1795339327.773000042,)"));
  record.time_ns = -5;
  EXPECT_THAT(EventOf(record), StartsWith(R"({"time":1795339340.000,)"));
}

// Every event is a JSON object of its own line, unless the application broke its line.
TEST_F(SplunkTest, SendsJsonWhateverIsLogged) {
  RandomJson random(5);
  simdjson::dom::parser parser;
  for (int i = 0; i < 2000; ++i) {
    LineRecords lines;
    const ShipRecord& record = lines.Add(random.Object(3));
    const std::string body = EventOf(record);
    simdjson::dom::element root;
    // simdjson's DOM does not hold numbers out of range, which are valid JSON.
    if (body.find("1e400") != std::string::npos || body.find("18446744073709551616") != std::string::npos ||
        body.find("\\ud800") != std::string::npos) {
      continue;
    }
    ASSERT_EQ(parser.parse(body).get(root), simdjson::SUCCESS) << body;
    EXPECT_EQ(root["event"].is_object() && root["fields"].is_object(), true);
  }
}

TEST_F(SplunkTest, SaysWhoItIs) {
  const auto splunk = MakeSplunk(Options());
  const ProtocolRequest request = splunk->Encode({});
  EXPECT_EQ(request.path, "/services/collector/event");
  EXPECT_EQ(HeaderOf(request, "Authorization"), std::string("Splunk ") + kToken);
  const std::string channel = HeaderOf(request, "X-Splunk-Request-Channel");
  EXPECT_EQ(CheckSplunk({.token = kToken, .channel = channel}), "") << channel;
  EXPECT_EQ(HeaderOf(MakeSplunk(Options())->Encode({}), "X-Splunk-Request-Channel"), channel);
  SplunkOptions other = Options();
  other.identity.host = "else";
  EXPECT_NE(HeaderOf(MakeSplunk(other)->Encode({}), "X-Splunk-Request-Channel"), channel);
}

TEST_F(SplunkTest, ReadsTheTokensFileEachTime) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / ("splunk_token_" + std::to_string(getpid()));
  const auto splunk = MakeSplunk({.token_file = file});
  lines_.Add(gallery_lines::kPlain);
  EXPECT_THAT(splunk->Encode(lines_.all()).error, testing::AllOf(HasSubstr("no token: "), HasSubstr(file.string())));
  std::ofstream(file) << "one\n";
  EXPECT_EQ(HeaderOf(splunk->Encode({}), "Authorization"), "Splunk one");
  std::ofstream(file) << "two\n";
  EXPECT_EQ(HeaderOf(splunk->Encode({}), "Authorization"), "Splunk two");
  EXPECT_EQ(splunk->Encode({}).error, "");
  std::filesystem::remove(file);
}

TEST_F(SplunkTest, SendsNothingWithoutAToken) {
  HttpDestinationOptions options;
  options.urls = {"http://127.0.0.1:1"};
  HttpDestination destination(options, MakeSplunk({.token_file = "/nonexistent/token"}));
  lines_.Add(gallery_lines::kPlain);
  const Delivery delivery = destination.Deliver(lines_.all());
  EXPECT_EQ(delivery.kind, Delivery::Kind::kRetry);
  EXPECT_THAT(delivery.words, StartsWith("no token: cannot read /nonexistent/token: "));
  EXPECT_THAT(destination.Check().error(), StartsWith("no token: cannot read"));
}

TEST_F(SplunkTest, ReadsAnswers) {
  EXPECT_EQ(Read(200, R"({"text":"Success","code":0})").kind, Delivery::Kind::kTaken);
  EXPECT_EQ(Read(200, R"({"text":"Success","code":0})").words, "");
  EXPECT_EQ(Read(200, R"({"text":"HEC queue is approaching capacity","code":24})").kind, Delivery::Kind::kTaken);
  for (const std::string body : {"", "<html>", "{}", R"({"text":"Success"})", R"({"text":"Incorrect index","code":7})"}) {
    EXPECT_EQ(Read(200, body).kind, Delivery::Kind::kRetry) << body;
    EXPECT_EQ(Read(200, body).reason, RetryReason::kBroken) << body;
  }
  EXPECT_EQ(Read(413, "").kind, Delivery::Kind::kSplit);
  const Delivery invalid = Read(400, R"({"text":"Invalid data format","code":6,"invalid-event-number":0})");
  EXPECT_EQ(invalid.kind, Delivery::Kind::kSplit);
  EXPECT_EQ(invalid.words, "400: Invalid data format (code 6)");
  EXPECT_EQ(Read(400, "somebody else").reason, RetryReason::kBroken);
  // Nothing is wrong with the events: somebody has to make an index, or a channel.
  for (const std::string body :
       {R"({"text":"Incorrect index","code":7,"invalid-event-number":1})", R"({"text":"Data channel is missing","code":10})"}) {
    EXPECT_EQ(Read(400, body).kind, Delivery::Kind::kRetry) << body;
    EXPECT_EQ(Read(400, body).reason, RetryReason::kDenied) << body;
  }
  EXPECT_EQ(Read(405, "no").kind, Delivery::Kind::kRetry);
}

TEST_F(SplunkTest, SurvivesAnyAnswer) {
  RandomJson random(6);
  for (int i = 0; i < 5000; ++i) {
    std::string body = R"({"text":"Success","code":0,"ackId":7,"acks":{"7":true}})";
    for (size_t edits = random.Below(3); edits > 0; --edits) body[random.Below(body.size())] = "{}[]\",:07x\n\xff"[random.Below(12)];
    const Delivery delivery = Read(random.Below(2) == 0 ? 200 : 400, body);
    EXPECT_EQ(delivery.words.find('\n'), std::string::npos);
  }
}

class SplunkAcknowledgementTest : public SplunkTest {
 protected:
  SplunkAcknowledgementTest() {
    options_.acknowledge = true;
    options_.acknowledge_interval = std::chrono::milliseconds(250);
    options_.acknowledge_timeout = std::chrono::hours(1);
    lines_.Add(gallery_lines::kPlain);
  }

  // The answers to the questions, in their order.
  Delivery Confirm(std::vector<HttpReply> answers, std::string taken = R"({"text":"Success","code":0,"ackId":7})") {
    size_t next = 0;
    const Protocol::Send send = [&](const ProtocolRequest& request) -> std::expected<HttpReply, HttpError> {
      asked_.push_back(request);
      if (next == answers.size()) return std::unexpected(HttpError{HttpFault::kInterrupted, "interrupted"});
      return answers[next++];
    };
    const auto splunk = MakeSplunk(options_);
    const HttpReply first = Reply(200, std::move(taken));
    first_ = splunk->Encode(lines_.all());
    EXPECT_EQ(splunk->Read(first, lines_.all()).kind, Delivery::Kind::kTaken);
    return splunk->Confirm(first, lines_.all(), send);
  }

  // So many events, three in a request.
  void FillWindow(size_t events) {
    while (lines_.all().size() < events) lines_.Add(gallery_lines::kPlain);
    options_.request_records = 3;
  }
  static HttpReply Taken(int ack_id) { return Reply(200, R"({"text":"Success","code":0,"ackId":)" + std::to_string(ack_id) + "}"); }
  static HttpReply Acknowledged(int ack_id) { return Reply(200, R"({"acks":{")" + std::to_string(ack_id) + R"(":true}})"); }
  static HttpReply Reply(int status, std::string body) { return {.status = status, .headers = {}, .body = std::move(body)}; }

  SplunkOptions options_ = Options();
  ProtocolRequest first_;
  std::vector<ProtocolRequest> asked_;
};

TEST_F(SplunkAcknowledgementTest, AsksUntilTheEventsAreIndexed) {
  const Delivery delivery = Confirm({Reply(200, R"({"acks":{"7":false}})"), Reply(200, R"({"acks":{"7":false}})"),
                                     Reply(200, R"({"acks":{"7":false}})"), Reply(200, R"({"acks":{"7":true}})")});
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  ASSERT_EQ(asked_.size(), 4U);
  for (size_t i = 0; i < asked_.size(); ++i) {
    const ProtocolRequest& request = asked_[i];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/services/collector/ack?channel=" + HeaderOf(request, "X-Splunk-Request-Channel"));
    EXPECT_EQ(request.body, R"({"acks":[7]})");
    EXPECT_EQ(request.delay.count(), (std::array{50, 100, 200, 250})[i]) << "later each time, up to acknowledge_interval";
    EXPECT_EQ(HeaderOf(request, "Authorization"), std::string("Splunk ") + kToken);
  }
}

TEST_F(SplunkAcknowledgementTest, SendsAgainWhatIsNotIndexedInTime) {
  options_.acknowledge_timeout = std::chrono::milliseconds(0);
  const Delivery delivery = Confirm({Reply(200, R"({"acks":{"7":false}})")});
  EXPECT_EQ(delivery.kind, Delivery::Kind::kRetry);
  EXPECT_EQ(delivery.reason, RetryReason::kTimeout);
}

TEST_F(SplunkAcknowledgementTest, SendsAgainWhatNobodyKnows) {
  EXPECT_EQ(Confirm({}).kind, Delivery::Kind::kRetry);
  EXPECT_EQ(Confirm({Reply(200, R"({"acks":{"8":true}})")}).reason, RetryReason::kBroken);
  EXPECT_EQ(Confirm({Reply(200, "x")}).reason, RetryReason::kBroken);
  EXPECT_EQ(Confirm({Reply(503, R"({"text":"Server is busy","code":9})")}).reason, RetryReason::kServerError);
  EXPECT_EQ(Confirm({Reply(400, R"({"text":"ACK is disabled","code":14})")}).kind, Delivery::Kind::kTaken);
}

TEST_F(SplunkAcknowledgementTest, ManyRequestsWaitTogether) {
  FillWindow(7);
  const Delivery delivery = Confirm({Taken(8), Taken(9), Reply(200, R"({"acks":{"7":true,"8":false,"9":true}})"), Acknowledged(8)});
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_THAT(delivery.again, IsEmpty());
  EXPECT_EQ(std::ranges::count(first_.body, '\n'), 3);
  EXPECT_EQ(std::ranges::count(asked_[0].body, '\n'), 3);
  EXPECT_EQ(std::ranges::count(asked_[1].body, '\n'), 1);
  EXPECT_EQ(asked_[2].body, R"({"acks":[7,8,9]})");
  EXPECT_EQ(asked_[3].body, R"({"acks":[8]})");
}

TEST_F(SplunkAcknowledgementTest, ARequestHoldsSoManyBytes) {
  FillWindow(4);
  options_.request_bytes = 1;
  EXPECT_EQ(Confirm({Taken(8), Taken(9), Taken(10), Reply(200, R"({"acks":{"7":true,"8":true,"9":true,"10":true}})")}).kind,
            Delivery::Kind::kTaken);
  EXPECT_EQ(asked_.size(), 4U);
}

TEST_F(SplunkAcknowledgementTest, WhatIsNotAcknowledgedComesAgainAlone) {
  FillWindow(7);
  options_.acknowledge_timeout = std::chrono::milliseconds(0);
  const Delivery late = Confirm({Taken(8), Taken(9), Reply(200, R"({"acks":{"7":true,"8":false,"9":true}})")});
  EXPECT_EQ(late.kind, Delivery::Kind::kTaken);
  EXPECT_EQ(late.reason, RetryReason::kTimeout);
  EXPECT_THAT(late.again, ElementsAre(3, 4, 5));
}

// What was taken before the trouble is asked for all the same.
TEST_F(SplunkAcknowledgementTest, TroubleInTheMiddle) {
  FillWindow(7);
  const Delivery delivery =
      Confirm({Taken(8), Reply(503, R"({"text":"Server is busy","code":9})"), Reply(200, R"({"acks":{"7":true,"8":true}})")});
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_EQ(delivery.reason, RetryReason::kServerError);
  EXPECT_THAT(delivery.again, ElementsAre(6));
}

TEST_F(SplunkAcknowledgementTest, ARequestThatIsNotWantedIsHalved) {
  FillWindow(7);
  const HttpReply refused = Reply(400, R"({"text":"Invalid data format","code":6})");
  const Delivery delivery =
      Confirm({refused, Taken(8), refused, refused, Taken(9), Taken(10), Reply(200, R"({"acks":{"7":true,"8":true,"9":true,"10":true}})")});
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_THAT(delivery.again, IsEmpty());
  ASSERT_EQ(delivery.refused.size(), 1U);  // 3 4 5 no: 3 yes, 4 5 no: 4 no, 5 yes; 6 yes
  EXPECT_EQ(delivery.refused[0].index, 4U);
  EXPECT_EQ(delivery.refused[0].reason, "400: Invalid data format (code 6)");
}

TEST_F(SplunkAcknowledgementTest, TheFirstRequestToo) {
  FillWindow(4);
  const auto splunk = MakeSplunk(options_);
  splunk->Encode(lines_.all());
  const HttpReply refused = Reply(400, R"({"text":"Invalid data format","code":6})");
  EXPECT_EQ(splunk->Read(refused, lines_.all()).kind, Delivery::Kind::kTaken) << "the others do not wait for it";
  std::vector<HttpReply> answers{refused, Taken(1), Taken(2), Reply(200, R"({"acks":{"1":true,"2":true}})")};
  const Delivery delivery = splunk->Confirm(refused, lines_.all(), [&, next = size_t{0}](const ProtocolRequest&) mutable {
    return std::expected<HttpReply, HttpError>(answers.at(next++));
  });
  ASSERT_EQ(delivery.refused.size(), 1U);
  EXPECT_EQ(delivery.refused[0].index, 0U);
  EXPECT_THAT(delivery.again, IsEmpty());
}

// A server that refuses some of a thousand events by their number.
struct NumberingServer {
  bool atomic;     // what is before a bad event is not taken either
  uint64_t first;  // what it counts from
  bool names_the_last = false;

  // Parts come in their order, so where a request begins is known by what is settled.
  HttpReply Answer(const ProtocolRequest& request) {
    ++requests;
    const size_t size = static_cast<size_t>(std::ranges::count(request.body, '\n'));
    const auto wrong = std::ranges::find_if(bad, [&](size_t event) { return event >= begin; });
    const bool refused = wrong != bad.end() && *wrong < begin + size;
    const size_t end = !refused ? begin + size : atomic ? begin : *wrong;
    const std::string number = std::to_string(!refused ? 0 : names_the_last ? size - 1 : *wrong - begin + first);
    for (size_t i = begin; i < end; ++i) ++taken[i];
    if (!refused || size == 1) begin += size;
    if (!refused) return {.status = 200, .headers = {}, .body = R"({"text":"Success","code":0})"};
    const std::string body = R"({"text":"Error in handling indexed fields","code":15,"invalid-event-number":)" + number + "}";
    return {.status = 400, .headers = {}, .body = body};
  }

  std::set<size_t> bad{0, 700, 999};
  std::vector<size_t> taken = std::vector<size_t>(1000);
  size_t begin = 0;
  size_t requests = 0;
};

class SplunkNumberTest : public SplunkTest {
 protected:
  NumberingServer Deliver(bool atomic, uint64_t first, bool names_the_last = false) {
    for (size_t i = lines_.all().size(); i < 1000; ++i) lines_.Add(gallery_lines::kPlain);
    NumberingServer server{.atomic = atomic, .first = first, .names_the_last = names_the_last};
    const auto splunk = MakeSplunk(Options());
    const HttpReply reply = server.Answer(splunk->Encode(lines_.all()));
    EXPECT_EQ(splunk->Read(reply, lines_.all()).kind, Delivery::Kind::kTaken);
    const Delivery delivery = splunk->Confirm(
        reply, lines_.all(), [&](const ProtocolRequest& request) { return std::expected<HttpReply, HttpError>(server.Answer(request)); });
    std::set<size_t> refused;
    for (const auto& entry : delivery.refused) refused.insert(entry.index);
    EXPECT_EQ(refused, server.bad);
    EXPECT_THAT(delivery.again, IsEmpty());
    for (size_t i = 0; i < server.taken.size(); ++i) EXPECT_EQ(server.taken[i] > 0, !server.bad.contains(i)) << i;
    return server;
  }
};

TEST_F(SplunkNumberTest, TheEventThatIsNamedIsSoonAlone) {
  const NumberingServer server = Deliver(false, 0);
  EXPECT_LT(server.requests, 10U);
  EXPECT_EQ(std::ranges::max(server.taken), 2U);
}

TEST_F(SplunkNumberTest, NothingIsMissingWhereNothingBeforeItWasTaken) { EXPECT_EQ(std::ranges::max(Deliver(true, 0).taken), 1U); }

TEST_F(SplunkNumberTest, WrongNumbersDoNoHarm) {
  for (const bool atomic : {false, true}) {
    for (const uint64_t first : {1U, 7U, 100'000U}) EXPECT_LT(Deliver(atomic, first).requests, 60U);
    EXPECT_LT(Deliver(atomic, 0, true).requests, 90U);
  }
}

TEST_F(SplunkAcknowledgementTest, TakesSplunkAtItsWordWithoutThem) {
  EXPECT_EQ(Confirm({}, R"({"text":"Success","code":0})").kind, Delivery::Kind::kTaken);
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_THAT(Read(200, R"({"text":"Success","code":0})", options_).words, HasSubstr("not on for this token"));
  options_.acknowledge = false;
  EXPECT_EQ(Confirm({}).kind, Delivery::Kind::kTaken);
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(SplunkTest, SaysHowItIs) {
  const auto splunk = MakeSplunk(Options());
  EXPECT_EQ(splunk->HealthRequest().method, "GET");
  EXPECT_EQ(splunk->HealthRequest().path, "/services/collector/health");
  EXPECT_EQ(splunk->ReadHealth({.status = 200, .headers = {}, .body = R"({"text":"HEC is healthy","code":17})"}), "Splunk: HEC is healthy");
  EXPECT_EQ(splunk->ReadHealth({.status = 503, .headers = {}, .body = R"({"text":"HEC is unhealthy, queues are full","code":18})"}).error(),
            "503: HEC is unhealthy, queues are full (code 18)");
  EXPECT_THAT(splunk->ReadHealth({.status = 200, .headers = {}, .body = "<html>"}).error(), HasSubstr("no HTTP Event Collector"));
}

TEST(CheckSplunkTest, SaysWhatIsWrong) {
  EXPECT_EQ(CheckSplunk({.token = "t"}), "");
  EXPECT_EQ(CheckSplunk({.token_file = "f"}), "");
  EXPECT_NE(CheckSplunk({}), "");
  EXPECT_NE(CheckSplunk({.token = "secret", .token_file = "f"}), "");
  EXPECT_THAT(CheckSplunk({.token = "sec\nret"}), Not(HasSubstr("sec\nret")));
  EXPECT_NE(CheckSplunk({.token = "sec\nret"}), "");
  EXPECT_NE(CheckSplunk({.token = "t", .channel = "x"}), "");
}

}  // namespace
}  // namespace logmill
