#include "net/http_client.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "gmock/gmock.h"
#include "tests/support/scripted_server.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr milliseconds kForever{600'000};

// Answers with the request itself.
void Echo(ScriptedConnection& client) {
  for (std::string request; !(request = client.Request()).empty();) client.Write(ScriptedServer::Ok(request));
}

std::string Redirect(const std::string& location, int status = 302) {
  return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

HttpCall Get(std::string url) { return {.url = std::move(url), .deadline = kForever}; }

// The body of the answer, which has to come.
std::string BodyOf(const HttpCall& call, HttpClientOptions options = {}) {
  HttpClient client(std::move(options));
  const auto reply = client.Send(call);
  EXPECT_TRUE(reply.has_value()) << reply.error().text;
  return reply ? reply->body : "";
}

// The error, which has to come.
HttpError ErrorOf(const HttpCall& call, HttpClientOptions options = {}) {
  HttpClient client(std::move(options));
  const auto reply = client.Send(call);
  EXPECT_FALSE(reply.has_value());
  return reply ? HttpError{HttpFault::kRequest, ""} : reply.error();
}

class HttpClientTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = std::filesystem::temp_directory_path() / "http_client.XXXXXX";
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    folder_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::filesystem::path folder_;
};

TEST_F(HttpClientTest, AsksAsItIsToldTo) {
  const ScriptedServer server(Echo);
  HttpCall call = Get(server.Url("/a%20b?c=d#e"));
  call.headers = {{"Accept", "text/plain"}, {"X-Empty", ""}};
  const std::string request = BodyOf(call);
  EXPECT_THAT(request, StartsWith("GET /a%20b?c=d HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  for (const char* line : {"Accept: text/plain", "X-Empty:", "Accept-Encoding: gzip", "User-Agent: Logmill"})
    EXPECT_THAT(request, HasSubstr("\r\n" + std::string(line) + "\r\n"));
  EXPECT_EQ(std::ranges::count(request, '\n'), 7);
}

TEST_F(HttpClientTest, SendsABodyAsItIs) {
  const ScriptedServer server(Echo);
  const std::string body = std::string("\0{}\r\n\xff", 6) + std::string(3'000'000, 'x');
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "GET"}) {
    HttpCall call = Get(server.Url("/push"));
    call.method = method;
    call.headers = {{"Content-Type", "application/json"}};
    call.body = body;
    const std::string request = BodyOf(call);
    EXPECT_THAT(request.substr(0, 300), AllOf(StartsWith(std::string(method) + " /push HTTP/1.1\r\n"), Not(HasSubstr("Expect"))));
    EXPECT_TRUE(request.ends_with("\r\n\r\n" + body)) << method;
  }
}

TEST_F(HttpClientTest, APostWithoutABodySaysSo) {
  const ScriptedServer server(Echo);
  HttpCall call = Get(server.Url());
  call.method = "POST";
  EXPECT_THAT(BodyOf(call), AllOf(HasSubstr("Content-Length: 0\r\n"), Not(HasSubstr("Content-Type"))));
}

TEST_F(HttpClientTest, GivesStatusHeadersAndBodyOfAnyAnswer) {
  const ScriptedServer server(
      ScriptedServer::Answering("HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                                "HTTP/1.1 429 Too Many Requests\r\nContent-TYPE: text/plain; x=1 \r\nRetry-After: 17\r\nX: 1\r\nx: "
                                "2\r\nContent-Length: 4\r\n\r\nlate"));
  HttpClient client({});
  const auto reply = client.Send(Get(server.Url()));
  ASSERT_TRUE(reply.has_value()) << reply.error().text;
  EXPECT_EQ(reply->status, 429);
  EXPECT_EQ(reply->body, "late");
  EXPECT_EQ(reply->Header("content-type"), "text/plain; x=1");
  EXPECT_EQ(reply->Header("x"), "1");
  EXPECT_EQ(reply->Header("x-early"), "");
  EXPECT_EQ(reply->Header("missing"), "");
  EXPECT_EQ(reply->retry_after, std::chrono::seconds(17));
}

TEST_F(HttpClientTest, UnderstandsRetryAfterADateAndOneThatIsOver) {
  for (const auto& [text, most, least] : {std::tuple("Fri, 31 Dec 2100 23:59:59 GMT", INT64_MAX, int64_t{1'000'000}),
                                          std::tuple("Fri, 31 Dec 1999 23:59:59 GMT", int64_t{0}, int64_t{0}),
                                          std::tuple("-5", int64_t{0}, int64_t{0}), std::tuple("soon", int64_t{0}, int64_t{0})}) {
    const ScriptedServer server(
        ScriptedServer::Answering("HTTP/1.1 503 No\r\nRetry-After: " + std::string(text) + "\r\nContent-Length: 0\r\n\r\n"));
    HttpClient client({});
    const auto reply = client.Send(Get(server.Url()));
    ASSERT_TRUE(reply.has_value()) << reply.error().text;
    EXPECT_GE(reply->retry_after.count(), least) << text;
    EXPECT_LE(reply->retry_after.count(), most) << text;
  }
}

TEST_F(HttpClientTest, HeadHasNoBodyHoweverLongItWouldBe) {
  const ScriptedServer server(ScriptedServer::Answering("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"));
  HttpCall call = Get(server.Url());
  call.method = "HEAD";
  EXPECT_EQ(BodyOf(call), "");
}

TEST_F(HttpClientTest, KeepsItsConnectionAndTakesAnotherWhenThatIsGone) {
  const ScriptedServer server([](ScriptedConnection& client) {
    for (int i = 0; i < 3 && !client.Request().empty(); ++i) client.Write(ScriptedServer::Ok("hello"));
  });
  HttpClient client({});
  for (int i = 0; i < 9; ++i) {
    const auto reply = client.Send(Get(server.Url()));
    ASSERT_TRUE(reply.has_value()) << reply.error().text;
    EXPECT_EQ(reply->body, "hello");
  }
  EXPECT_EQ(server.connections(), 3U);
}

TEST_F(HttpClientTest, SpeaksOverAUnixSocketWithoutAProxy) {
  const std::string path = folder_ / "socket";
  const ScriptedServer server(Echo, path);
  EXPECT_THAT(BodyOf(Get("http://app/metrics"), {.unix_socket = path, .proxy = "http://127.0.0.1:1"}),
              AllOf(StartsWith("GET /metrics HTTP/1.1"), HasSubstr("Host: app\r\n")));
  const HttpError error = ErrorOf(Get("http://app/metrics"), {.unix_socket = path + "2"});
  EXPECT_EQ(error.fault, HttpFault::kConnection);
  EXPECT_EQ(error.text, "http://app/metrics over " + path + "2: cannot connect: no such file or directory");
}

TEST_F(HttpClientTest, ProvesWhoItIs) {
  const ScriptedServer server(Echo);
  const HttpCall call = Get(server.Url());
  EXPECT_THAT(BodyOf(call), Not(HasSubstr("Authorization")));
  EXPECT_THAT(BodyOf(call, {.credentials = {.user = "al", .password = "a:b"}}), HasSubstr("Authorization: Basic YWw6YTpi\r\n"));
  EXPECT_THAT(BodyOf(call, {.credentials = {.bearer_token = "abc=="}}), HasSubstr("Authorization: Bearer abc==\r\n"));
  EXPECT_THAT(BodyOf(Get(server.Url("/", "al:a%3Ab@"))), HasSubstr("Authorization: Basic YWw6YTpi\r\n"));
  EXPECT_THAT(BodyOf(Get(server.Url("/", "x:y@")), {.credentials = {.bearer_token = "t"}}), HasSubstr("Authorization: Bearer t\r\n"));
}

TEST_F(HttpClientTest, ReadsSecretsFromTheirFilesEachTime) {
  const ScriptedServer server(Echo);
  HttpClient password({.credentials = {.user = "al", .password_file = Write("password", "a:b\r\n")}});
  HttpClient token({.credentials = {.bearer_token_file = Write("token", "one\n")}});
  EXPECT_THAT(password.Send(Get(server.Url()))->body, HasSubstr("Authorization: Basic YWw6YTpi\r\n"));
  EXPECT_THAT(token.Send(Get(server.Url()))->body, HasSubstr("Authorization: Bearer one\r\n"));
  std::ignore = Write("token", "two");
  EXPECT_THAT(token.Send(Get(server.Url()))->body, HasSubstr("Authorization: Bearer two\r\n"));
}

TEST_F(HttpClientTest, SaysWhyASecretCannotBeRead) {
  const auto why = [](const std::string& path) {
    return ErrorOf(Get("http://127.0.0.1:1/x"), {.credentials = {.bearer_token_file = path}}).text;
  };
  EXPECT_EQ(why("/missing"), "http://127.0.0.1:1/x: cannot read /missing: No such file or directory");
  EXPECT_THAT(why(folder_), EndsWith("it is not a regular file"));
  EXPECT_THAT(why(Write("empty", "\n")), EndsWith("it is empty"));
  EXPECT_THAT(why(Write("long", std::string(70'000, 'x'))), EndsWith("it is too long for a secret"));
  EXPECT_THAT(why(Write("lines", "geheim\nX-Injected: 1\n")), AllOf(EndsWith("a secret has to be one line"), Not(HasSubstr("geheim"))));
}

TEST_F(HttpClientTest, FollowsNoRedirectUnlessAskedTo) {
  const ScriptedServer server(ScriptedServer::Answering(Redirect("/other")));
  HttpClient client({});
  const auto reply = client.Send(Get(server.Url()));
  ASSERT_TRUE(reply.has_value()) << reply.error().text;
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(reply->Header("location"), "/other");
}

TEST_F(HttpClientTest, CredentialsStayOnTheirHostWhenARedirectLeavesIt) {
  const ScriptedServer other(Echo);
  const ScriptedServer server([&](ScriptedConnection& client) {
    while (true) {
      const std::string request = client.Request();
      if (request.empty()) return;
      if (request.starts_with("GET /away ")) client.Write(Redirect(other.Url("/there")));
      if (request.starts_with("GET /here ")) client.Write(Redirect("/there", 307));
      if (request.starts_with("GET /there ")) client.Write(ScriptedServer::Ok(request));
    }
  });
  for (const HttpCredentials& credentials :
       {HttpCredentials{.user = "al", .password = "secret"}, HttpCredentials{.bearer_token = "secret"}}) {
    const HttpClientOptions options{.credentials = credentials, .max_redirects = 1};
    HttpCall call = Get(server.Url("/here"));
    call.headers = {{"Accept", "text/plain"}, {"X-Api-Key", "key"}};
    EXPECT_THAT(BodyOf(call, options), AllOf(StartsWith("GET /there "), HasSubstr("Authorization: "), HasSubstr("X-Api-Key: key")));
    call.url = server.Url("/away");
    EXPECT_THAT(BodyOf(call, options), AllOf(StartsWith("GET /there "), HasSubstr("Accept: text/plain"), Not(HasSubstr("Authorization")),
                                             Not(HasSubstr("X-Api-Key"))));
  }
  HttpCall call = Get(server.Url("/away", "al:secret@"));
  EXPECT_THAT(BodyOf(call, {.max_redirects = 1}), AllOf(StartsWith("GET /there "), Not(HasSubstr("Authorization"))));
}

TEST_F(HttpClientTest, ABodyIsNotSentElsewhere) {
  const ScriptedServer server(ScriptedServer::Answering(Redirect("/other", 307)));
  HttpClient client({.max_redirects = 5});
  for (const char* method : {"POST", "GET"}) {
    HttpCall call = Get(server.Url());
    call.method = method;
    call.body = "x";
    const auto reply = client.Send(call);
    ASSERT_TRUE(reply.has_value()) << reply.error().text;
    EXPECT_EQ(reply->status, 307);
  }
}

TEST_F(HttpClientTest, RedirectsEnd) {
  const ScriptedServer circle(ScriptedServer::Answering(Redirect("/again")));
  const HttpError endless = ErrorOf(Get(circle.Url()), {.max_redirects = 3});
  EXPECT_EQ(endless.fault, HttpFault::kRedirect);
  EXPECT_EQ(endless.text, circle.Url("/again") + ": one redirect too many");
  const ScriptedServer local(ScriptedServer::Answering(Redirect("file:///etc/passwd")));
  EXPECT_EQ(ErrorOf(Get(local.Url()), {.max_redirects = 3}).fault, HttpFault::kRedirect);
  const std::string path = folder_ / "socket";
  const ScriptedServer boxed(ScriptedServer::Answering(Redirect(circle.Url())), path);
  EXPECT_THAT(ErrorOf(Get("http://app/"), {.unix_socket = path, .max_redirects = 3}).text, EndsWith("is redirected to another host"));
}

TEST_F(HttpClientTest, GoesThroughAProxy) {
  const ScriptedServer proxy(Echo);
  const HttpClientOptions options{.credentials = {.bearer_token = "t"}, .proxy = proxy.Url("", "me:pass@")};
  EXPECT_THAT(BodyOf(Get("http://192.0.2.1/metrics"), options),
              AllOf(StartsWith("GET http://192.0.2.1/metrics HTTP/1.1"), HasSubstr("Proxy-Authorization: Basic bWU6cGFzcw==")));
}

TEST_F(HttpClientTest, TakesTheProxyOfTheEnvironmentAsCurlDoes) {
  const ScriptedServer proxy(Echo);
  const ScriptedServer server(Echo);
  setenv("http_proxy", proxy.Url().c_str(), 1);
  EXPECT_THAT(BodyOf(Get("http://192.0.2.1/metrics")), StartsWith("GET http://192.0.2.1/metrics HTTP/1.1"));
  EXPECT_THAT(BodyOf(Get(server.Url("/x")), {.proxy = ""}), StartsWith("GET /x HTTP/1.1"));
  setenv("no_proxy", "127.0.0.1", 1);
  EXPECT_THAT(BodyOf(Get(server.Url("/x"))), StartsWith("GET /x HTTP/1.1"));
  unsetenv("no_proxy");
  unsetenv("http_proxy");
}

TEST_F(HttpClientTest, AProxyThatRefusesOrIsGoneGetsNothingAndIsSaid) {
  const ScriptedServer proxy(ScriptedServer::Answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
  const HttpError refused = ErrorOf(Get("https://192.0.2.1/"), {.proxy = proxy.Url("", "me:pass@")});
  EXPECT_EQ(refused.fault, HttpFault::kConnection);
  EXPECT_EQ(refused.text, "https://192.0.2.1/: the proxy refuses the connection with status 403");
  const HttpError gone = ErrorOf(Get("https://192.0.2.1/"), {.proxy = "http://me:pass@127.0.0.1:1"});
  EXPECT_EQ(gone.fault, HttpFault::kConnection);
  EXPECT_EQ(gone.text, "https://192.0.2.1/: cannot connect: connection refused");
}

TEST_F(HttpClientTest, ErrorsHoldNoSecrets) {
  const HttpError error = ErrorOf(Get("http://al:geheim@127.0.0.1:1/path?token=geheim#geheim"), {});
  EXPECT_EQ(error.fault, HttpFault::kConnection);
  EXPECT_EQ(error.text, "http://127.0.0.1:1/path?...: cannot connect: connection refused");
  EXPECT_THAT(ErrorOf(Get("htp://al:geheim@x/")).text, AllOf(HasSubstr("http://"), Not(HasSubstr("geheim"))));
  EXPECT_THAT(ErrorOf(Get("http://al:geheim@:99999/")).text, Not(HasSubstr("geheim")));
}

TEST_F(HttpClientTest, SaysWhatIsWrongWithAUrl) {
  EXPECT_EQ(HttpClient::CheckUrl("http://localhost:8081/metrics"), "");
  EXPECT_EQ(HttpClient::CheckUrl("https://[::1]/"), "");
  for (const char* url :
       {"", "localhost:8081/metrics", "/metrics", "http://", "http://a b/", "http:/x", "://", "http://a\r\nb/", "http://[::1/"})
    EXPECT_THAT(HttpClient::CheckUrl(url), Not("")) << url;
  EXPECT_THAT(HttpClient::CheckUrl("file:///etc/passwd"), HasSubstr("http://"));
  EXPECT_THAT(HttpClient::CheckUrl("ftp://host/"), HasSubstr("http://"));
  EXPECT_THAT(HttpClient::CheckUrl("http://a:99999/"), HasSubstr("from 1 to 65535"));
}

TEST_F(HttpClientTest, RefusesOptionsThatContradictEachOtherAndHeadersThatWouldBeTwo) {
  EXPECT_EQ(HttpClient::Check({}), "");
  EXPECT_THAT(HttpClient::Check({.credentials = {.user = "a", .bearer_token = "b"}}), HasSubstr("not both"));
  EXPECT_THAT(HttpClient::Check({.credentials = {.password = "a", .password_file = "b"}}), HasSubstr("not both"));
  EXPECT_THAT(HttpClient::Check({.credentials = {.bearer_token = "geheim\r\nX: 1"}}),
              AllOf(HasSubstr("control characters"), Not(HasSubstr("geheim"))));
  EXPECT_THAT(HttpClient::Check({.tls = {.certificate_file = "c"}}), HasSubstr("go together"));
  HttpCall call = Get("http://127.0.0.1:1/");
  for (const HttpField& field : {HttpField{"X", "a\r\nY: b"}, HttpField{"X: a\r\nY", "b"}, HttpField{"", "b"}}) {
    call.headers = {field};
    EXPECT_EQ(ErrorOf(call).fault, HttpFault::kRequest) << field.name;
  }
  call.headers = {{"authorization", "b"}};
  EXPECT_EQ(ErrorOf(call).fault, HttpFault::kConnection);
  EXPECT_EQ(ErrorOf(call, {.credentials = {.bearer_token = "a"}}).fault, HttpFault::kRequest);
  call.headers = {};
  call.method = "GET / HTTP/1.1\r\nX:";
  EXPECT_EQ(ErrorOf(call).fault, HttpFault::kRequest);
}

}  // namespace
}  // namespace logmill
