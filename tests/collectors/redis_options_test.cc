#include "collectors/redis_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "collectors/ioredis_options.h"
#include "tests/sources/temporary_folder.h"

namespace logmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RedisOptionsTest : public ::testing::Test {
 protected:
  RedisOptions Read(const std::map<std::string, std::string>& variables) {
    diagnostics_ = {};
    return ReadRedisOptions(
        [&variables](const char* name) {
          const auto found = variables.find(name);
          return found == variables.end() ? std::nullopt : std::optional(found->second);
        },
        diagnostics_);
  }
  RedisOptions Parse(const std::string& url) {
    diagnostics_ = {};
    return ParseRedisUrl(url, {"REDIS_URL"}, diagnostics_);
  }
  std::string Findings() const {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics_.entries()) text += Format(diagnostic) + "\n";
    return text;
  }

  Diagnostics diagnostics_;
};

TEST_F(RedisOptionsTest, DefaultsAreThoseOfGallery) {
  const RedisOptions options = Read({});
  EXPECT_EQ(options.Description(), "redis at redis:6379/0");
  EXPECT_EQ(options.user + options.password + options.password_file + options.socket, "");
  EXPECT_FALSE(options.tls);
  EXPECT_EQ(Findings(), "");
}

TEST_F(RedisOptionsTest, ReadsEveryVariable) {
  const RedisOptions options = Read({{"REDIS_HOSTNAME", "cache.local"},
                                     {"REDIS_PORT", "6390"},
                                     {"REDIS_USERNAME", "reader"},
                                     {"REDIS_PASSWORD", "s3cr et"},
                                     {"REDIS_DBINDEX", "7"}});
  EXPECT_EQ(options.Description(), "redis at cache.local:6390/7");
  EXPECT_EQ(options.user, "reader");
  EXPECT_EQ(options.password, "s3cr et");
  EXPECT_EQ(Findings(), "");
}

TEST_F(RedisOptionsTest, ASocketIsThePlace) {
  EXPECT_EQ(Read({{"REDIS_SOCKET", "/run/redis.sock"}, {"REDIS_DBINDEX", "1"}}).Description(), "redis at /run/redis.sock/1");
}

TEST_F(RedisOptionsTest, EmptyVariablesAreNotSet) {
  EXPECT_EQ(Read({{"REDIS_URL", ""}, {"REDIS_HOSTNAME", ""}, {"REDIS_PORT", ""}, {"REDIS_DBINDEX", ""}}).Description(),
            "redis at redis:6379/0");
  EXPECT_EQ(Findings(), "");
}

TEST_F(RedisOptionsTest, VariablesMayStandInFiles) {
  const testing::TemporaryFolder folder;
  folder.Write("host", "from-file\n");
  folder.Write("password", "hidden\n");
  const RedisOptions options = Read({{"REDIS_HOSTNAME_FILE", folder.Path("host")}, {"REDIS_PASSWORD_FILE", folder.Path("password")}});
  EXPECT_EQ(options.host, "from-file");
  EXPECT_EQ(options.password, "");  // read at each connection
  EXPECT_EQ(options.password_file, folder.Path("password"));
}

TEST_F(RedisOptionsTest, AUrlMayStandInAFileAndTakesThePasswordBesideIt) {
  const testing::TemporaryFolder folder;
  folder.Write("url", "redis://reader@cache:1234/3\n");
  const RedisOptions options =
      Read({{"REDIS_URL_FILE", folder.Path("url")}, {"REDIS_PASSWORD", "beside"}, {"REDIS_HOSTNAME", "not-this-one"}});
  EXPECT_EQ(options.Description(), "redis at cache:1234/3");
  EXPECT_EQ(options.user, "reader");
  EXPECT_EQ(options.password, "beside");
}

TEST_F(RedisOptionsTest, TheUrlsPasswordWins) {
  EXPECT_EQ(Read({{"REDIS_URL", "redis://:inside@h"}, {"REDIS_PASSWORD", "x"}}).password, "inside");
}

TEST_F(RedisOptionsTest, MistakesNameTheVariableAndNotTheValue) {
  Read({{"REDIS_PORT", "hunter2"}, {"REDIS_DBINDEX", "-1"}, {"REDIS_PASSWORD_FILE", "/nowhere/password"}});
  EXPECT_EQ(diagnostics_.error_count(), 3U);
  EXPECT_THAT(Findings(), HasSubstr("REDIS_PORT: no port; a number from 1 to 65535 would be right"));
  EXPECT_THAT(Findings(), HasSubstr("REDIS_DBINDEX: no index of a database"));
  EXPECT_THAT(Findings(), HasSubstr("REDIS_PASSWORD_FILE: cannot read /nowhere/password"));
  EXPECT_THAT(Findings(), Not(HasSubstr("hunter2")));
}

TEST_F(RedisOptionsTest, IndexesThatOverflowAreMistakes) {
  for (const char* index : {"4294967296", "1e3", "0x1", " 1", "1 ", "+1"}) {
    Read({{"REDIS_DBINDEX", index}});
    EXPECT_EQ(diagnostics_.error_count(), 1U) << index;
  }
}

TEST_F(RedisOptionsTest, ReadsUrls) {
  const RedisOptions options = Parse("redis://re%40der:p%3Ass%2F@cache.example:6380/12");
  EXPECT_EQ(options.Description(), "redis at cache.example:6380/12");
  EXPECT_EQ(options.user, "re@der");
  EXPECT_EQ(options.password, "p:ss/");
  EXPECT_EQ(Parse("redis://[::1]").Description(), "redis at [::1]:6379/0");
  EXPECT_EQ(Parse("redis://h/?db=4&username=u&password=p").Description(), "redis at h:6379/4");
  EXPECT_EQ(Parse("redis:///2").Description(), "redis at localhost:6379/2");
  EXPECT_EQ(Findings(), "");
}

TEST_F(RedisOptionsTest, ParametersThatMeanNothingAreSaid) {
  Parse("redis://h/?family=6");
  EXPECT_EQ(Findings(), "REDIS_URL: warning: parameters other than db, username and password mean nothing here and are left out\n");
}

TEST_F(RedisOptionsTest, BadUrlsAreErrorsWithoutTheirText) {
  for (const char* url : {"http://user:hunter2@host", "hunter2", "redis://user:hunter2@host:99999", "redis://:hunter2@host/x",
                          "redis://%zz:hunter2@h", "ioredis://hunter2!", "ioredis://aHVudGVyMg==", "ioredis://WyJodW50ZXIyIl0="}) {
    Parse(url);
    EXPECT_TRUE(diagnostics_.has_errors()) << url;
    EXPECT_THAT(Findings(), Not(HasSubstr("hunter2"))) << url;
  }
}

TEST_F(RedisOptionsTest, TlsIsRefusedWithAWayOut) {
  const RedisOptions options = Read({{"REDIS_URL", "rediss://:hunter2@h"}});
  EXPECT_TRUE(options.tls);
  EXPECT_EQ(diagnostics_.error_count(), 1U);
  EXPECT_THAT(Findings(), HasSubstr("REDIS_URL: it asks for TLS"));
  EXPECT_THAT(Findings(), HasSubstr("stunnel"));
  EXPECT_THAT(Findings(), Not(HasSubstr("hunter2")));
}

// {"host":"cache","port":6391,"username":"u","password":"p w","db":2,"tls":null,"connectTimeout":5}
TEST_F(RedisOptionsTest, ReadsTheOptionsOfIoredis) {
  const RedisOptions options = Parse(
      "ioredis://"
      "eyJob3N0IjoiY2FjaGUiLCJwb3J0Ijo2MzkxLCJ1c2VybmFtZSI6InUiLCJwYXNzd29yZCI6InAgdyIsImRiIjoyLCJ0bHMiOm51bGwsImNvbm5lY3RUaW1lb3V0Ijo1"
      "fQ==");
  EXPECT_EQ(Findings(), "");
  EXPECT_EQ(options.Description(), "redis at cache:6391/2");
  EXPECT_EQ(options.user, "u");
  EXPECT_EQ(options.password, "p w");
  EXPECT_FALSE(options.tls);
}

std::string Encode(std::string_view bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0U);
    for (int j = 0; j < 4; ++j) text += kAlphabet[(group >> (18 - 6 * j)) & 63];
  }
  for (size_t i = 0; i < (3 - bytes.size() % 3) % 3; ++i) text[text.size() - 1 - i] = '=';
  return text;
}

TEST(IoredisOptions, WhatIsMissingIsWhatIoredisHas) {
  EXPECT_EQ(ReadIoredisOptions(Encode("{}"))->Description(), "redis at localhost:6379/0");
  EXPECT_EQ(ReadIoredisOptions(Encode(R"({"host":null,"port":"6400","db":"3"})"))->Description(), "redis at localhost:6400/3");
  EXPECT_EQ(ReadIoredisOptions(Encode(R"({"path":"/run/r.sock"})"))->Description(), "redis at /run/r.sock/0");
}

TEST(IoredisOptions, TlsIsWhatJavaScriptTakesForTrue) {
  EXPECT_TRUE(ReadIoredisOptions(Encode(R"({"tls":{}})"))->tls);
  EXPECT_TRUE(ReadIoredisOptions(Encode(R"({"tls":true})"))->tls);
  EXPECT_FALSE(ReadIoredisOptions(Encode(R"({"tls":false})"))->tls);
}

TEST(IoredisOptions, MistakesNameTheMember) {
  EXPECT_THAT(ReadIoredisOptions(Encode(R"({"port":70000})")).error(), HasSubstr("\"port\""));
  EXPECT_THAT(ReadIoredisOptions(Encode(R"({"db":-1})")).error(), HasSubstr("\"db\""));
  EXPECT_THAT(ReadIoredisOptions(Encode(R"({"db":"x"})")).error(), HasSubstr("\"db\""));
  EXPECT_THAT(ReadIoredisOptions(Encode(R"({"password":17})")).error(), HasSubstr("\"password\""));
  EXPECT_THAT(ReadIoredisOptions(Encode(R"({"host":"a\u0000b"})")).error(), HasSubstr("\"host\""));
  EXPECT_THAT(ReadIoredisOptions(Encode(R"({"sentinels":[{"host":"a"}]})")).error(), HasSubstr("\"sentinels\""));
}

TEST(IoredisOptions, Base64IsTakenAsJavaScriptTakesIt) {
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("aGk="), "hi");
  EXPECT_EQ(DecodeBase64("aGk"), "hi");
  EXPECT_EQ(DecodeBase64("aG\nk= \n"), "hi");
  EXPECT_EQ(DecodeBase64("-_-_"), DecodeBase64("+/+/"));
  EXPECT_EQ(DecodeBase64("a"), std::nullopt);
  EXPECT_EQ(DecodeBase64("aG*k"), std::nullopt);
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(DecodeBase64(Encode(all)), all);
}

}  // namespace
}  // namespace logmill
