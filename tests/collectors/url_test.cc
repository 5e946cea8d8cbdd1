#include "collectors/url.h"

#include <gtest/gtest.h>

namespace logmill {
namespace {

TEST(UrlTest, HasAllParts) {
  const auto url = ParseUrl("Postgres://us%65r:p%40ss%3A@host.example:5433/data%2Fbase?sslmode=require&a=b%20c&&flag#rest");
  ASSERT_TRUE(url) << url.error();
  EXPECT_EQ(url->scheme, "postgres");
  EXPECT_EQ(url->user, "user");
  EXPECT_EQ(url->password, "p@ss:");
  EXPECT_EQ(url->host, "host.example");
  EXPECT_EQ(url->port, 5433);
  EXPECT_EQ(url->path, "data/base");
  const std::vector<std::pair<std::string, std::string>> query{{"sslmode", "require"}, {"a", "b c"}, {"flag", ""}};
  EXPECT_EQ(url->query, query);
}

TEST(UrlTest, HasFewParts) {
  const auto url = ParseUrl("redis://");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "");
  EXPECT_FALSE(url->password);
  EXPECT_FALSE(url->port);
  EXPECT_EQ(ParseUrl("redis://host")->host, "host");
  EXPECT_EQ(ParseUrl("redis://host:")->host, "host");
  EXPECT_EQ(ParseUrl("redis://host?a=b")->query.size(), 1u);
  EXPECT_EQ(ParseUrl("redis://:secret@host/3")->user, "");
  EXPECT_EQ(ParseUrl("redis://:secret@host/3")->password, "secret");
  EXPECT_EQ(ParseUrl("redis://user:@host")->password, "");
  EXPECT_FALSE(ParseUrl("redis://user@host")->password);
}

TEST(UrlTest, IPv6AddressStandsInBrackets) {
  EXPECT_EQ(ParseUrl("redis://[::1]:7000/0")->host, "::1");
  EXPECT_EQ(ParseUrl("redis://[::1]:7000/0")->port, 7000);
  EXPECT_EQ(ParseUrl("redis://a:b@[fe80::1]")->host, "fe80::1");
  EXPECT_FALSE(ParseUrl("redis://[::1"));
  EXPECT_FALSE(ParseUrl("redis://[::1]7000"));
  EXPECT_FALSE(ParseUrl("redis://::1"));
}

TEST(UrlTest, PasswordMayHoldAnything) {
  EXPECT_EQ(ParseUrl("postgres://u:p@ss:w@host/db")->password, "p@ss:w");
  EXPECT_EQ(ParseUrl("postgres://u:%C3%A4%25@host/db")->password, "\xC3\xA4%");
}

TEST(UrlTest, MistakesAreSaidWithoutTheText) {
  for (const char* const text : {"", "host:5432/db", "://host", "po stgres://host", "postgres://u:hunter2@host:port/db",
                                 "postgres://u:hunter2@host:0", "postgres://u:hunter2@host:65536", "postgres://u:hunter2%@host",
                                 "postgres://u:hunter2%4@host", "postgres://u:hunter2%zz@host", "postgres://u:hunter2%00@host",
                                 "postgres://u:hunter/2@host/db", "postgres://u:12/hunter2@host/db", "postgres://u?hunter2@host/db"}) {
    const auto url = ParseUrl(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().find("hunter"), std::string::npos) << url.error();
    EXPECT_FALSE(url.error().empty());
  }
}

TEST(UrlTest, PortIsANumberAndNothingElse) {
  EXPECT_EQ(ParsePort("1"), 1);
  EXPECT_EQ(ParsePort("65535"), 65535);
  for (const char* const text : {"", "0", "65536", "-1", "+1", " 1", "1 ", "0x10", "1e3", "99999999999999999999"})
    EXPECT_FALSE(ParsePort(text)) << text;
}

}  // namespace
}  // namespace logmill
