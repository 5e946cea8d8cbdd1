#include "net/http_server.h"

#include <stdexcept>

#include "gmock/gmock.h"
#include "tests/net/http_client.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

// Tells what it was asked.
HttpResponse Echo(const HttpRequest& request) {
  std::string text;
  for (const auto part : {request.method, request.path, request.query, request.accept, request.accept_encoding})
    text.append(part).append("|");
  return {.body = std::make_shared<const std::string>(std::move(text))};
}

class HttpServerTest : public testing::Test {
 protected:
  void Serve(HttpOptions options = {}, HttpHandler handler = Echo) {
    auto started = HttpServer::Start({{.address = "127.0.0.1:0", .handler = std::move(handler)}}, options);
    ASSERT_TRUE(started.has_value()) << started.error();
    server_ = std::move(*started);
  }

  [[nodiscard]] RawHttpClient Connect() const { return RawHttpClient(server_->port(0)); }

  // The answer to these bytes on a connection of their own.
  [[nodiscard]] Reply Ask(std::string_view bytes) const {
    RawHttpClient client = Connect();
    client.Send(bytes);
    return client.Read();
  }

  static std::string WhyNot(std::string_view address, std::string_view setting = "") {
    auto started = HttpServer::Start({{.address = std::string(address), .handler = Echo, .setting = std::string(setting)}}, {});
    return started ? "" : started.error();
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, HandsTheRequestToTheHandlerAndItsAnswerToTheClient) {
  Serve();
  const Reply reply = Connect().Get("/metrics?a=b?c", "Accept: text/plain\r\naccept: */*\r\nAccept-Encoding: gzip\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "GET|/metrics|a=b?c|text/plain, */*|gzip|");
  EXPECT_EQ(reply.Header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(reply.Header("Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(reply.Header("Connection"), "keep-alive");
  EXPECT_THAT(reply.Header("Date"), HasSubstr(" GMT"));
  EXPECT_THAT(reply.head, Not(HasSubstr("Content-Encoding")));
}

TEST_F(HttpServerTest, SendsEveryFieldOfAResponse) {
  Serve({}, [](const HttpRequest&) {
    return HttpResponse{.status = 503, .content_type = "a/b", .content_encoding = "gzip", .body = nullptr, .retry_after_s = 7};
  });
  const Reply reply = Connect().Get("/");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.Header("Content-Type"), "a/b");
  EXPECT_EQ(reply.Header("Content-Encoding"), "gzip");
  EXPECT_EQ(reply.Header("Retry-After"), "7");
  EXPECT_EQ(reply.Header("Content-Length"), "0");
}

TEST_F(HttpServerTest, HeadHasTheLengthButNoBody) {
  Serve();
  RawHttpClient client = Connect();
  client.Send("HEAD /x HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.Read(true).Header("Content-Length"), std::to_string(std::string_view("HEAD|/x||||").size()));
  EXPECT_EQ(client.Get("/after").body, "GET|/after||||") << "nothing stood between the two answers";
}

TEST_F(HttpServerTest, OneConnectionServesManyRequestsAlsoWhenTheyComeAtOnce) {
  Serve();
  RawHttpClient client = Connect();
  EXPECT_EQ(client.Get("/1").body, "GET|/1||||");
  EXPECT_EQ(client.Get("/2").body, "GET|/2||||");
  std::string many;
  for (int i = 0; i < 500; ++i) many += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\n\r\n";
  client.Send(many);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.Read().body, "GET|/" + std::to_string(i) + "||||");
  EXPECT_EQ(server_->connection_count(), 1U);
}

TEST_F(HttpServerTest, AcceptsAHeadThatComesByteByByte) {
  Serve();
  RawHttpClient client = Connect();
  client.Get("/first");
  for (const char c : std::string_view("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n")) client.Send({&c, 1});
  EXPECT_EQ(client.Read().body, "GET|/slow||||");
}

TEST_F(HttpServerTest, ClosesWhenAskedTo) {
  Serve();
  for (const std::string_view request : {"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    RawHttpClient client = Connect();
    client.Send(request);
    const Reply reply = client.Read();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.Header("Connection"), "close");
    EXPECT_TRUE(client.AwaitClose());
  }
}

TEST_F(HttpServerTest, UnderstandsTargetsAsProxiesWriteThem) {
  Serve();
  EXPECT_EQ(Ask("GET http://a:1/metrics?q HTTP/1.1\r\nHost: t\r\n\r\n").body, "GET|/metrics|q|||");
  EXPECT_EQ(Ask("GET http://a HTTP/1.1\r\nHost: t\r\n\r\n").body, "GET|/||||");
  EXPECT_EQ(Ask("GET * HTTP/1.1\r\nHost: t\r\n\r\n").body, "GET|*||||");
}

TEST_F(HttpServerTest, ServesOnlyGetAndHead) {
  Serve();
  for (const std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "BREW"}) {
    const Reply reply = Ask(std::string(method) + " /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.Header("Allow"), "GET, HEAD") << method;
  }
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999\r\n\r\nabc").status, 413);
}

TEST_F(HttpServerTest, RefusesBodiesAndClosesSoThatTheyAreNotReadAsRequests) {
  Serve();
  for (const std::string_view header : {"Content-Length: 27", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip"}) {
    RawHttpClient client = Connect();
    client.Send("GET / HTTP/1.1\r\nHost: t\r\n" + std::string(header) + "\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.Read().status, 413) << header;
    EXPECT_EQ(client.Read().status, 0) << header << ": a second answer came";
  }
  EXPECT_EQ(Ask("GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n").status, 200);
}

TEST_F(HttpServerTest, SaysThatARequestIsMalformed) {
  Serve();
  for (const std::string_view bytes : {
           "\x16\x03\x01\x02\x00\x01\r\n\r\n",
           "GET\r\n\r\n",
           "GET / HTTP/9.9\r\n\r\n",
           "GET / HTTP/1.1\r\nno colon\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
           "GET /a b HTTP/1.1\r\nHost: t\r\n\r\n",
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
       }) {
    RawHttpClient client = Connect();
    client.Send(bytes);
    EXPECT_EQ(client.Read().status, 400) << bytes;
    EXPECT_TRUE(client.AwaitClose()) << bytes;
  }
  EXPECT_EQ(Connect().Get("/still-here").status, 200);
}

TEST_F(HttpServerTest, LimitsTheHead) {
  Serve({.max_header_bytes = 2000});
  const std::string big(1500, 'x');
  EXPECT_EQ(Connect().Get("/", "X: " + big + "\r\n").status, 200);
  EXPECT_EQ(Connect().Get("/", "X: " + big + big + "\r\n").status, 431);
  EXPECT_EQ(Connect().Get("/" + big + big).status, 431);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "A:\r\n";
  EXPECT_EQ(Connect().Get("/", many).status, 431);
}

TEST_F(HttpServerTest, TheAnswerToATooLongHeadArrivesAlthoughTheClientKeepsSending) {
  Serve();
  RawHttpClient client = Connect();
  client.Send("GET / HTTP/1.1\r\nX: " + std::string(200'000, 'x'));
  EXPECT_EQ(client.Read().status, 431);
}

TEST_F(HttpServerTest, AHandlerThatThrowsFailsOneRequest) {
  Serve({}, [](const HttpRequest& request) -> HttpResponse {
    if (request.path == "/bad") throw std::runtime_error("no luck");
    return Echo(request);
  });
  RawHttpClient client = Connect();
  const Reply reply = client.Get("/bad");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("no luck"));
  EXPECT_EQ(client.Get("/good").status, 200);
}

TEST_F(HttpServerTest, ClosesAnIdleConnection) {
  Serve({.idle_timeout = milliseconds(50)});
  RawHttpClient client = Connect();
  EXPECT_EQ(client.Get("/").status, 200);
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(HttpServerTest, TheNewestConnectionTakesTheePlaceOfTheOneThatNeverAsked) {
  Serve({.max_connections = 3});
  RawHttpClient scraper = Connect();
  EXPECT_EQ(scraper.Get("/").status, 200);
  const RawHttpClient silent1 = Connect();
  const RawHttpClient silent2 = Connect();
  RawHttpClient late = Connect();
  EXPECT_EQ(late.Get("/").status, 200);
  EXPECT_TRUE(silent1.AwaitClose());
  EXPECT_FALSE(silent2.IsClosed());
  EXPECT_EQ(Connect().Get("/").status, 200);
  EXPECT_TRUE(silent2.AwaitClose());
  EXPECT_EQ(scraper.Get("/").status, 200) << "a connection that has been used is kept rather than one that has not";
}

TEST_F(HttpServerTest, WhenAllPlacesAreTakenByAnswersANewConnectionIsClosed) {
  const auto huge = std::make_shared<const std::string>(8'000'000, 'x');
  Serve({.max_connections = 2}, [huge](const HttpRequest&) { return HttpResponse{.body = huge}; });
  RawHttpClient busy1 = Connect();
  RawHttpClient busy2 = Connect();
  for (RawHttpClient* client : {&busy1, &busy2}) {
    client->Send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    ASSERT_TRUE(client->AwaitBytes());
  }
  EXPECT_TRUE(Connect().AwaitClose());
  EXPECT_EQ(busy1.Read().body, *huge);
  EXPECT_EQ(busy2.Read().body, *huge);
  EXPECT_LE(server_->connection_count(), 2U);
}

TEST_F(HttpServerTest, RunningOutOfFilesCostsTheLongestIdleConnectionOnly) {
  Serve();
  std::vector<RawHttpClient> idle;
  for (int i = 0; i < 5; ++i) idle.push_back(Connect());
  for (auto& client : idle) ASSERT_EQ(client.Get("/").status, 200);
  const int next_free = dup(STDERR_FILENO);
  close(next_free);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit tight{static_cast<rlim_t>(next_free) + 1, before.rlim_max};  // one more: the client's end, but not the server's
  setrlimit(RLIMIT_NOFILE, &tight);
  EXPECT_EQ(Connect().Get("/").status, 200);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(idle[0].AwaitClose());
  for (size_t i = 1; i < idle.size(); ++i) EXPECT_EQ(idle[i].Get("/").status, 200) << i;
}

TEST_F(HttpServerTest, StopsWhileClientsHang) {
  const auto huge = std::make_shared<const std::string>(8'000'000, 'x');
  Serve({}, [huge](const HttpRequest&) { return HttpResponse{.body = huge}; });
  const RawHttpClient idle = Connect();
  const RawHttpClient half = Connect();
  half.Send("GET / HT");
  const RawHttpClient deaf = Connect();
  deaf.Send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(deaf.AwaitBytes());
  server_.reset();
  for (const RawHttpClient* client : {&idle, &half, &deaf}) EXPECT_TRUE(client->AwaitClose());
  EXPECT_EQ(huge.use_count(), 1) << "an answer outlived the server";
}

TEST_F(HttpServerTest, ServesSeveralListenersByTheirOwnHandlers) {
  const auto saying = [](std::string text) {
    return [body = std::make_shared<const std::string>(std::move(text))](const HttpRequest&) { return HttpResponse{.body = body}; };
  };
  auto server = HttpServer::Start({{.address = "127.0.0.1:0", .handler = saying("a")},
                                   {.address = "localhost:0", .handler = saying("b")},
                                   {.address = "0.0.0.0:0", .handler = saying("c")},
                                   {.address = ":0", .handler = saying("d")}},
                                  {});
  ASSERT_TRUE(server.has_value()) << server.error();
  std::string all;
  for (size_t i = 0; i < 4; ++i) all += RawHttpClient((*server)->port(i)).Get("/").body;
  EXPECT_EQ(all, "abcd");
}

TEST_F(HttpServerTest, SaysWhichAddressIsTakenAndBindsNone) {
  Serve();
  const std::string taken = "127.0.0.1:" + std::to_string(server_->port(0));
  EXPECT_EQ(WhyNot(taken), taken + ": address already in use: another program listens there; choose another port");
  EXPECT_THAT(WhyNot(taken, "IMMICH_API_METRICS_PORT"), testing::EndsWith("choose another port with IMMICH_API_METRICS_PORT"));
  EXPECT_EQ(Connect().Get("/").status, 200);
}

TEST_F(HttpServerTest, SaysWhatIsWrongWithAnAddress) {
  EXPECT_THAT(WhyNot("8081"), HasSubstr("8081: not an address; write HOST:PORT"));
  EXPECT_THAT(WhyNot("127.0.0.1:"), HasSubstr("port has to be a number from 0 to 65535"));
  EXPECT_THAT(WhyNot("127.0.0.1:65536"), HasSubstr("port has to be a number from 0 to 65535"));
  EXPECT_THAT(WhyNot("127.0.0.1:80x"), HasSubstr("port has to be a number from 0 to 65535"));
  EXPECT_THAT(WhyNot("::1:8081"), HasSubstr("an IPv6 address needs brackets"));
  EXPECT_THAT(WhyNot("192.0.2.1:0"), HasSubstr("no interface of this machine has that address"));
  EXPECT_THAT(WhyNot("no-such-host.invalid:0"), HasSubstr("no-such-host.invalid:0: "));
}

}  // namespace
}  // namespace logmill
