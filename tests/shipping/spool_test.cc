#include "shipping/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/shipping/spool_fixture.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using testing::AppendSamples;
using ::testing::HasSubstr;
using testing::Range;
using testing::ReadNumbers;

using SpoolTest = testing::SpoolFixture;

TEST_F(SpoolTest, IsEmptyAtFirst) {
  EXPECT_EQ(spool_->next_sequence(), 1U);
  EXPECT_EQ(spool_->first_sequence(), 1U);
  EXPECT_EQ(spool_->bytes(), 0U);
  EXPECT_EQ(spool_->BytesFrom(1), 0U);
  EXPECT_EQ(spool_->SequenceWithin(0), 1U);
  EXPECT_EQ(spool_->SequenceSince(0), 1U);
  EXPECT_TRUE(spool_->Sync());
  spool_->Release(100);
  EXPECT_TRUE(Segments().empty());
}

TEST_F(SpoolTest, GivesRecordsTheirNumbersInOrder) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 3));
  EXPECT_EQ(spool_->next_sequence(), 4U);
  ASSERT_TRUE(AppendSamples(*spool_, 4, 2));
  EXPECT_EQ(spool_->next_sequence(), 6U);
  EXPECT_EQ(ReadNumbers(*spool_), Range(1, 6));
  EXPECT_EQ(ReadNumbers(*spool_, 4), Range(4, 6));
  EXPECT_EQ(spool_->bytes(), BytesOnDisk());
}

TEST_F(SpoolTest, WritesABatchAtOnce) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 1));
  calls_.writes = 0;
  ASSERT_TRUE(AppendSamples(*spool_, 2, 500));
  EXPECT_EQ(calls_.writes, 1);
  EXPECT_EQ(calls_.syncs, 0);
}

TEST_F(SpoolTest, GoesOnInAnotherLife) {
  for (uint64_t life = 0; life < 5; ++life) {
    ASSERT_TRUE(AppendSamples(*spool_, life * 10 + 1, 10));
    Reopen();
    EXPECT_EQ(spool_->next_sequence(), life * 10 + 11);
    EXPECT_EQ(spool_->torn_bytes(), 0U);
    EXPECT_EQ(ReadNumbers(*spool_), Range(1, life * 10 + 11));
  }
}

TEST_F(SpoolTest, NumbersNeverComeAgainEvenWhenNothingIsLeft) {
  for (int life = 0; life < 4; ++life) {
    const uint64_t next = spool_->next_sequence();
    AppendSegments(3);
    spool_->Release(spool_->next_sequence());
    EXPECT_EQ(spool_->next_sequence(), next + 30);
    Reopen();
    EXPECT_EQ(spool_->next_sequence(), next + 30);
    Reopen();
    EXPECT_EQ(spool_->next_sequence(), next + 30);
  }
}

// After a power loss the cursors may know of records that the disk does not.
TEST_F(SpoolTest, NumbersDoNotGoBackBehindACursor) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 10));
  Reopen(21);
  EXPECT_EQ(spool_->next_sequence(), 21U);
  ASSERT_TRUE(AppendSamples(*spool_, 21, 5));
  EXPECT_EQ(ReadNumbers(*spool_, 21), Range(21, 26));
  SpoolReader reader(*spool_, 5);
  EXPECT_EQ(ReadNumbers(reader).size(), 6U + 5U);
  EXPECT_EQ(reader.missing_records(), 10U);
}

TEST_F(SpoolTest, TakesNoBatchOfAnotherSpool) {
  SpoolBatch batch(SpoolKey({}));
  batch.Add({});
  EXPECT_FALSE(spool_->Append(batch));
  EXPECT_EQ(batch.records(), 1U);
}

TEST_F(SpoolTest, BelongsToOneProcess) {
  const auto second = Spool::Open({.folder = path_}, clock_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("in use by another logmill (pid "));
}

TEST_F(SpoolTest, SaysWhyItCannotBeOpened) {
  const auto nowhere = Spool::Open({.folder = folder_.Path("no/where")}, clock_);
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error(), HasSubstr("cannot make the spool in"));
  folder_.Write("file", "");
  const auto file = Spool::Open({.folder = folder_.Path("file")}, clock_);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error(), HasSubstr("it has to be a folder"));
}

TEST_F(SpoolTest, DoesNotTouchASpoolOfAnotherVersion) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 1));
  spool_.reset();
  const std::string name = path_ + "/" + SegmentName(2);
  for (const uint32_t version : {1U, spool_format::kVersion + 1}) {
    std::ofstream(name, std::ios::binary) << EncodeSpoolHeader({.version = version, .first = 2}) << "what is to come";
    const std::string before = testing::ReadWhole(name);
    const auto other = Spool::Open({.folder = path_}, clock_);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error(), HasSubstr("another version"));
    EXPECT_EQ(testing::ReadWhole(name), before);
  }
}

TEST_F(SpoolTest, ClosesASegmentThatIsLong) {
  AppendSegments(3);
  EXPECT_EQ(Segments(), (std::vector{SegmentName(1), SegmentName(11), SegmentName(21)}));
  EXPECT_EQ(spool_->bytes(), BytesOnDisk());
}

TEST_F(SpoolTest, ClosesASegmentThatIsOld) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 1));
  clock_.Advance(59min);
  ASSERT_TRUE(AppendSamples(*spool_, 2, 1));
  EXPECT_EQ(Segments().size(), 1U);
  clock_.Advance(1min);
  ASSERT_TRUE(AppendSamples(*spool_, 3, 1));
  EXPECT_EQ(Segments(), (std::vector{SegmentName(1), SegmentName(3)}));
}

TEST_F(SpoolTest, ReleasesWholeSegments) {
  AppendSegments(3);
  spool_->Release(11);
  EXPECT_EQ(spool_->first_sequence(), 11U);
  spool_->Release(20);
  EXPECT_EQ(spool_->first_sequence(), 11U);
  EXPECT_EQ(ReadNumbers(*spool_), Range(11, 31));
  spool_->Release(21);
  EXPECT_EQ(Segments(), std::vector{SegmentName(21)});
  EXPECT_EQ(spool_->bytes(), BytesOnDisk());
}

TEST_F(SpoolTest, IsSmallWhenAllIsReleased) {
  segment_bytes_ = size_t{8} << 20;
  Reopen();
  ASSERT_TRUE(AppendSamples(*spool_, 1, 10, 90'000));
  spool_->Release(11);
  EXPECT_EQ(ReadNumbers(*spool_), Range(1, 11)) << "less than 1 MiB stays";
  ASSERT_TRUE(AppendSamples(*spool_, 11, 10, 90'000));
  spool_->Release(20);
  EXPECT_EQ(spool_->first_sequence(), 1U);
  spool_->Release(21);
  EXPECT_EQ(Segments(), std::vector{SegmentName(21)});
  EXPECT_EQ(spool_->bytes(), spool_format::kHeaderBytes);
  ASSERT_TRUE(AppendSamples(*spool_, 21, 1));
  EXPECT_EQ(ReadNumbers(*spool_), Range(21, 22));
}

TEST_F(SpoolTest, KnowsHowMuchIsInTheWay) {
  AppendSegments(4);
  const uint64_t segment = std::filesystem::file_size(path_ + "/" + SegmentName(31));
  const uint64_t three = spool_->bytes() - std::filesystem::file_size(path_ + "/" + SegmentName(1));
  EXPECT_EQ(spool_->BytesFrom(1), spool_->bytes());
  EXPECT_EQ(spool_->BytesFrom(11), three);
  EXPECT_EQ(spool_->BytesFrom(41), 0U);
  EXPECT_NEAR(static_cast<double>(spool_->BytesFrom(36)), static_cast<double>(segment) / 2, 2);
  EXPECT_EQ(spool_->SequenceWithin(spool_->bytes()), 1U);
  EXPECT_EQ(spool_->SequenceWithin(three), 11U);
  EXPECT_EQ(spool_->SequenceWithin(0), 41U);
  for (uint64_t bytes = 0; bytes < spool_->bytes(); bytes += 97) {
    const uint64_t from = spool_->SequenceWithin(bytes);
    ASSERT_LE(spool_->BytesFrom(from), bytes);
    ASSERT_GT(spool_->BytesFrom(from - 1), bytes);
  }
}

TEST_F(SpoolTest, KnowsWhatIsOld) {
  const int64_t begin = clock_.UnixMillis();
  for (int hour = 0; hour < 4; ++hour) {
    SpoolBatch batch(spool_->key());
    batch.Add({.read_ms = clock_.UnixMillis()});
    ASSERT_TRUE(spool_->Append(batch));
    clock_.Advance(1h);
  }
  const auto check = [&] {
    EXPECT_EQ(spool_->SequenceSince(begin), 1U);
    EXPECT_EQ(spool_->SequenceSince(begin + 3'600'000 * 2), Segments().size() == 4 ? 3U : 2U);
    EXPECT_EQ(spool_->SequenceSince(clock_.UnixMillis()), 5U);
  };
  EXPECT_EQ(spool_->SequenceSince(begin + 1), 2U);
  check();
  Reopen();
  EXPECT_LE(spool_->SequenceSince(begin + 1), 2U) << "rather too much than too little";
  EXPECT_EQ(spool_->SequenceSince(clock_.UnixMillis()), 5U);
}

TEST_F(SpoolTest, KnowsTheIdsOfWhatCameLast) {
  AppendSegments(2);
  Reopen();
  ASSERT_TRUE(AppendSamples(*spool_, 21, 5));
  const auto numbers = [](const std::vector<RecordId>& ids) {
    std::vector<uint64_t> low;
    for (const RecordId& id : ids) low.push_back(id.low);
    return low;
  };
  EXPECT_EQ(numbers(spool_->IdsFrom(15, 1000)), Range(15, 26));
  EXPECT_EQ(numbers(spool_->IdsFrom(1, 7)), Range(19, 26));
  EXPECT_TRUE(spool_->IdsFrom(26, 1000).empty());
}

TEST_F(SpoolTest, CutsOffATornEnd) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 10));
  spool_.reset();
  const std::string name = path_ + "/" + SegmentName(1);
  const uint64_t whole = std::filesystem::file_size(name);
  std::filesystem::resize_file(name, whole - 1);
  Reopen();
  EXPECT_GT(spool_->torn_bytes(), 0U);
  EXPECT_EQ(spool_->next_sequence(), 10U);
  EXPECT_EQ(ReadNumbers(*spool_), Range(1, 10));
  EXPECT_EQ(std::filesystem::file_size(name) + spool_->torn_bytes(), whole - 1);
}

// The rest of its header does not matter to its records.
TEST_F(SpoolTest, TheLastSegmentIsKnownByItsSalt) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 10));
  spool_.reset();
  testing::Overwrite(path_ + "/" + SegmentName(1), 0, "?");
  Reopen();
  EXPECT_EQ(spool_->damage(), "");
  EXPECT_EQ(spool_->next_sequence(), 11U);
  ASSERT_TRUE(AppendSamples(*spool_, 11, 3));
  EXPECT_EQ(ReadNumbers(*spool_), Range(1, 14));
}

TEST_F(SpoolTest, ALastSegmentThatCannotBeReadIsKept) {
  const std::string name = path_ + "/" + SegmentName(1);
  for (const char* kept : {".damaged", ".damaged-2"}) {
    ASSERT_TRUE(AppendSamples(*spool_, 1, 10));
    spool_.reset();
    testing::Overwrite(name, spool_format::kSaltAt, "another salt ...");
    const std::string whole = testing::ReadWhole(name);
    Reopen();
    EXPECT_EQ(testing::ReadWhole(name + kept), whole);
    EXPECT_THAT(spool_->damage(), HasSubstr(SegmentName(1) + kept));
    EXPECT_TRUE(Segments().empty());
  }
  Reopen(11);
  EXPECT_EQ(spool_->damage(), "");
  ASSERT_TRUE(AppendSamples(*spool_, 11, 3));
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader), Range(11, 14));
  EXPECT_EQ(reader.missing_records(), 10U);
}

TEST_F(SpoolTest, WhatIsMissingAtTheEndIsCounted) {
  for (const bool emptied : {true, false}) {
    const uint64_t first = spool_->next_sequence();
    AppendSegments(2);
    spool_.reset();
    const std::string last = path_ + "/" + SegmentName(first + 10);
    emptied ? std::filesystem::resize_file(last, 0) : static_cast<void>(std::filesystem::remove(last));
    Reopen(first + 20);
    ASSERT_TRUE(AppendSamples(*spool_, first + 20, 3));
    SpoolReader reader(*spool_, first);
    EXPECT_EQ(ReadNumbers(reader).size(), 13U);
    EXPECT_EQ(reader.missing_records(), 10U) << emptied;
  }
}

TEST_F(SpoolTest, AFolderIsNoSegment) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 10));
  std::filesystem::create_directory(path_ + "/" + SegmentName(50));
  Reopen();
  EXPECT_EQ(spool_->next_sequence(), 11U);
  EXPECT_EQ(ReadNumbers(*spool_), Range(1, 11));
}

// As it is between the creation of a segment and its header.
TEST_F(SpoolTest, GoesOnAtTheNumberOfASegmentThatWasJustBegun) {
  AppendSegments(1);
  spool_.reset();
  for (const size_t bytes : {size_t{0}, size_t{1}, spool_format::kHeaderBytes - 1}) {
    std::filesystem::remove(path_ + "/" + SegmentName(1));
    std::ofstream(path_ + "/" + SegmentName(11), std::ios::binary) << std::string(bytes, 'x');
    Reopen();
    EXPECT_EQ(spool_->next_sequence(), 11U);
    Reopen();
    ASSERT_EQ(spool_->next_sequence(), 11U);
  }
  ASSERT_TRUE(AppendSamples(*spool_, 11, 3));
  EXPECT_EQ(ReadNumbers(*spool_, 11), Range(11, 14));
}

TEST_F(SpoolTest, SyncsWhatWasWrittenSinceTheLastTime) {
  AppendSegments(3);
  EXPECT_TRUE(spool_->Sync());
  EXPECT_EQ(calls_.syncs, 3);
  EXPECT_TRUE(spool_->Sync());
  EXPECT_EQ(calls_.syncs, 3);
  ASSERT_TRUE(AppendSamples(*spool_, 31, 1));
  EXPECT_TRUE(spool_->Sync());
  EXPECT_EQ(calls_.syncs, 4);
}

TEST_F(SpoolTest, ASyncThatFailedIsTriedAgain) {
  AppendSegments(2);
  for (int call = 0; call < 6; ++call) {
    ASSERT_TRUE(AppendSamples(*spool_, spool_->next_sequence(), 1));
    calls_.FailAt(call, EIO);
    const bool synced = spool_->Sync().has_value();
    const int needed = calls_.calls;
    calls_.Reset();
    EXPECT_EQ(synced, needed <= call);
    EXPECT_TRUE(spool_->Sync());
    EXPECT_EQ(calls_.calls > 0, !synced);
  }
}

TEST_F(SpoolTest, WaitsForWhatComes) {
  std::atomic<bool> woke = false;
  std::jthread waiter([&] {
    spool_->WaitFor(1, 1h);
    woke = true;
  });
  EXPECT_FALSE(woke);
  ASSERT_TRUE(AppendSamples(*spool_, 1, 1));
  waiter.join();
  EXPECT_TRUE(woke);
  spool_->WaitFor(1, 1h);  // it is there already
  spool_->WaitFor(2, 1ms);
}

TEST_F(SpoolTest, IsWoken) {
  std::atomic<bool> woke = false;
  std::jthread waiter([&] {
    spool_->WaitFor(1, 1h);
    woke = true;
  });
  // Until it waits there is nobody to be woken.
  while (!woke) {
    spool_->WakeAll();
    std::this_thread::yield();
  }
}

// Four write, one reads and releases, one syncs.
TEST_F(SpoolTest, ManyThreadsUseIt) {
  constexpr uint64_t kWriters = 4;
  constexpr uint64_t kEach = 2000;
  std::atomic<uint64_t> slowest = 1;
  const auto write = [&](uint64_t writer) {
    SpoolBatch batch(spool_->key());
    for (uint64_t i = 0; i < kEach; ++i) {
      batch.Add(testing::SampleRecord(writer * kEach + i).record);
      if (batch.records() == 1 + i % 17) {
        ASSERT_TRUE(spool_->Append(batch));
      }
    }
    ASSERT_TRUE(spool_->Append(batch));
  };
  const auto read = [&] {
    SpoolReader reader(*spool_, 1);
    std::vector<uint64_t> next(kWriters, 0);
    ShipBatch batch;
    while (reader.sequence() <= kWriters * kEach) {
      spool_->WaitFor(reader.sequence(), 10s);
      while (reader.Next(batch)) continue;
      for (const uint64_t number : testing::Numbers(batch)) ASSERT_EQ(number % kEach, next[number / kEach]++);
      batch.Clear();
      spool_->Release(slowest = reader.sequence());
    }
    EXPECT_EQ(reader.damaged_bytes(), 0U);
    EXPECT_EQ(reader.missing_records(), 0U);
    EXPECT_EQ(next, std::vector<uint64_t>(kWriters, kEach));
  };
  std::vector<std::jthread> threads;
  for (uint64_t writer = 0; writer < kWriters; ++writer) threads.emplace_back(write, writer);
  threads.emplace_back(read);
  threads.emplace_back([&] {
    while (slowest <= kWriters * kEach) {
      ASSERT_TRUE(spool_->Sync());
      ASSERT_GE(spool_->BytesFrom(spool_->SequenceWithin(5000)), 0U);
      std::this_thread::yield();
    }
  });
}

}  // namespace
}  // namespace logmill
