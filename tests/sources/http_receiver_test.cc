// Real requests on real sockets: a request is taken whole or not at all, and the answer says which.
#include "sources/http_receiver.h"

#include <zlib.h>

#include <array>
#include <cstdio>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "sources/http_records.h"
#include "tests/net/http_client.h"
#include "tests/sources/feed_fixture.h"

namespace logmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kNdjson = "application/x-ndjson";

std::string Gzip(std::string_view plain) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string Post(std::string_view body, std::string_view type = kNdjson, std::string_view headers = "", std::string_view path = "/logs") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: t\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

class HttpReceiverTest : public FeedFixture {
 protected:
  void Listen(HttpSourceOptions options = {}) {
    options.listen = "127.0.0.1:0";
    auto started = StartHttpSource(options, *feed_, clock_);
    ASSERT_TRUE(started.has_value()) << started.error();
    receiver_ = std::move(*started);
  }

  [[nodiscard]] Reply Ask(std::string_view bytes) const {
    RawHttpClient client(receiver_->port());
    client.Send(bytes);
    return client.Read();
  }

  // Status and body of the answer.
  [[nodiscard]] std::string Answer(std::string_view bytes) const {
    const Reply reply = Ask(bytes);
    return std::to_string(reply.status) + " " + reply.body;
  }

  // The texts of the envelopes that are in the feed, as they stand there.
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    for (const std::string& line : Lines())
      texts.push_back(line.substr(8, line.find("\",\"key\":\"127.0.0.1\",\"time_ns\":1795338275310000000}") - 8));
    return texts;
  }

  std::unique_ptr<Receiver> receiver_;
};

TEST_F(HttpReceiverTest, TakesALineAsARecord) {
  Listen();
  EXPECT_TRUE(feed_->caught_up()) << "there is no backlog";
  const Reply reply = Ask(Post("{\"a\":1}\r\n\n  text \xFF\n{\"b\":2}"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"accepted\":3}\n");
  EXPECT_EQ(reply.Header("Content-Type"), "application/json");
  EXPECT_THAT(Lines(), ElementsAre(R"({"log":"{\"a\":1}","key":"127.0.0.1","time_ns":1795338275310000000})",
                                   R"({"log":"  text )"
                                   "\xEF\xBF\xBD"
                                   R"(","key":"127.0.0.1","time_ns":1795338275310000000})",
                                   R"({"log":"{\"b\":2}","key":"127.0.0.1","time_ns":1795338275310000000})"));
  EXPECT_EQ(receiver_->counts().messages, 3U);
  EXPECT_EQ(Answer(Post("")), "200 {\"accepted\":0}\n");
}

TEST_F(HttpReceiverTest, TakesJsonObjectsAndArraysOfThem) {
  Listen();
  const auto take = [this](std::string_view body) {
    EXPECT_EQ(Ask(Post(body, "application/json; charset=utf-8")).status, 200) << body;
    return Texts();
  };
  EXPECT_THAT(take("{}"), ElementsAre("{}"));
  EXPECT_THAT(take(" [ {\"a\":[1,{}]} ,\n{\"b\":\"]}\\\"\"}]\n"), ElementsAre(R"({\"a\":[1,{}]})", R"({\"b\":\"]}\\\"\"})"));
  EXPECT_THAT(take("{\"a\":1}\n{\"a\":\n2}{}[{}]"), ElementsAre(R"({\"a\":1})", R"({\"a\":\n2})", "{}", "{}"));
  EXPECT_THAT(take("[]"), IsEmpty());
  EXPECT_THAT(take(""), IsEmpty());
}

TEST_F(HttpReceiverTest, RefusesWhatIsNoJsonWithItsPlace) {
  Listen();
  const auto error = [this](std::string_view body) { return Answer(Post(body, "application/json")); };
  EXPECT_THAT(error("{} 1"), HasSubstr("400 {\"error\":\"At byte 4: a JSON object has to stand here, or an array of objects;"));
  EXPECT_THAT(error("[1]"), HasSubstr("400 {\"error\":\"At byte 2: "));
  EXPECT_THAT(error("[{}"), HasSubstr("400 {\"error\":\"At byte 4: a comma or the end of the array is missing."));
  EXPECT_THAT(error("[{},]"), HasSubstr("400 {\"error\":\"At byte 5: another object has to follow the comma."));
  EXPECT_THAT(error("["), HasSubstr("400 {\"error\":\"At byte 2: "));
  for (const std::string_view open : {"{", "{\"", "{\"\\", "{\"a\":{}", "{]]"}) EXPECT_THAT(error(open), HasSubstr("400 "));
  EXPECT_THAT(Lines(), IsEmpty()) << "nothing of any of them was taken";
}

TEST_F(HttpReceiverTest, TakesCompressedBodies) {
  Listen();
  EXPECT_EQ(Answer(Post(Gzip("a\nb\n"), "text/plain", "Content-Encoding: gzip\r\n")), "200 {\"accepted\":2}\n");
  EXPECT_THAT(Texts(), ElementsAre("a", "b"));
  const std::string packed = Gzip("a\nb\n");
  EXPECT_THAT(Answer(Post(packed.substr(0, packed.size() - 1), "text/plain", "Content-Encoding: gzip\r\n")),
              HasSubstr("400 {\"error\":\"The compressed body ends too early."));
  EXPECT_THAT(Answer(Post("not gzip", "text/plain", "Content-Encoding: gzip\r\n")),
              HasSubstr("400 {\"error\":\"The body is not what Content-Encoding says: "));
  EXPECT_THAT(Answer(Post("x", "text/plain", "Content-Encoding: br\r\n")),
              HasSubstr("415 {\"error\":\"This Content-Encoding is not taken; use"));
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(HttpReceiverTest, IsNotBlownUpByACompressedBody) {
  Listen({.max_body_bytes = 1'000'000});
  const std::string bomb = Gzip(std::string(100'000'000, 'x'));
  ASSERT_LT(bomb.size(), 1'000'000U);
  EXPECT_THAT(Answer(Post(bomb, "text/plain", "Content-Encoding: gzip\r\n")),
              HasSubstr("413 {\"error\":\"The body is too long once it is decom"));
  EXPECT_EQ(Answer(Post(Gzip(std::string(1'000'000, '\n')), "text/plain", "Content-Encoding: gzip\r\n")), "200 {\"accepted\":0}\n");
}

TEST_F(HttpReceiverTest, SaysWhatIsWrongWithARequest) {
  Listen({.max_body_bytes = 100});
  EXPECT_THAT(Answer(Post("x", kNdjson, "", "/other")), HasSubstr("404 {\"error\":\"Nothing is here; log lines are taken at /logs.\"}"));
  EXPECT_THAT(Answer(Post("x", "application/x-www-form-urlencoded")), HasSubstr("415 {\"error\":\"This Content-Type is not taken; use"));
  EXPECT_THAT(Answer(Post(std::string(101, 'x'))), HasSubstr("413 {\"error\":\"The body is too long: at most 100 bytes"));
  EXPECT_THAT(Answer("POST /logs HTTP/1.1\r\nHost: t\r\n\r\n"), HasSubstr("411 {\"error\":\"A body needs Content-Length"));
  const Reply get = Ask("GET /logs HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(get.body, "{\"error\":\"Only POST is served.\"}\n");
  EXPECT_EQ(get.Header("Allow"), "POST");
  EXPECT_EQ(receiver_->counts().refused, 5U);
  EXPECT_EQ(receiver_->counts().messages, 0U);
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(HttpReceiverTest, AsksForATokenBeforeItReadsABody) {
  Listen({.token = "secret"});
  EXPECT_THAT(Answer(Post("x")), HasSubstr("401 {\"error\":\"A token is needed: Authorization: Bearer TOKEN.\"}"));
  for (const std::string_view wrong :
       {"Bearer secre", "Bearer secretsecret", "Bearer ", "Bearer", "secret", "Basic secret", "Bearer Secret"}) {
    EXPECT_EQ(Ask(Post("x", kNdjson, "Authorization: " + std::string(wrong) + "\r\n")).status, 401) << wrong;
  }
  EXPECT_EQ(Ask(Post("x", kNdjson, "Authorization: bearer secret\r\n")).status, 200);
}

TEST_F(HttpReceiverTest, RefusesARequestWithALineTooLongWhole) {
  Listen({.max_line_bytes = 200});
  const std::string fits(200 - std::string_view(R"({"log":"","key":"127.0.0.1","time_ns":1795338275310000000})").size() - 1, 'x');
  EXPECT_EQ(Ask(Post("a\n" + fits)).status, 200);
  EXPECT_THAT(Texts(), ElementsAre("a", fits));
  EXPECT_THAT(Answer(Post("a\n\n" + fits + "x\nb")), HasSubstr("413 {\"error\":\"Line 3 is too long: at most 200 bytes are taken"));
  EXPECT_THAT(Answer(Post("[{},{\"a\":\"" + fits + "\"}]", "application/json")), HasSubstr("413 {\"error\":\"Object 2 is too long"));
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(HttpReceiverTest, BoundsWhatManyShortLinesBecome) {
  Listen({.max_body_bytes = 10'000});
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "a\n";
  EXPECT_THAT(Answer(Post(lines)), HasSubstr("413 {\"error\":\"There are too many short lines in this request; send fewer at once.\"}"));
  EXPECT_EQ(Ask(Post(lines.substr(0, 1000))).status, 200);
}

TEST_F(HttpReceiverTest, TellsAClientToComeBackWhenTheFeedIsFull) {
  UseFeedOf(100);
  Listen();
  EXPECT_EQ(Ask(Post("first")).status, 200);
  RawHttpClient client(receiver_->port());
  client.Send(Post("second\nthird"));
  const Reply full = client.Read();
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(full.Header("Retry-After"), "1");
  EXPECT_THAT(full.body, HasSubstr("nothing of it was taken"));
  EXPECT_THAT(Texts(), ElementsAre("first"));
  client.Send(Post("second\nthird"));
  EXPECT_EQ(client.Read().status, 200) << "on the same connection";
  EXPECT_THAT(Texts(), ElementsAre("second", "third"));
}

// Many clients that come back until they are let in: every line is there once, requests are never torn.
TEST_F(HttpReceiverTest, LosesAndRepeatsNothingUnderLoad) {
  UseFeedOf(20'000);
  Listen();
  constexpr int kClients = 8;
  constexpr int kRequests = 50;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([this, i] {
      RawHttpClient client(receiver_->port());
      for (int k = 0; k < kRequests; ++k) {
        std::string body;
        for (int line = 0; line < 20; ++line) body += std::to_string(i) + " " + std::to_string(k) + " " + std::to_string(line) + "\n";
        Reply reply;
        reply.status = 429;
        while (reply.status == 429) {
          client.Send(Post(body));
          reply = client.Read();
        }
        EXPECT_EQ(reply.status, 200);
      }
    });
  }
  std::vector<int> next(kClients, 0);
  for (int count = 0; count < kClients * kRequests * 20;) {
    for (const std::string& line : AwaitLines(1)) {
      int i = 0;
      int k = 0;
      int number = 0;
      ASSERT_EQ(std::sscanf(line.c_str(), "{\"log\":\"%d %d %d\"", &i, &k, &number), 3) << line;
      ASSERT_EQ(next[static_cast<size_t>(i)]++, k * 20 + number);
      ++count;
    }
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(HttpReceiverTest, TakesWhatCurlSends) {
  Listen();
  const std::string url = "http://127.0.0.1:" + std::to_string(receiver_->port()) + "/logs";
  const std::string command = R"(printf '{"a":1}\n{"a":2}\n' | curl -sf -H 'Content-Type: application/x-ndjson' --data-binary @- )" + url;
  FILE* curl = popen(command.c_str(), "r");
  std::array<char, 100> answer{};
  const size_t size = fread(answer.data(), 1, answer.size(), curl);
  EXPECT_EQ(pclose(curl), 0);
  EXPECT_EQ(std::string_view(answer.data(), size), "{\"accepted\":2}\n");
  EXPECT_THAT(Texts(), ElementsAre(R"({\"a\":1})", R"({\"a\":2})"));
}

TEST_F(HttpReceiverTest, SaysWhyItCannotStart) {
  Listen();
  const std::string taken = "127.0.0.1:" + std::to_string(receiver_->port());
  EXPECT_THAT(StartHttpSource({.listen = taken}, *feed_, clock_).error(), HasSubstr("another program listens there"));
  EXPECT_THAT(StartHttpSource({.path = "logs"}, *feed_, clock_).error(), HasSubstr("a path begins with a slash"));
}

}  // namespace
}  // namespace logmill
