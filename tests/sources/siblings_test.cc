#include "sources/siblings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/sources/log_writer.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SiblingsTest : public ::testing::Test {
 protected:
  // So long ago that the next change has another time.
  void Settle() {
    std::filesystem::last_write_time(writer_.Path(""), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }

  testing::LogWriter writer_;
  const FakeClock clock_;
  Siblings siblings_{{}, clock_};
};

TEST_F(SiblingsTest, ListingsAreKeptForAMoment) {
  EXPECT_THAT(siblings_.RotatedOf(writer_.Path("app.log")), IsEmpty());
  writer_.folder().Write("app.log.1", "1");
  EXPECT_THAT(siblings_.RotatedOf(writer_.Path("app.log")), IsEmpty());
  siblings_.Forget();
  EXPECT_THAT(siblings_.RotatedOf(writer_.Path("app.log")), ElementsAre(writer_.Path("app.log.1")));
}

TEST_F(SiblingsTest, WhatMayHaveChangedSinceIsListedAnew) {
  EXPECT_THAT(siblings_.RotatedOf(writer_.Path("app.log")), IsEmpty());
  writer_.folder().Write("app.log.1", "1");
  EXPECT_TRUE(siblings_.Refresh());
  EXPECT_THAT(siblings_.RotatedOf(writer_.Path("app.log")), ElementsAre(writer_.Path("app.log.1")));
  EXPECT_TRUE(siblings_.Refresh()) << "a change in the same moment could not be told";
}

TEST_F(SiblingsTest, AFolderThatHasNotChangedIsListedOnce) {
  Settle();
  EXPECT_THAT(siblings_.RotatedOf(writer_.Path("app.log")), IsEmpty());
  EXPECT_FALSE(siblings_.Refresh());
  EXPECT_FALSE(siblings_.Refresh());
  writer_.folder().Write("app.log.1", "1");
  EXPECT_TRUE(siblings_.Refresh());
  EXPECT_THAT(siblings_.RotatedOf(writer_.Path("app.log")), ElementsAre(writer_.Path("app.log.1")));
}

}  // namespace
}  // namespace logmill
