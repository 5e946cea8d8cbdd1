#include "shipping/back_off.h"

#include <gtest/gtest.h>

#include <set>

namespace logmill {
namespace {

using namespace std::chrono_literals;

TEST(BackOffTest, DoublesWithJitterUpToTheMost) {
  std::set<std::chrono::milliseconds> first;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    BackOff back_off(1s, 10s, seed);
    for (const auto most : {1s, 2s, 4s, 8s, 10s, 10s}) {
      const auto pause = back_off.Next();
      EXPECT_GE(pause, most / 2.0);
      EXPECT_LE(pause, most);
      if (most == 1s) first.insert(pause);
    }
    for (int i = 0; i < 100; ++i) EXPECT_LE(back_off.Next(), 10s);
    back_off.Reset();
    EXPECT_LE(back_off.Next(), 1s);
  }
  EXPECT_GT(first.size(), 10U);
}

TEST(BackOffTest, WhatTheServerAsksForIsTheLeastButNotForever) {
  BackOff back_off(1s, 10s, 1);
  EXPECT_EQ(back_off.Next(60s), 60s);
  EXPECT_GE(back_off.Next(1ms), 1s);
  EXPECT_EQ(back_off.Next(std::chrono::hours(1000)), 10min);
}

}  // namespace
}  // namespace logmill
