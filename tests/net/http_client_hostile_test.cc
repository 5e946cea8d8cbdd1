// Servers that break off, lie, hang and flood.
#include <dlfcn.h>
#include <netdb.h>
#include <zlib.h>

#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>

#include "gmock/gmock.h"
#include "net/http_client.h"
#include "tests/support/scripted_server.h"

namespace {

// A resolver that does not answer, for names that end in ".hang", until it may. Its threads may outlive the test.
std::mutex resolver_mutex;
std::shared_ptr<std::latch> may_answer;

std::shared_ptr<std::latch> MayAnswer() {
  const std::lock_guard lock(resolver_mutex);
  return may_answer;
}

}  // namespace

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** result) {
  using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  const auto latch = MayAnswer();
  if (latch != nullptr && name != nullptr && std::string_view(name).ends_with(".hang")) {
    latch->wait();
    return EAI_AGAIN;
  }
  return reinterpret_cast<Lookup>(::dlsym(RTLD_NEXT, "getaddrinfo"))(name, service, hints, result);
}

namespace logmill {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;

constexpr milliseconds kForever{600'000};
constexpr milliseconds kShort{100};

std::string Gzip(std::string_view text, size_t times = 1) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size() * times) + 100, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  for (size_t i = 0; i <= times; ++i) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = i == times ? 0 : static_cast<uInt>(text.size());
    deflate(&stream, i == times ? Z_FINISH : Z_NO_FLUSH);
  }
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Gzipped(std::string_view body) { return ScriptedServer::Ok(body, "Content-Encoding: gzip\r\n"); }

// What a client with these limits makes of a server with this script.
std::expected<HttpReply, HttpError> Ask(ScriptedServer::Script script, size_t most = size_t{1} << 20, milliseconds deadline = kForever) {
  const ScriptedServer server(std::move(script));
  HttpClient client({});
  return client.Send({.url = server.Url(), .deadline = deadline, .max_answer_bytes = most});
}

std::string WhyNot(const std::string& answer, size_t most = size_t{1} << 20) {
  const auto reply = Ask(ScriptedServer::Answering(answer), most);
  EXPECT_FALSE(reply.has_value()) << answer.substr(0, 100);
  return reply ? "" : reply.error().text.substr(reply.error().text.find("/: ") + 3);
}

TEST(HttpClientHostileTest, AnAnswerThatIsCutShortIsAnErrorAndNeverHalfAnAnswer) {
  for (const char* head : {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n", "HTTP/1.1 200 OK\r\nContent-Ty"})
    EXPECT_EQ(WhyNot(head), "the answer is cut short") << head;
  const auto closing = [](const std::string& bytes) {
    return Ask([bytes](ScriptedConnection& client) {
      client.Request();
      client.Write(bytes);
    });
  };
  for (const std::string bytes : {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    const auto reply = closing(bytes);
    ASSERT_FALSE(reply.has_value()) << bytes;
    EXPECT_EQ(reply.error().fault, HttpFault::kBroken) << bytes;
  }
  EXPECT_THAT(closing("").error().text, EndsWith(": the connection ended without an answer"));
  EXPECT_THAT(closing("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345").error().text, EndsWith(": the answer is cut short"));
}

TEST(HttpClientHostileTest, WhatIsNotHttpIsSaid) {
  for (const char* answer : {"SSH-2.0-OpenSSH_9.2\r\n", "\x16\x03\x01", "{}", "HTTP/1.1\r\n\r\n", "HTTP/x 200 OK\r\n\r\n"})
    EXPECT_THAT(WhyNot(std::string(answer) + std::string(100, '\n')), testing::Not("")) << answer;
  EXPECT_EQ(WhyNot("SSH-2.0-OpenSSH_9.2\r\n"), "what answers does not speak HTTP/1.1");
}

TEST(HttpClientHostileTest, ChunkedNonsenseIsAnError) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunks : {"zz\r\nabc\r\n0\r\n\r\n", "3\r\nabcdef\r\n0\r\n\r\n", "-1\r\n\r\n", "ffffffffffffffffff\r\nabc\r\n"})
    EXPECT_EQ(WhyNot(head + chunks), "the answer is malformed: it is not in chunks") << chunks;
}

TEST(HttpClientHostileTest, ABodyBeyondItsLengthIsNotReadAsAnAnswer) {
  const ScriptedServer server([](ScriptedConnection& client) {
    while (!client.Request().empty()) client.Write(ScriptedServer::Ok("first") + ScriptedServer::Ok("smuggled"));
  });
  HttpClient client({});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Send({.url = server.Url(), .deadline = kForever})->body, "first");
}

TEST(HttpClientHostileTest, ALongBodyIsRefusedWhateverItSaysAboutItself) {
  const std::string body(1001, 'x');
  const std::string limit = "the answer is longer than the limit of 1000 bytes";
  EXPECT_EQ(WhyNot(ScriptedServer::Ok(body), 1000), limit);
  EXPECT_EQ(WhyNot("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n", 1000), limit);
  EXPECT_EQ(WhyNot("HTTP/1.1 200 OK\r\n\r\n" + body, 1000), limit);
  EXPECT_EQ(WhyNot("HTTP/1.1 500 No\r\n\r\n" + body, 1000), limit);
  EXPECT_EQ(Ask(ScriptedServer::Answering(ScriptedServer::Ok(body)), 1001)->body, body);
}

TEST(HttpClientHostileTest, AnEndlessBodyEndsAtTheLimit) {
  const auto reply = Ask([](ScriptedConnection& client) {
    client.Request();
    client.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (client.Write("5\r\nhello\r\n")) {
    }
  });
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().fault, HttpFault::kTooLong);
}

TEST(HttpClientHostileTest, EndlessHeadersEndAtTheirLimit) {
  for (const std::string line : {"X-Many: 1\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    const auto reply = Ask([line](ScriptedConnection& client) {
      client.Request();
      if (line.starts_with("X")) client.Write("HTTP/1.1 200 OK\r\n");
      while (client.Write(line)) {
      }
    });
    ASSERT_FALSE(reply.has_value());
    EXPECT_THAT(reply.error().text, EndsWith("the headers of the answer are too long")) << line;
  }
}

TEST(HttpClientHostileTest, UndoesGzipAndOnlyThat) {
  EXPECT_EQ(Ask(ScriptedServer::Answering(Gzipped(Gzip("hello"))))->body, "hello");
  EXPECT_EQ(Ask(ScriptedServer::Answering(Gzipped(Gzip("one ") + Gzip("two"))))->body, "one two");
  EXPECT_EQ(Ask(ScriptedServer::Answering(ScriptedServer::Ok("as it is", "Content-Encoding: identity\r\n")))->body, "as it is");
  for (const char* header : {"Content-Encoding: br", "Content-Encoding: zstd", "Content-Encoding: gzip, gzip",
                             "Content-Encoding: gzip\r\nContent-Encoding: gzip"})
    EXPECT_EQ(WhyNot(ScriptedServer::Ok("x", std::string(header) + "\r\n")), "the answer has a content encoding that was not asked for");
  EXPECT_EQ(WhyNot("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
            "the answer has a transfer encoding that was not asked for");
  const ScriptedServer server(ScriptedServer::Answering(Gzipped(Gzip("hello"))));
  HttpClient client({});
  EXPECT_EQ(client.Send({.url = server.Url(), .deadline = kForever, .accept_gzip = false}).error().fault, HttpFault::kBroken);
}

TEST(HttpClientHostileTest, DamagedAndCutGzipAreErrors) {
  std::string good = Gzip("hello, hello, hello, hello");
  for (size_t size = 1; size < good.size(); ++size)
    EXPECT_EQ(WhyNot(Gzipped(good.substr(0, size))), "the answer is cut short: its gzip does not end") << size;
  const std::string damaged = "the answer is damaged: its gzip cannot be undone";
  EXPECT_EQ(WhyNot(Gzipped(good + "junk")), damaged);
  good[good.size() - 6] = static_cast<char>(~good[good.size() - 6]);
  EXPECT_EQ(WhyNot(Gzipped(good)), damaged);
  EXPECT_EQ(WhyNot(Gzipped("not gzip at all")), damaged);
}

TEST(HttpClientHostileTest, AGzipBombGoesNoFurtherThanTheLimit) {
  const std::string bomb = Gzip(std::string(1 << 20, 'x'), 64);
  EXPECT_LT(bomb.size(), size_t{1} << 20) << "it has to pass the limit as it comes";
  EXPECT_EQ(WhyNot(Gzipped(bomb)), "the answer is longer than the limit of 1048576 bytes");
  EXPECT_EQ(Ask(ScriptedServer::Answering(Gzipped(Gzip(std::string(1 << 20, 'x')))))->body.size(), size_t{1} << 20);
}

TEST(HttpClientHostileTest, TheDeadlineCoversEverything) {
  const auto silent = [](ScriptedConnection& client) { EXPECT_TRUE(client.AwaitClose()); };
  const auto drips = [](ScriptedConnection& client) {
    client.Request();
    client.Write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (!client.AwaitClose(5)) client.Write("x");
  };
  const auto drips_its_head = [](ScriptedConnection& client) {
    client.Request();
    client.Write("HTTP/1.1 200 OK\r\nX: ");
    while (!client.AwaitClose(5)) client.Write("x");
  };
  for (const ScriptedServer::Script& script :
       {ScriptedServer::Script(silent), ScriptedServer::Script(drips), ScriptedServer::Script(drips_its_head)}) {
    const auto reply = Ask(script, size_t{1} << 20, kShort);
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().fault, HttpFault::kDeadline);
    EXPECT_THAT(reply.error().text, EndsWith(": no complete answer in time"));
  }
}

TEST(HttpClientHostileTest, TheDeadlineCoversAllRedirectsTogether) {
  const ScriptedServer server([](ScriptedConnection& client) {
    while (!client.Request().empty() && !client.AwaitClose(10)) {
      client.Write("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
    }
  });
  HttpClient client({.max_redirects = 1'000'000});
  EXPECT_EQ(client.Send({.url = server.Url(), .deadline = kShort}).error().fault, HttpFault::kDeadline);
}

TEST(HttpClientHostileTest, AResolverThatDoesNotAnswerHoldsNobodyUp) {
  const auto latch = std::make_shared<std::latch>(1);
  {
    const std::lock_guard lock(resolver_mutex);
    may_answer = latch;
  }
  HttpClient client({});
  const auto late = client.Send({.url = "http://name.hang/", .deadline = kShort});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().text, "http://name.hang/: no connection in time");
  std::atomic<bool> over = false;
  std::thread interrupter([&] {
    while (!over) client.Interrupt();
  });
  EXPECT_EQ(client.Send({.url = "http://other.hang/", .deadline = kForever}).error().fault, HttpFault::kInterrupted);
  over = true;
  interrupter.join();
  latch->count_down();
}

TEST(HttpClientHostileTest, InterruptEndsARequestAtHandAndNoOther) {
  std::latch asked(1);
  std::atomic<bool> first = true;
  const ScriptedServer server([&](ScriptedConnection& client) {
    while (!client.Request().empty()) {
      if (!first.exchange(false)) {
        client.Write(ScriptedServer::Ok("fine"));
        continue;
      }
      asked.count_down();
      EXPECT_TRUE(client.AwaitClose());
    }
  });
  HttpClient client({});
  client.Interrupt();
  std::thread interrupter([&] {
    asked.wait();
    client.Interrupt();
  });
  const auto reply = client.Send({.url = server.Url(), .deadline = kForever});
  interrupter.join();
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().fault, HttpFault::kInterrupted);
  client.Interrupt();
  EXPECT_EQ(client.Send({.url = server.Url(), .deadline = kForever})->body, "fine");
}

}  // namespace
}  // namespace logmill
