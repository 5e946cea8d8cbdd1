// Against a real TLS server, openssl's.
#include "gmock/gmock.h"
#include "net/http_client.h"
#include "tests/net/tls_server.h"
#include "tests/support/scripted_server.h"

namespace logmill {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class HttpClientTlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new Certificates;
    files_->Make("good", "DNS:localhost,IP:127.0.0.1");
    files_->Make("expired", "DNS:localhost,IP:127.0.0.1", -1);
    files_->Make("other", "DNS:other.example");
    files_->Make("client", "DNS:client.example");
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }

  static std::vector<std::string> With(const std::string& name, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"-cert", files_->Path(name + ".pem"), "-key", files_->Path(name + ".key")});
    return more;
  }

  static std::expected<HttpReply, HttpError> Ask(const std::string& url, HttpTls tls) {
    HttpClient client({.tls = std::move(tls), .proxy = ""});
    return client.Send({.url = url, .deadline = std::chrono::minutes(10)});
  }

  static void ExpectRefusal(const std::string& url, const HttpTls& tls, const std::string& words) {
    const auto reply = Ask(url, tls);
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().fault, HttpFault::kTls) << reply.error().text;
    EXPECT_THAT(reply.error().text, HasSubstr(words));
  }

  static HttpTls Trusting() { return {.ca_file = files_->Path("ca.pem")}; }

  static inline Certificates* files_ = nullptr;
};

TEST_F(HttpClientTlsTest, TrustsWhatTheGivenAuthorityHasSigned) {
  const TlsServer server(With("good"));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto reply = Ask(server.Url(host), Trusting());
    ASSERT_TRUE(reply.has_value()) << reply.error().text;
    EXPECT_EQ(reply->status, 200);
  }
  ExpectRefusal(server.Url("localhost"), {}, "the server's certificate is not accepted: ");
}

TEST_F(HttpClientTlsTest, RefusesWrongCertificates) {
  const TlsServer expired(With("expired"));
  ExpectRefusal(expired.Url("localhost"), Trusting(), "not accepted: certificate has expired");
  const TlsServer other(With("other"));
  ExpectRefusal(other.Url("localhost"), Trusting(), "target host name 'localhost'");
  const TlsServer self({"-cert", files_->Path("ca.pem"), "-key", files_->Path("ca.key")});
  ExpectRefusal(self.Url("localhost"), {}, "not accepted: self-signed certificate");
}

TEST_F(HttpClientTlsTest, InsecureIsAnExplicitChoice) {
  for (const char* name : {"expired", "other"}) {
    const TlsServer server(With(name));
    EXPECT_TRUE(Ask(server.Url("localhost"), {.insecure = true}).has_value()) << name;
  }
}

TEST_F(HttpClientTlsTest, AnotherServerNameIsAskedForAndVerified) {
  // The server has the certificate for other.example only for those who ask for it by name.
  const TlsServer server(
      With("good", {"-servername", "other.example", "-cert2", files_->Path("other.pem"), "-key2", files_->Path("other.key")}));
  HttpTls tls = Trusting();
  tls.server_name = "other.example";
  const auto reply = Ask(server.Url("127.0.0.1"), tls);
  ASSERT_TRUE(reply.has_value()) << reply.error().text;
  tls.server_name = "third.example";
  ExpectRefusal(server.Url("127.0.0.1"), tls, "third.example");
}

TEST_F(HttpClientTlsTest, ShowsItsOwnCertificate) {
  const TlsServer server(With("good", {"-Verify", "1", "-verify_return_error", "-CAfile", files_->Path("ca.pem")}));
  HttpTls tls = Trusting();
  EXPECT_FALSE(Ask(server.Url("localhost"), tls).has_value());
  tls.certificate_file = files_->Path("client.pem");
  tls.key_file = files_->Path("client.key");
  const auto reply = Ask(server.Url("localhost"), tls);
  ASSERT_TRUE(reply.has_value()) << reply.error().text;
  EXPECT_THAT(reply->body, HasSubstr("Subject: CN=client"));
}

TEST_F(HttpClientTlsTest, SpeaksNothingOlderThanTls12) {
  const TlsServer old(With("good", {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}));
  ExpectRefusal(old.Url("localhost"), Trusting(), "no TLS connection: ");
  const TlsServer fine(With("good", {"-tls1_2"}));
  EXPECT_TRUE(Ask(fine.Url("localhost"), Trusting()).has_value());
}

TEST_F(HttpClientTlsTest, FilesThatCannotBeUsedAreSaid) {
  const TlsServer server(With("good"));
  const auto no_authority = Ask(server.Url("localhost"), {.ca_file = "/missing.pem"});
  ASSERT_FALSE(no_authority.has_value());
  EXPECT_EQ(no_authority.error().fault, HttpFault::kRequest);
  EXPECT_THAT(no_authority.error().text, HasSubstr("/missing.pem"));
  HttpTls tls = Trusting();
  tls.certificate_file = files_->Path("client.pem");
  tls.key_file = files_->Path("good.key");
  const auto mismatch = Ask(server.Url("localhost"), tls);
  ASSERT_FALSE(mismatch.has_value());
  EXPECT_EQ(mismatch.error().fault, HttpFault::kRequest) << mismatch.error().text;
}

TEST_F(HttpClientTlsTest, APlainServerIsNotSpokenToInClear) {
  const ScriptedServer plain([](ScriptedConnection& client) { client.Write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"); });
  const auto reply = Ask("https://127.0.0.1:" + std::to_string(plain.port()) + "/", Trusting());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().fault, HttpFault::kTls) << reply.error().text;
}

TEST_F(HttpClientTlsTest, AHandshakeThatHangsEndsInTime) {
  const ScriptedServer mute([](ScriptedConnection& client) { EXPECT_TRUE(client.AwaitClose()); });
  HttpClient client({.proxy = "", .connect_timeout = std::chrono::milliseconds(100)});
  const auto reply = client.Send({.url = "https://127.0.0.1:" + std::to_string(mute.port()) + "/", .deadline = std::chrono::minutes(10)});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().fault, HttpFault::kConnection);
  EXPECT_THAT(reply.error().text, EndsWith(": no connection in time"));
}

}  // namespace
}  // namespace logmill
