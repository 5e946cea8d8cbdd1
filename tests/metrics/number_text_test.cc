#include "metrics/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

namespace logmill {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string Value(double value) {
  std::string out;
  AppendValue(out, value);
  return out;
}

std::string Seconds(int64_t unix_ms) {
  std::string out;
  AppendSeconds(out, unix_ms);
  return out;
}

TEST(NumberText, IntegersHaveNoExponentAndNoFraction) {
  EXPECT_EQ(Value(0), "0");
  EXPECT_EQ(Value(-0.0), "0");
  EXPECT_EQ(Value(-7), "-7");
  EXPECT_EQ(Value(1e6), "1000000");
  EXPECT_EQ(Value(9007199254740992), "9007199254740992");
  EXPECT_EQ(Value(1e18), "1000000000000000000");
}

TEST(NumberText, OthersAreAsShortAsCanBe) {
  EXPECT_EQ(Value(0.1), "0.1");
  EXPECT_EQ(Value(10.07), "10.07");
  EXPECT_EQ(Value(1e300), "1e+300");
  EXPECT_EQ(Value(0x1p63), "9223372036854775808");
  EXPECT_EQ(Value(5e-324), "5e-324");
}

TEST(NumberText, SpecialValues) {
  EXPECT_EQ(Value(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(Value(kInfinity), "+Inf");
  EXPECT_EQ(Value(-kInfinity), "-Inf");
}

TEST(NumberText, EveryValueReadsBackTheSame) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> mantissa(-1, 1);
  std::uniform_int_distribution<int> exponent(-1060, 1023);
  for (int round = 0; round < 10'000; ++round) {
    const double value = std::ldexp(mantissa(random), exponent(random));
    ASSERT_EQ(std::strtod(Value(value).c_str(), nullptr), value);
  }
}

TEST(NumberText, BoundsAreWhatPrometheusPrints) {
  EXPECT_EQ(BoundText(0.5, false), "0.5");
  EXPECT_EQ(BoundText(10, false), "10");
  EXPECT_EQ(BoundText(30000, false), "30000");
  EXPECT_EQ(BoundText(100000, false), "100000");
  EXPECT_EQ(BoundText(1000000, false), "1e+06");
  EXPECT_EQ(BoundText(1048576, false), "1.048576e+06");
  EXPECT_EQ(BoundText(0.0001, false), "0.0001");
  EXPECT_EQ(BoundText(0.00001, false), "1e-05");
  EXPECT_EQ(BoundText(0, false), "0");
  EXPECT_EQ(BoundText(-2.5, false), "-2.5");
  EXPECT_EQ(BoundText(kInfinity, false), "+Inf");
}

TEST(NumberText, OpenMetricsBoundsAreFloats) {
  EXPECT_EQ(BoundText(10, true), "10.0");
  EXPECT_EQ(BoundText(0, true), "0.0");
  EXPECT_EQ(BoundText(0.5, true), "0.5");
  EXPECT_EQ(BoundText(1e6, true), "1e+06");
  EXPECT_EQ(BoundText(kInfinity, true), "+Inf");
}

TEST(NumberText, Milliseconds) {
  EXPECT_EQ(Seconds(1'766'533'331'507), "1766533331.507");
  EXPECT_EQ(Seconds(1'766'533'331'007), "1766533331.007");
  EXPECT_EQ(Seconds(1'766'533'331'000), "1766533331");
  EXPECT_EQ(Seconds(0), "0");
  EXPECT_EQ(Seconds(-1'500), "-1.500");
}

}  // namespace
}  // namespace logmill
