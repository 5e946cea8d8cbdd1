#include "rules/quantity.h"

#include <gtest/gtest.h>

#include <string>

namespace logmill {
namespace {

TEST(Quantity, DurationsInTheUnitOfTheResult) {
  EXPECT_EQ(ParseDurationMs("250ms"), 250);
  EXPECT_EQ(ParseDurationMs("1.5s"), 1500);
  EXPECT_EQ(ParseDurationMs("2m3s"), 123'000);
  EXPECT_EQ(ParseDurationMs("1h2m"), 3'720'000);
  EXPECT_EQ(ParseDurationMs("1 h 2 m"), 3'720'000);
  EXPECT_EQ(ParseDurationMs("7us"), 0.007);
  EXPECT_EQ(ParseDurationMs("7µs"), 0.007);
  EXPECT_EQ(ParseDurationMs("7\xCE\xBCs"), 0.007);
  EXPECT_EQ(ParseDurationMs("5ns"), 0.000005);
  EXPECT_EQ(ParseDurationMs("42"), 42);
  EXPECT_EQ(ParseDurationSeconds("250ms"), 0.25);
  EXPECT_EQ(ParseDurationSeconds("1d"), 86'400);
  EXPECT_EQ(ParseDurationSeconds("42"), 42);
}

TEST(Quantity, OtherTextIsNoDuration) {
  for (const char* text : {"", " ", "ms", "1x", "1..5s", "1s2", "-5s", "1:30", "1m-2s", "5S"}) EXPECT_FALSE(ParseDurationMs(text)) << text;
}

TEST(Quantity, Sizes) {
  EXPECT_EQ(ParseBytes("512"), 512);
  EXPECT_EQ(ParseBytes("512 B"), 512);
  EXPECT_EQ(ParseBytes("1.5 KiB"), 1536);
  EXPECT_EQ(ParseBytes("20 MB"), 20e6);
  EXPECT_EQ(ParseBytes("20kb"), 20e3);
  EXPECT_EQ(ParseBytes("2GiB"), 2147483648.0);
  EXPECT_EQ(ParseBytes("1 PB"), 1e15);
  for (const char* text : {"", "KiB", "5K", "1 KiBs", "1.2.3 MB", "5 MB 3 KB", "-1 KB"}) EXPECT_FALSE(ParseBytes(text)) << text;
}

TEST(Quantity, LongTextIsReadInOnePass) {
  std::string parts;
  for (int i = 0; i < 100'000; ++i) parts += "1ms";
  EXPECT_EQ(ParseDurationMs(parts), 100'000);
  EXPECT_FALSE(ParseDurationMs(std::string(1'000'000, '1') + "q"));
}

}  // namespace
}  // namespace logmill
