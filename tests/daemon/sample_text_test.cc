#include "daemon/sample_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace logmill {
namespace {

TEST(SampleTextTest, ReadsWhatTheExpositionWrites) {
  const auto sample = ParseSample(R"(jobs_total{job="a \"b\" \\ c\nd",queue="x"} 12.5)");
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->name, "jobs_total");
  EXPECT_EQ(sample->labels.at("job"), "a \"b\" \\ c\nd");
  EXPECT_EQ(sample->labels.at("queue"), "x");
  EXPECT_EQ(sample->value, 12.5);
  EXPECT_EQ(ParseSample("up 1")->value, 1);
  EXPECT_EQ(ParseSample("up { } 1"), ParseSample("up 1"));
  EXPECT_EQ(ParseSample(R"(b{le="+Inf"} +Inf)")->value, INFINITY);
  EXPECT_EQ(ParseSample("x -3e2")->value, -300);
}

TEST(SampleTextTest, RefusesWhatIsNoSample) {
  for (const char* text : {"", "up", "up{", "up{a=\"b\" 1", "up{a=b} 1", "up{a=\"b} 1", "up one", "up 1 2", "# HELP up x", "{a=\"b\"} 1"}) {
    EXPECT_FALSE(ParseSample(text)) << text;
  }
}

}  // namespace
}  // namespace logmill
