#include "daemon/growth.h"

#include <gtest/gtest.h>

namespace logmill {
namespace {

TEST(Growth, AddsUpWhatHasGrown) {
  Growth growth(Growth::Kind::kCounter);
  EXPECT_EQ(growth.Take({{"a", 5}, {"b", 1}}), 0);
  EXPECT_EQ(growth.Take({{"a", 7}, {"b", 1}}), 2);
  EXPECT_EQ(growth.Take({{"a", 8}, {"b", 4}}), 4);
}

TEST(Growth, CounterThatFellBeganAgain) {
  Growth growth(Growth::Kind::kCounter);
  growth.Take({{"a", 5}});
  EXPECT_EQ(growth.Take({{"a", 3}}), 3);
  EXPECT_EQ(growth.Take({{"a", 4}}), 1);
}

TEST(Growth, GaugeThatFellHasNotGrown) {
  Growth growth(Growth::Kind::kGauge);
  growth.Take({{"a", 5}, {"b", 1}});
  EXPECT_EQ(growth.Take({{"a", 3}, {"b", 2}}), 1);
  EXPECT_EQ(growth.Take({{"a", 4}, {"b", 2}}), 1);
}

TEST(Growth, WhatWasNotThereHasNotGrown) {
  Growth growth(Growth::Kind::kCounter);
  growth.Take({{"a", 5}});
  EXPECT_EQ(growth.Take({}), 0);
  EXPECT_EQ(growth.Take({{"a", 9}}), 0);
  EXPECT_EQ(growth.Take({{"a", 10}, {"b", 100}}), 1);
}

}  // namespace
}  // namespace logmill
