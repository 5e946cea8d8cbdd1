// Requests with a body: what is read, what is refused before a byte of it is read, and what it may cost.
#include <atomic>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "net/http_server.h"
#include "tests/net/http_client.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr size_t kMostBytes = 100'000;

HttpResponse Text(unsigned status, std::string text) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(text))};
}

HttpResponse EchoBody(const HttpRequest& request) {
  return Text(200, std::string(request.method) + "|" + std::string(request.content_type) + "|" + std::string(request.content_encoding) +
                       "|" + std::string(request.peer) + "|" + std::string(request.body));
}

std::string Post(std::string_view body, std::string_view headers = "") {
  return "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" +
         std::string(body);
}

class HttpBodyTest : public testing::Test {
 protected:
  void Serve(HttpBodies bodies = {.max_bytes = kMostBytes}, HttpHandler handler = EchoBody, HttpHandler admit = {},
             HttpOptions options = {}) {
    HttpListener listener{.address = "127.0.0.1:0", .handler = std::move(handler), .methods = {"POST"}, .bodies = bodies};
    listener.admit = std::move(admit);
    listener.refusal = [](unsigned status, std::string_view sentence) { return Text(status, "refused: " + std::string(sentence)); };
    auto started = HttpServer::Start({std::move(listener)}, options);
    ASSERT_TRUE(started.has_value()) << started.error();
    server_ = std::move(*started);
  }

  [[nodiscard]] RawHttpClient Connect() const { return RawHttpClient(server_->port(0)); }

  [[nodiscard]] Reply Ask(std::string_view bytes) const {
    RawHttpClient client = Connect();
    client.Send(bytes);
    return client.Read();
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpBodyTest, ReachTheHandlerWhole) {
  Serve();
  EXPECT_EQ(Ask(Post("hello", "Content-Type: a/b\r\nContent-Encoding: gzip\r\n")).body, "POST|a/b|gzip|127.0.0.1|hello");
  const std::string long_body(kMostBytes, 'x');
  EXPECT_EQ(Ask(Post(long_body)).body, "POST|||127.0.0.1|" + long_body);
  EXPECT_EQ(Ask(Post("")).body, "POST|||127.0.0.1|");
}

TEST_F(HttpBodyTest, MayComeInChunksAndByteByByte) {
  Serve();
  RawHttpClient client = Connect();
  const std::string_view request =
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;extension\r\n \r\n5\r\nworld\r\n0\r\nTrailer: "
      "x\r\n\r\n";
  client.Send(request);
  EXPECT_EQ(client.Read().body, "POST|||127.0.0.1|hello world");
  for (const char c : request) client.Send({&c, 1});
  EXPECT_EQ(client.Read().body, "POST|||127.0.0.1|hello world");
}

TEST_F(HttpBodyTest, FollowEachOtherOnOneConnection) {
  Serve();
  RawHttpClient client = Connect();
  client.Send(Post("one") + Post("two") + Post("three"));
  for (const std::string_view body : {"one", "two", "three"}) EXPECT_EQ(client.Read().body, "POST|||127.0.0.1|" + std::string(body));
  EXPECT_EQ(server_->connection_count(), 1U);
}

TEST_F(HttpBodyTest, AreWaitedForUntilTheClientIsToldToGoOn) {
  Serve();
  RawHttpClient client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Read(true).status, 100);
  client.Send("hello");
  EXPECT_EQ(client.Read().body, "POST|||127.0.0.1|hello");
}

TEST_F(HttpBodyTest, AreNotReadWhenTheHeadIsRefused) {
  std::atomic<int> handled = 0;
  Serve(
      {.max_bytes = kMostBytes}, [&](const HttpRequest&) { return ++handled, Text(200, ""); },
      [](const HttpRequest& request) {
        EXPECT_EQ(request.body, "");
        return request.authorization == "Bearer a" ? HttpResponse{.status = 100} : Text(401, "who are you?");
      });
  const Reply reply = Ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.body, "who are you?");
  EXPECT_EQ(reply.Header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(reply.Header("Connection"), "close");
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(Ask(Post("x", "Authorization: Bearer a\r\n")).status, 200);
}

TEST_F(HttpBodyTest, AreRefusedWithAReason) {
  Serve();
  const Reply wrong_method = Ask("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(wrong_method.body, "refused: Only POST is served.");
  EXPECT_EQ(wrong_method.Header("Allow"), "POST");
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: t\r\n\r\n").status, 411);
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nExpect: magic\r\n\r\n").status, 417);
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n").status, 501);
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n").status, 400);
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n").status, 400);
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").status, 400);
}

TEST_F(HttpBodyTest, MayNotBeTooLong) {
  Serve();
  const Reply told = Ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100001\r\n\r\n");
  EXPECT_EQ(told.status, 413);
  EXPECT_EQ(told.body, "refused: The body is too long: at most 100000 bytes are taken at once.");
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999999\r\n\r\n").status, 400);
  std::string chunked = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunked += "2710\r\n" + std::string(10'000, 'x') + "\r\n";
  EXPECT_EQ(Ask(chunked).status, 413);
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff0\r\n").status, 413);
}

TEST_F(HttpBodyTest, MayNotTakeTooLongHoweverTheyDrip) {
  Serve({.max_bytes = kMostBytes, .timeout = milliseconds(100)});
  RawHttpClient client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n");
  while (!client.AwaitClose(5)) client.Send("x");
  const Reply reply = client.Read();
  EXPECT_EQ(reply.status, 408);
  EXPECT_EQ(reply.body, "refused: The body took too long.");
}

TEST_F(HttpBodyTest, TakeABoundedMemoryTogether) {
  Serve({.max_bytes = kMostBytes, .max_bytes_at_once = 3 * kMostBytes});
  const std::string most = Post(std::string(kMostBytes, 'x'));
  std::vector<RawHttpClient> half;
  for (int i = 0; i < 3; ++i) {
    half.push_back(Connect());
    half.back().Send(most.substr(0, most.size() - 1));
  }
  // It is refused once the server has read what the three have sent, and not before.
  const std::string some = Post(std::string(kMostBytes / 10, 'x'));
  for (int i = 0; i < 10'000 && Ask(some).status == 200; ++i) continue;
  const Reply reply = Ask(most);
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.Header("Retry-After"), "1");
  for (RawHttpClient& client : half) client.Send("x");
  for (RawHttpClient& client : half) EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(Ask(most).status, 200) << "what they held is free again";
}

TEST_F(HttpBodyTest, MayEndInTheMiddle) {
  Serve();
  for (int i = 0; i < 100; ++i) Connect().Send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhe");
  EXPECT_EQ(Ask(Post("x")).status, 200);
}

TEST_F(HttpBodyTest, FromAThousandClientsAreTaken) {
  ASSERT_TRUE(AllowOpenFiles(3000));
  Serve();
  std::vector<RawHttpClient> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(Connect());
    clients.back().Send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhe");
  }
  for (RawHttpClient& client : clients) client.Send("llo");
  for (RawHttpClient& client : clients) ASSERT_EQ(client.Read().body, "POST|||127.0.0.1|hello");
}

TEST_F(HttpBodyTest, ThatDripMakeRoomForNewClients) {
  Serve({.max_bytes = kMostBytes}, EchoBody, {}, {.max_connections = 20});
  const std::string most = Post(std::string(kMostBytes, 'x'));
  std::vector<RawHttpClient> clients;
  for (size_t i = 0; i < 200; ++i) {
    clients.push_back(Connect());
    clients.back().Send(std::string_view(most).substr(0, 50'000 + i * 100));
  }
  EXPECT_EQ(Ask(Post("x")).status, 200);
  for (size_t i = 0; i < 180; ++i) ASSERT_TRUE(clients[i].AwaitClose());
}

// What was handled is answered: otherwise a client would send it again.
TEST_F(HttpBodyTest, ThatWereHandledAreAnsweredThoughTheServerStops) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> handled = 0;
    Serve({.max_bytes = kMostBytes}, [&](const HttpRequest&) { return ++handled, Text(200, "ok"); });
    std::vector<RawHttpClient> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(Connect());
    std::thread sender([&clients] {
      for (RawHttpClient& client : clients) client.Send(Post("x"));
    });
    while (handled == 0) std::this_thread::yield();
    server_.reset();
    sender.join();
    int answered = 0;
    for (RawHttpClient& client : clients) {
      const int status = client.Read().status;
      EXPECT_THAT(status, testing::AnyOf(200, 503, 0));
      answered += status == 200 ? 1 : 0;
    }
    EXPECT_EQ(answered, handled);
  }
}

}  // namespace
}  // namespace logmill
