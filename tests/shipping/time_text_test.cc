#include "shipping/time_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace logmill {
namespace {

TEST(TimeTextTest, HasAsManyDigitsAsAskedFor) {
  constexpr int64_t kTime = 1'766'533'331'507'123'456;
  EXPECT_EQ(FormatTime(kTime, 0), "2025-12-23T23:42:11Z");
  EXPECT_EQ(FormatTime(kTime, 3), "2025-12-23T23:42:11.507Z");
  EXPECT_EQ(FormatTime(kTime, 6), "2025-12-23T23:42:11.507123Z");
  EXPECT_EQ(FormatTime(kTime, 9), "2025-12-23T23:42:11.507123456Z");
}

TEST(TimeTextTest, CountsBackFromTheEpoch) {
  EXPECT_EQ(FormatTime(-1, 9), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(FormatTime(-1'000'000'000, 3), "1969-12-31T23:59:59.000Z");
}

TEST(TimeTextTest, TakesEveryNumber) {
  EXPECT_EQ(FormatTime(std::numeric_limits<int64_t>::min(), 0), "1677-09-21T00:12:43Z");
  EXPECT_EQ(FormatTime(std::numeric_limits<int64_t>::max(), 0), "2262-04-11T23:47:16Z");
}

}  // namespace
}  // namespace logmill
