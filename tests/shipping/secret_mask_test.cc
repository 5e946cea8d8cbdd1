#include "shipping/secret_mask.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

TEST(SecretMaskTest, HidesHeadersThatAreSecretByTheirNames) {
  SecretMask mask;
  const std::vector<HttpField> headers{
      {"authorization", "Splunk 1234-5678"}, {"DD-API-KEY", "abcdef"}, {"X-Scope-OrgID", "tenant"}, {"X-Key", "abc"}};
  mask.LearnHeaders(headers);
  EXPECT_EQ(mask.Hide("Splunk 1234-5678, 1234-5678 and abcdef of tenant abc"), "[secret], [secret] and [secret] of tenant abc");
  EXPECT_EQ(mask.Hide("abcdef", 7), "abcdef");
}

TEST(SecretMaskTest, HidesCredentialsHoweverTheyCome) {
  const TemporaryFolder folder;
  folder.Write("token", "geheimnis\n");
  SecretMask mask;
  mask.LearnCredentials({.bearer_token_file = folder.Path("token")}, "http://a/");
  EXPECT_EQ(mask.Hide("it is geheimnis"), "it is [secret]");
  for (const HttpCredentials& credentials : {HttpCredentials{.user = "al", .password = "a:b?"}, HttpCredentials{}}) {
    SecretMask basic;
    basic.LearnCredentials(credentials, "http://al:a%3Ab%3F@a/");
    EXPECT_EQ(basic.Hide("a:b? was Basic YWw6YTpiPw=="), "[secret] was Basic [secret]");
  }
  SecretMask missing;
  missing.LearnCredentials({.bearer_token_file = folder.Path("nothing")}, "http://a/");
  EXPECT_EQ(missing.Hide("as it is"), "as it is");
}

TEST(SecretMaskTest, TheLongestFirst) {
  SecretMask mask;
  const std::vector<HttpField> headers{{"key", "abcd"}, {"token", "abcdefgh"}};
  mask.LearnHeaders(headers);
  EXPECT_EQ(mask.Hide("abcdefgh abcd"), "[secret] [secret]");
}

}  // namespace
}  // namespace logmill
