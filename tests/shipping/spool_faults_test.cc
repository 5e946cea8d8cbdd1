// Full disks, failing calls, folders that vanish: each ends in a spool that works again.
#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <filesystem>
#include <string>

#include "tests/shipping/spool_fixture.h"

namespace logmill {
namespace {

using testing::AppendSamples;
using testing::Range;
using testing::ReadNumbers;

using SpoolFaultsTest = testing::SpoolFixture;

TEST_F(SpoolFaultsTest, ShortWritesAreContinued) {
  calls_.most_bytes = 7;
  ASSERT_TRUE(AppendSamples(*spool_, 1, 10));
  EXPECT_EQ(ReadNumbers(*spool_), Range(1, 11));
}

TEST_F(SpoolFaultsTest, SurvivesItsFolderBeingThrownAway) {
  AppendSegments(2);
  ASSERT_TRUE(AppendSamples(*spool_, 21, 1));
  std::filesystem::remove_all(path_);
  ASSERT_TRUE(AppendSamples(*spool_, 22, 3));
  {
    SpoolReader reader(*spool_, 1);
    EXPECT_EQ(ReadNumbers(reader), Range(22, 25));
    EXPECT_EQ(reader.missing_records(), 21U);
  }
  EXPECT_EQ(spool_->bytes(), BytesOnDisk());
  EXPECT_TRUE(spool_->Sync());
  EXPECT_FALSE(Spool::Open({.folder = path_}, clock_)) << "the new folder is taken, too";
  Reopen();
  EXPECT_EQ(ReadNumbers(*spool_), Range(22, 25));
}

TEST_F(SpoolFaultsTest, SurvivesItsFolderBeingThrownAwayBetweenTwoSegments) {
  AppendSegments(2);
  std::filesystem::remove_all(path_);
  EXPECT_TRUE(spool_->Sync()) << "there is nothing to be synced";
  ASSERT_TRUE(AppendSamples(*spool_, 21, 3));
  EXPECT_EQ(ReadNumbers(*spool_, 1), Range(21, 24));
  EXPECT_EQ(spool_->bytes(), BytesOnDisk());
}

TEST_F(SpoolFaultsTest, SaysThatItsFolderCannotBeMadeUntilItCan) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 1));
  std::filesystem::remove_all(path_);
  folder_.Write("spool", "a file");
  SpoolBatch batch(spool_->key());
  batch.Add(testing::SampleRecord(2).record);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(spool_->Append(batch));
  EXPECT_EQ(batch.records(), 1U);
  EXPECT_EQ(ReadNumbers(*spool_), Range(0, 0));
  spool_->Release(2);
  folder_.Remove("spool");
  ASSERT_TRUE(spool_->Append(batch));
  EXPECT_EQ(ReadNumbers(*spool_), Range(2, 3));
}

TEST_F(SpoolFaultsTest, SurvivesASegmentBeingThrownAway) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 2));
  std::filesystem::remove(path_ + "/" + SegmentName(1));
  ASSERT_TRUE(AppendSamples(*spool_, 3, 2));
  EXPECT_EQ(ReadNumbers(*spool_), Range(3, 5));
  AppendSegments(2);
  std::filesystem::remove(path_ + "/" + SegmentName(5));
  SpoolReader reader(*spool_, 5);
  const auto read = ReadNumbers(reader);
  EXPECT_EQ(read.size() + reader.missing_records(), 20U);
  spool_->Release(spool_->next_sequence());
  EXPECT_EQ(spool_->bytes(), BytesOnDisk());
}

// Whatever call fails, and however many after it: what was said to be appended is there, once; what was not is not, and may be appended
// again.
TEST_F(SpoolFaultsTest, WhateverFailsItWorksAgain) {
  for (const int error : {ENOSPC, EDQUOT, EIO, EMFILE, EROFS, EACCES}) {
    for (const int count : {1, 2, 3, 5, INT_MAX}) {
      for (int call = 0; call < 24; ++call) {
        spool_.reset();
        std::filesystem::remove_all(path_);
        calls_.Reset();
        Reopen();
        ASSERT_TRUE(AppendSamples(*spool_, 1, 4, 100));
        calls_.FailAt(call, error, count);
        uint64_t number = 5;
        for (int batch = 0; batch < 6; ++batch) {
          const size_t padding = batch % 2 == 0 ? 100 : 3000;
          const uint64_t next = spool_->next_sequence();
          if (AppendSamples(*spool_, number, 4, padding)) {
            number += 4;
          } else {
            ASSERT_EQ(spool_->next_sequence(), next);
          }
          (void)spool_->Sync();
          spool_->Release(batch % 2 == 0 ? 1 : 3);
        }
        calls_.Reset();
        ASSERT_TRUE(AppendSamples(*spool_, number, 4)) << "error " << error << " at call " << call;
        number += 4;
        ASSERT_EQ(spool_->next_sequence(), number);
        ASSERT_EQ(ReadNumbers(*spool_), Range(1, number)) << "error " << error << " at call " << call << ", " << count << " times";
        ASSERT_TRUE(spool_->Sync());
        Reopen();
        ASSERT_EQ(ReadNumbers(*spool_), Range(1, number))
            << "error " << error << " at call " << call << ", " << count << " times, reopened";
        ASSERT_EQ(spool_->next_sequence(), number);
      }
    }
  }
}

TEST_F(SpoolFaultsTest, AFailedStartChangesNothing) {
  AppendSegments(2);
  ASSERT_TRUE(AppendSamples(*spool_, 21, 5));
  for (int call = 0; call < 12; ++call) {
    spool_.reset();
    calls_.FailAt(call, EMFILE);
    (void)Spool::Open({.folder = path_}, clock_, &calls_);
    calls_.Reset();
    Reopen();
    ASSERT_EQ(ReadNumbers(*spool_), Range(1, 26)) << "call " << call;
  }
}

}  // namespace
}  // namespace logmill
