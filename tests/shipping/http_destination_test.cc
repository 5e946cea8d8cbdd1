#include "shipping/http_destination.h"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "net/gunzip.h"
#include "shipping/splunk.h"
#include "tests/net/tls_server.h"
#include "tests/shipping/numbered_records.h"
#include "tests/shipping/temporary_folder.h"
#include "tests/support/dead_port.h"
#include "tests/support/scripted_server.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Lines, one a record. 2xx: taken; "confirm" in the answer: asks once more. 4xx: to be split.
class LinesProtocol final : public Protocol {
 public:
  ProtocolRequest Encode(std::span<const ShipRecord> batch) override {
    ProtocolRequest request{.path = "/push?x=1",
                            .headers = {{"Content-Type", "text/plain"}, {"X-Scope-OrgID", "ours"}, {"X-Api-Key", "geheimnis"}}};
    for (const ShipRecord& record : batch) request.body.append(record.line).append("\n");
    return request;
  }
  [[nodiscard]] bool Knows(const HttpReply& reply) const override { return reply.status == 507; }
  Delivery Read(const HttpReply& reply, std::span<const ShipRecord> /*batch*/) override {
    if (reply.body == "perhaps") return {.kind = Delivery::Kind::kRetry, .reason = RetryReason::kServerError, .maybe_refused = true};
    if (reply.status >= 300) return {.kind = Delivery::Kind::kSplit, .words = Excerpt(reply.body)};
    return {.refused =
                reply.body == "one is bad: geheimnis" ? std::vector<Delivery::Refused>{{0, reply.body}} : std::vector<Delivery::Refused>{}};
  }
  Delivery Confirm(const HttpReply& reply, std::span<const ShipRecord> /*batch*/, const Send& send) override {
    if (reply.body != "confirm") return {};
    const auto sure = send({.path = "/sure", .delay = 1ms});
    if (sure && sure->body == "yes") return {};
    if (sure && sure->body == "partly") return {.words = "late", .refused = {{1, "too old"}}, .again = {0}};
    if (!sure) return Classify(sure.error());
    // Nobody will ever say yes.
    const auto never = send({.path = "/sure", .delay = 10min});
    return never ? Delivery{} : Classify(never.error());
  }
  ProtocolRequest HealthRequest() override { return {.method = "GET", .path = "/ready"}; }
  std::expected<std::string, std::string> ReadHealth(const HttpReply& reply) override {
    if (reply.status == 200) return "is " + reply.body;
    return std::unexpected("is not well: " + reply.body);
  }
};

class HttpDestinationTest : public testing::Test {
 protected:
  static HttpDestinationOptions To(std::vector<std::string> urls) {
    return {.urls = std::move(urls), .client = {.proxy = ""}, .coding = BodyCoding::kNone, .timeout = 10min};
  }
  static std::unique_ptr<HttpDestination> Make(HttpDestinationOptions options) {
    EXPECT_EQ(HttpDestination::CheckOptions(options), "");
    return std::make_unique<HttpDestination>(std::move(options), std::make_unique<LinesProtocol>());
  }
  Delivery Deliver(HttpDestinationOptions options) { return Make(std::move(options))->Deliver(records_.all()); }
  Delivery DeliverTo(const ScriptedServer& server) { return Deliver(To({server.Url("")})); }

  static std::string Status(const std::string& status, const std::string& headers = "", const std::string& body = "words") {
    return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static void ExpectRetry(const Delivery& delivery, RetryReason reason, const std::string& words) {
    EXPECT_EQ(delivery.kind, Delivery::Kind::kRetry);
    EXPECT_EQ(delivery.reason, reason) << RetryReasonName(delivery.reason);
    EXPECT_THAT(delivery.words, HasSubstr(words));
  }

  const NumberedRecords records_{1, 3};
  const DeadPort dead_;
};

// Keeps the last request.
class Remembering {
 public:
  explicit Remembering(std::string answer)
      : server_([this, answer = std::move(answer)](ScriptedConnection& client) {
          for (std::string request; !(request = client.Request()).empty();) {
            {
              const std::lock_guard lock(mutex_);
              request_ = request;
            }
            client.Write(answer);
          }
        }) {}
  [[nodiscard]] std::string Url() const { return server_.Url(""); }
  [[nodiscard]] std::string request() {
    const std::lock_guard lock(mutex_);
    return request_;
  }

 private:
  std::mutex mutex_;
  std::string request_;
  ScriptedServer server_;
};

TEST_F(HttpDestinationTest, SendsWhatTheProtocolSays) {
  Remembering server(ScriptedServer::Ok(""));
  HttpDestinationOptions options = To({server.Url() + "/prefix/"});
  options.headers = {{"x-scope-orgid", "mine"}, {"X-Mine", "1"}};
  const Delivery delivery = Deliver(options);
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_EQ(delivery.sent_bytes, 21U);
  EXPECT_THAT(server.request(),
              AllOf(StartsWith("POST /prefix/push?x=1 HTTP/1.1\r\n"), HasSubstr("x-scope-orgid: mine\r\n"), HasSubstr("X-Mine: 1\r\n"),
                    Not(HasSubstr("ours")), HasSubstr("Content-Type: text/plain\r\n"), HasSubstr("\r\n\r\nline 1\nline 2\nline 3\n")));
}

TEST_F(HttpDestinationTest, PacksBodies) {
  Remembering server(ScriptedServer::Ok(""));
  HttpDestinationOptions options = To({server.Url()});
  options.coding = BodyCoding::kGzip;
  const Delivery delivery = Deliver(options);
  const std::string request = server.request();
  const size_t head = request.find("\r\n\r\n") + 4;
  EXPECT_THAT(request.substr(0, head), HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_EQ(delivery.sent_bytes, request.size() - head);
  Gunzip gunzip;
  std::string body;
  EXPECT_EQ(gunzip.Append(std::string_view(request).substr(head), body, 1000), Gunzip::Result::kGood);
  EXPECT_EQ(body, "line 1\nline 2\nline 3\n");
}

TEST_F(HttpDestinationTest, HearsRetryAfterInSecondsAndAsADate) {
  const ScriptedServer seconds(ScriptedServer::Answering(Status("429 Too Many", "Retry-After: 17\r\n")));
  const ScriptedServer date(ScriptedServer::Answering(Status("503 No", "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n")));
  const ScriptedServer none(ScriptedServer::Answering(Status("429 Too Many")));
  const Delivery later = DeliverTo(seconds);
  ExpectRetry(later, RetryReason::kThrottled, "/push?...: 429 Too Many Requests: words");
  EXPECT_EQ(later.pause, 17s);
  EXPECT_GT(DeliverTo(date).pause, std::chrono::hours(10'000));
  EXPECT_EQ(DeliverTo(none).pause, 0s);
}

TEST_F(HttpDestinationTest, IsWellAgainWhenTheServerIs) {
  std::atomic<int> asked = 0;
  const ScriptedServer server([&](ScriptedConnection& client) {
    while (!client.Request().empty()) client.Write(++asked <= 3 ? Status("500 Oh") : ScriptedServer::Ok(""));
  });
  const auto destination = Make(To({server.Url("")}));
  for (int i = 0; i < 3; ++i)
    ExpectRetry(destination->Deliver(records_.all()), RetryReason::kServerError, "500 Internal Server Error: words");
  EXPECT_EQ(destination->Deliver(records_.all()).kind, Delivery::Kind::kTaken);
}

TEST_F(HttpDestinationTest, AProtocolMayKnowMoreOfAStatus) {
  const ScriptedServer server(ScriptedServer::Answering(Status("507 Oh")));
  const Delivery delivery = DeliverTo(server);
  EXPECT_EQ(delivery.kind, Delivery::Kind::kSplit);
  EXPECT_EQ(delivery.words, "words");
}

TEST_F(HttpDestinationTest, AnAnswerThatEndsTooEarlyIsNone) {
  const ScriptedServer body([](ScriptedConnection& client) {
    static_cast<void>(client.Request());
    client.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of");
  });
  const ScriptedServer nothing([](ScriptedConnection& client) { static_cast<void>(client.Request()); });
  const ScriptedServer nonsense(ScriptedServer::Answering("220 smtp.example.org ESMTP\r\n"));
  for (const ScriptedServer* server : {&body, &nothing, &nonsense})
    ExpectRetry(DeliverTo(*server), RetryReason::kBroken, server->Url("/push"));
}

TEST_F(HttpDestinationTest, ASlowServerIsGivenUpAtTheDeadline) {
  const ScriptedServer server([](ScriptedConnection& client) {
    static_cast<void>(client.Request());
    client.Write("HTTP/1.1 200 OK\r\nContent-Le");
    EXPECT_TRUE(client.AwaitClose());
  });
  HttpDestinationOptions options = To({server.Url("")});
  options.timeout = 50ms;
  ExpectRetry(Deliver(options), RetryReason::kTimeout, server.Url("/push"));
}

TEST_F(HttpDestinationTest, NobodyThere) {
  const std::string dead = dead_.Url();
  ExpectRetry(Deliver(To({dead})), RetryReason::kConnection, dead + "/push?...: cannot connect: connection refused");
}

TEST_F(HttpDestinationTest, RedirectsAreNotFollowedButSaid) {
  const ScriptedServer elsewhere(ScriptedServer::Answering(ScriptedServer::Ok("")));
  const ScriptedServer server(ScriptedServer::Answering(Status("307 There", "Location: " + elsewhere.Url("/x?token=geheim") + "\r\n")));
  const Delivery delivery = DeliverTo(server);
  ExpectRetry(delivery, RetryReason::kOther, "307: redirects to " + elsewhere.Url("/x?..."));
  EXPECT_THAT(delivery.words, Not(HasSubstr("geheim")));
  EXPECT_EQ(elsewhere.connections(), 0U);
}

TEST_F(HttpDestinationTest, WrongTlsIsSaid) {
  const Certificates files;
  files.Make("good", "DNS:localhost,IP:127.0.0.1");
  const TlsServer tls({"-cert", files.Path("good.pem"), "-key", files.Path("good.key")});
  ExpectRetry(Deliver(To({tls.Url("localhost")})), RetryReason::kTls, "the server's certificate is not accepted");
  HttpDestinationOptions options = To({tls.Url("localhost")});
  options.client.tls.ca_file = files.Path("ca.pem");
  options.timeout = 200ms;
  // openssl's server knows no POST: what counts is that it is spoken to.
  EXPECT_NE(Deliver(options).reason, RetryReason::kTls);
}

TEST_F(HttpDestinationTest, TheNextNodeIsAskedAtOnceAndTheGoodOneRemembered) {
  const std::string dead = dead_.Url();
  const ScriptedServer ill(ScriptedServer::Answering(Status("502 Bad")));
  Remembering good(ScriptedServer::Ok(""));
  const auto destination = Make(To({dead, ill.Url(""), good.Url()}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(destination->Deliver(records_.all()).kind, Delivery::Kind::kTaken);
  EXPECT_EQ(ill.connections(), 1U);
}

TEST_F(HttpDestinationTest, EachNodeIsAskedOnceAndAllAreSaid) {
  const std::string dead = dead_.Url();
  std::atomic<int> asked = 0;
  const ScriptedServer ill([&](ScriptedConnection& client) {
    while (!client.Request().empty()) {
      ++asked;
      client.Write(Status("503 No", "Retry-After: 5\r\n"));
    }
  });
  const auto destination = Make(To({ill.Url(""), dead}));
  const Delivery delivery = destination->Deliver(records_.all());
  ExpectRetry(delivery, RetryReason::kConnection, "503 Service Unavailable: words; " + dead);
  EXPECT_EQ(delivery.pause, 5s);
  EXPECT_EQ(asked, 1);
}

TEST_F(HttpDestinationTest, WhatOneNodeMayHaveRefusedIsNotForgottenAtTheNext) {
  const ScriptedServer refusing(ScriptedServer::Answering(Status("507 Oh", "", "perhaps")));
  const std::string dead = dead_.Url();
  for (const auto& urls : {std::vector{refusing.Url(""), dead}, std::vector{dead, refusing.Url("")}}) {
    const Delivery delivery = Deliver(To(urls));
    EXPECT_EQ(delivery.kind, Delivery::Kind::kRetry);
    EXPECT_TRUE(delivery.maybe_refused);
  }
  EXPECT_FALSE(Deliver(To({dead})).maybe_refused);
}

// What Splunk has confirmed to one node or not is begun anew at the next one.
TEST_F(HttpDestinationTest, TheNextNodeIsAskedFromTheBeginning) {
  std::atomic<int> asked = 0;
  const ScriptedServer first([&](ScriptedConnection& client) {
    while (!client.Request().empty()) {
      client.Write(asked++ == 0 ? Status("400 No", "", R"({"text":"Error in handling indexed fields","code":15,"invalid-event-number":2})")
                                : Status("503 No", "", R"({"text":"Server is busy","code":9})"));
    }
  });
  const ScriptedServer second(ScriptedServer::Answering(Status("200 OK", "", R"({"text":"Success","code":0})")));
  HttpDestination destination(To({first.Url(""), second.Url("")}), MakeSplunk({.token = "token"}));
  const Delivery delivery = destination.Deliver(records_.all());
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_THAT(delivery.refused, testing::IsEmpty());
  EXPECT_THAT(delivery.again, testing::IsEmpty());
  EXPECT_EQ(asked, 2);
}

TEST_F(HttpDestinationTest, ThrottledAndDeniedAreForAllNodes) {
  for (const char* status : {"429 Slow", "401 Who", "404 Where"}) {
    const ScriptedServer first(ScriptedServer::Answering(Status(status)));
    const ScriptedServer second(ScriptedServer::Answering(ScriptedServer::Ok("")));
    EXPECT_EQ(Deliver(To({first.Url(""), second.Url("")})).kind, Delivery::Kind::kRetry);
    EXPECT_EQ(second.connections(), 0U);
  }
}

TEST_F(HttpDestinationTest, SecretsThatComeBackAreHidden) {
  const ScriptedServer denied(ScriptedServer::Answering(Status("401 Who", "", "no geheimnis, nor Basic bWU6cGFzc3dvcnQ= or passwort")));
  HttpDestinationOptions options = To({denied.Url("")});
  options.client.credentials = {.user = "me", .password = "passwort"};
  ExpectRetry(Deliver(options), RetryReason::kDenied, "no [secret], nor Basic [secret] or [secret]");
  const ScriptedServer partly(ScriptedServer::Answering(ScriptedServer::Ok("one is bad: geheimnis")));
  const Delivery taken = DeliverTo(partly);
  ASSERT_EQ(taken.refused.size(), 1U);
  EXPECT_EQ(taken.refused[0].reason, "one is bad: [secret]");
  const ScriptedServer bad(ScriptedServer::Answering(Status("400 Bad", "", std::string(295, 'x') + "geheimnis")));
  EXPECT_THAT(DeliverTo(bad).words, Not(HasSubstr("gehei"))) << "nor a part of one, where the words are cut";
}

TEST_F(HttpDestinationTest, ConfirmsWhereTheProtocolWantsTo) {
  const ScriptedServer server([](ScriptedConnection& client) {
    for (std::string request; !(request = client.Request()).empty();)
      client.Write(ScriptedServer::Ok(request.starts_with("POST /sure") ? "yes" : "confirm"));
  });
  const Delivery delivery = DeliverTo(server);
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_EQ(delivery.sent_bytes, 21U);
}

TEST_F(HttpDestinationTest, AddsWhatIsFoundOutLater) {
  const ScriptedServer server([](ScriptedConnection& client) {
    for (std::string request; !(request = client.Request()).empty();)
      client.Write(ScriptedServer::Ok(request.starts_with("POST /sure") ? "partly" : "confirm"));
  });
  const Delivery delivery = DeliverTo(server);
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_EQ(delivery.words, "late");
  ASSERT_EQ(delivery.refused.size(), 1U);
  EXPECT_EQ(delivery.refused[0].reason, "too old");
  EXPECT_THAT(delivery.again, testing::ElementsAre(0U));
}

// Interrupts until the call has ended.
Delivery Interrupted(HttpDestination& destination, std::span<const ShipRecord> records) {
  auto call = std::async(std::launch::async, [&] { return destination.Deliver(records); });
  while (call.wait_for(10ms) != std::future_status::ready) destination.Interrupt();
  return call.get();
}

TEST_F(HttpDestinationTest, InterruptEndsARequestAndAPause) {
  const ScriptedServer silent([](ScriptedConnection& client) {
    static_cast<void>(client.Request());
    EXPECT_TRUE(client.AwaitClose());
  });
  const ScriptedServer unsure([](ScriptedConnection& client) {
    while (!client.Request().empty()) client.Write(ScriptedServer::Ok("confirm"));
  });
  for (const ScriptedServer* server : {&silent, &unsure}) {
    const auto destination = Make(To({server->Url("")}));
    EXPECT_EQ(Interrupted(*destination, records_.all()).kind, Delivery::Kind::kRetry);
    const size_t connections = server->connections();
    ExpectRetry(destination->Deliver(records_.all()), RetryReason::kOther, "interrupted");
    EXPECT_FALSE(destination->Check().has_value());
    EXPECT_EQ(server->connections(), connections) << "for good";
  }
}

TEST_F(HttpDestinationTest, ChecksAllNodes) {
  const std::string dead = dead_.Url();
  const ScriptedServer good(ScriptedServer::Answering(ScriptedServer::Ok("ready")));
  const ScriptedServer ill(ScriptedServer::Answering(Status("503 No", "", "still starting")));
  const ScriptedServer gone(ScriptedServer::Answering(Status("301 Gone", "Location: /login\r\n")));
  EXPECT_EQ(Make(To({good.Url("")}))->Check(), "is ready");
  EXPECT_EQ(Make(To({ill.Url(""), good.Url("")}))->Check(), "is ready; but is not well: still starting");
  EXPECT_EQ(Make(To({ill.Url(""), dead}))->Check().error(),
            "is not well: still starting; " + dead + "/ready: cannot connect: connection refused");
  EXPECT_THAT(Make(To({gone.Url("")}))->Check().error(), HasSubstr("redirects to /login"));
}

TEST_F(HttpDestinationTest, SaysWhatIsWrongWithTheOptions) {
  const auto complaint = [](HttpDestinationOptions options) { return HttpDestination::CheckOptions(options); };
  EXPECT_EQ(complaint({}), "");
  EXPECT_THAT(complaint({.headers = {{"content-TYPE", "x"}}}), HasSubstr("is made by Logmill"));
  EXPECT_THAT(complaint({.headers = {{"X", "geheim\n"}}}), AllOf(HasSubstr("X"), Not(HasSubstr("geheim"))));
  EXPECT_THAT(complaint({.headers = {{"a b", "x"}}}), HasSubstr("name"));
  EXPECT_THAT(complaint({.client = {.tls = {.key_file = "k"}}}), HasSubstr("go together"));
  EXPECT_EQ(HttpDestination::CheckUrl("http://a"), "");
  EXPECT_THAT(HttpDestination::CheckUrl("b"), HasSubstr("http://"));
  EXPECT_THAT(HttpDestination::CheckUrl("http://a/?x=geheim"), AllOf(HasSubstr("no query"), Not(HasSubstr("geheim"))));
}

}  // namespace
}  // namespace logmill
