#include "metrics/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace logmill {
namespace {

double SumOf(const std::vector<double>& values) {
  ExactSum sum;
  for (const double value : values) sum.Add(value);
  return sum.ToDouble();
}

uint64_t Bits(double value) { return std::bit_cast<uint64_t>(value); }

TEST(ExactSum, NothingIsZero) {
  EXPECT_EQ(Bits(SumOf({})), Bits(0.0));
  EXPECT_EQ(Bits(SumOf({-0.0})), Bits(0.0));
  EXPECT_EQ(Bits(SumOf({-1.5, 1.5})), Bits(0.0));
}

TEST(ExactSum, OneValueComesBackAsItIs) {
  for (const double value : {1.0, -1.0, 0.1, -0.1, 10.07, 123456.789, 0x1p-64, 0x1.8p-63, 0x1.fffffffffffffp61, -0x1.fffffffffffffp61,
                             0x1p62, 1e300, -1e300, std::numeric_limits<double>::max()}) {
    EXPECT_EQ(SumOf({value}), value);
  }
}

TEST(ExactSum, TenTimesATenth) { EXPECT_EQ(SumOf(std::vector<double>(10, 0.1)), 1.0); }

TEST(ExactSum, TheSmallSurvivesTheBig) {
  EXPECT_EQ(SumOf({1e15, 0.1, -1e15}), std::ldexp(std::nearbyint(std::ldexp(0.1, 64)), -64));
  EXPECT_EQ(SumOf({0x1p61, 0x1p-60, -0x1p61}), 0x1p-60);
}

TEST(ExactSum, RoundsOnceToTheNearest64thBit) {
  EXPECT_EQ(SumOf({0x1p-65}), 0x1p-64) << "halves go away from zero";
  EXPECT_EQ(SumOf({-0x1p-65}), -0x1p-64);
  EXPECT_EQ(SumOf({0x1.fffffffffffffp-66}), 0.0);
  EXPECT_EQ(Bits(SumOf({-0x1p-66})), Bits(0.0));
  EXPECT_EQ(SumOf({std::numeric_limits<double>::denorm_min()}), 0.0);
  EXPECT_EQ(SumOf({0x1.4p-62, 0x1p-64}), 0x1.8p-62);
}

TEST(ExactSum, RoundsToADoubleOnceAtTheEnd) {
  // 2^53 + 1 lies between two doubles: to the even one. Any bit below it, however small, decides for the higher.
  EXPECT_EQ(SumOf({0x1p53, 1.0}), 0x1p53);
  EXPECT_EQ(SumOf({0x1p53, 1.0, 0x1p-64}), 0x1p53 + 2);
  EXPECT_EQ(SumOf({-0x1p53, -1.0, -0x1p-64}), -0x1p53 - 2);
  EXPECT_EQ(SumOf({0x1p53, 3.0}), 0x1p53 + 4);
}

TEST(ExactSum, CarriesBeyond128Bits) {
  std::vector<double> values(1000, 0x1p61);
  EXPECT_EQ(SumOf(values), 1000 * 0x1p61);
  for (double& value : values) value = -value;
  EXPECT_EQ(SumOf(values), -1000 * 0x1p61);
  values.insert(values.end(), 1000, 0x1p61);
  values.push_back(0.25);
  EXPECT_EQ(SumOf(values), 0.25);
}

TEST(ExactSum, CountsAreWhole) {
  ExactSum sum;
  sum.AddCount(std::numeric_limits<uint64_t>::max());
  sum.AddCount(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(sum.ToDouble(), 0x1p65);
  sum.Add(-0x1p61);
  EXPECT_EQ(sum.ToDouble(), 0x1p65 - 0x1p61);
}

TEST(ExactSum, HugeValuesStayFiniteOrBecomeInfinite) {
  EXPECT_EQ(SumOf({1e300, 5.0}), 1e300);
  EXPECT_EQ(SumOf({1e308, 1e308}), std::numeric_limits<double>::infinity());
  EXPECT_EQ(SumOf({-std::numeric_limits<double>::infinity(), 1}), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(SumOf({std::numeric_limits<double>::quiet_NaN()})));
}

TEST(ExactSum, SurvivesItsWords) {
  ExactSum sum;
  for (const double value : {-1e18, 0.1, -1e300}) sum.Add(value);
  EXPECT_EQ(ExactSum(sum.words()).words(), sum.words());
  EXPECT_EQ(ExactSum(sum.words()).ToDouble(), sum.ToDouble());
}

// On x86, long double has 64 bits of mantissa: exact for sums of few values on a grid.
TEST(ExactSum, AgreesWithLongDoubleWhereThatIsExact) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<int64_t> grid(-1'000'000'000'000, 1'000'000'000'000);
  for (int round = 0; round < 2000; ++round) {
    ExactSum sum;
    long double reference = 0;
    for (int i = 0; i < 50; ++i) {
      const double value = std::ldexp(static_cast<double>(grid(random)), -20);
      sum.Add(value);
      reference += value;
    }
    ASSERT_EQ(sum.ToDouble(), static_cast<double>(reference));
  }
}

TEST(ExactSum, OrderAndGroupingDoNotMatter) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> mantissa(-1, 1);
  std::uniform_int_distribution<int> exponent(-80, 61);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> values(100);
    for (double& value : values) value = std::ldexp(mantissa(random), exponent(random));
    const double expected = SumOf(values);
    std::ranges::shuffle(values, random);
    ASSERT_EQ(Bits(SumOf(values)), Bits(expected));
    ExactSum parts[3];
    for (size_t i = 0; i < values.size(); ++i) parts[i % 3].Add(values[i]);
    parts[2].Add(parts[0]);
    parts[2].Add(parts[1]);
    ASSERT_EQ(Bits(parts[2].ToDouble()), Bits(expected));
  }
}

}  // namespace
}  // namespace logmill
