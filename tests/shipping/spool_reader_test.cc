#include "shipping/spool_reader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "shipping/spool_header.h"
#include "shipping/spool_scan.h"
#include "tests/shipping/faulty_spool_calls.h"
#include "tests/shipping/sample_records.h"
#include "tests/sources/temporary_folder.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using testing::AppendSamples;
using testing::Range;
using testing::ReadNumbers;

class SpoolReaderTest : public ::testing::Test {
 protected:
  void Reopen() {
    spool_.reset();
    spool_ = *Spool::Open({.folder = path_, .segment_bytes = 10'000}, clock_, &calls_);
  }
  // Segments of ten records each, all of the same length.
  void AppendSegments(size_t count) {
    for (size_t i = 0; i < count; ++i) ASSERT_TRUE(AppendSamples(*spool_, spool_->next_sequence() + 100, 10, 1000));
  }
  [[nodiscard]] std::string PathOf(uint64_t first) const { return path_ + "/" + SegmentName(first); }
  [[nodiscard]] uint64_t FrameBytes(uint64_t first) const {
    return (std::filesystem::file_size(PathOf(first)) - spool_format::kHeaderBytes) / 10;
  }
  // Of the record of this place, from 0, in a segment.
  [[nodiscard]] uint64_t OffsetOf(uint64_t first, uint64_t place) const { return spool_format::kHeaderBytes + place * FrameBytes(first); }
  void Overwrite(uint64_t first, uint64_t offset, std::string_view bytes) const { testing::Overwrite(PathOf(first), offset, bytes); }

  testing::TemporaryFolder folder_;
  const std::string path_ = folder_.Path("spool");
  FakeClock clock_;
  testing::FaultySpoolCalls calls_;
  std::unique_ptr<Spool> spool_ = *Spool::Open({.folder = path_, .segment_bytes = 10'000}, clock_, &calls_);
};

TEST_F(SpoolReaderTest, ReadsAcrossSegmentsAndWhatIsAppendedMeanwhile) {
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader), Range(0, 0));
  for (uint64_t round = 0; round < 10; ++round) {
    ASSERT_TRUE(AppendSamples(*spool_, round * 7, 7, 500));
    EXPECT_EQ(ReadNumbers(reader), Range(round * 7, round * 7 + 7));
    EXPECT_EQ(reader.sequence(), spool_->next_sequence());
  }
  EXPECT_EQ(reader.missing_records(), 0U);
  EXPECT_EQ(reader.damaged_bytes(), 0U);
}

TEST_F(SpoolReaderTest, BeginsWhereItIsTold) {
  AppendSegments(3);
  for (uint64_t from = 1; from <= 31; ++from) {
    SpoolReader reader(*spool_, from);
    ASSERT_EQ(reader.sequence(), from);
    ASSERT_EQ(ReadNumbers(reader), Range(from + 100, 131));
    ASSERT_EQ(reader.missing_records() + reader.damaged_bytes(), 0U);
  }
}

TEST_F(SpoolReaderTest, ASequenceThatIsYetToComeIsWaitedFor) {
  SpoolReader reader(*spool_, 5);
  AppendSegments(1);
  EXPECT_EQ(ReadNumbers(reader), Range(105, 111));
}

TEST_F(SpoolReaderTest, SkipsForwardAlone) {
  AppendSegments(3);
  SpoolReader reader(*spool_, 1);
  ShipBatch batch;
  ASSERT_TRUE(reader.Next(batch));
  reader.SkipTo(1);
  EXPECT_EQ(reader.sequence(), 2U);
  reader.SkipTo(5);
  ASSERT_TRUE(reader.Next(batch));
  reader.SkipTo(25);
  ASSERT_TRUE(reader.Next(batch));
  EXPECT_EQ(testing::Numbers(batch), (std::vector<uint64_t>{101, 105, 125}));
  EXPECT_EQ(batch.sequences().back(), 25U);
  EXPECT_EQ(reader.missing_records(), 0U);
}

TEST_F(SpoolReaderTest, CountsWhatWasReleasedBeforeItCame) {
  AppendSegments(4);
  SpoolReader reader(*spool_, 1);
  ShipBatch batch;
  ASSERT_TRUE(reader.Next(batch));
  spool_->Release(31);
  batch.Clear();
  ASSERT_TRUE(reader.Next(batch)) << "what is open can be read to its end";
  EXPECT_EQ(batch.sequences().front(), 2U);
  const auto rest = ReadNumbers(reader);
  EXPECT_EQ(rest.back(), 140U);
  EXPECT_EQ(2 + rest.size() + reader.missing_records(), 40U);
  EXPECT_EQ(reader.missing_records(), 20U);
  EXPECT_EQ(reader.damaged_bytes(), 0U);
}

// Each byte of a frame counts.
TEST_F(SpoolReaderTest, ADamagedByteCostsItsRecordAlone) {
  AppendSegments(3);
  const uint64_t begin = OffsetOf(11, 4);
  const uint64_t end = OffsetOf(11, 5);
  const std::string whole = testing::ReadWhole(PathOf(11));
  for (uint64_t offset = begin; offset < end; offset += offset < begin + 120 ? 1 : 37) {
    Overwrite(11, offset, std::string(1, static_cast<char>(~whole[offset])));
    SpoolReader reader(*spool_, 1);
    ASSERT_EQ(ReadNumbers(reader).size(), 29U) << offset - begin;
    ASSERT_EQ(reader.missing_records(), 1U);
    ASSERT_EQ(reader.damaged_bytes(), end - begin);
    SpoolReader behind(*spool_, 16);
    ASSERT_EQ(ReadNumbers(behind), Range(116, 131));
    ASSERT_EQ(behind.missing_records() + behind.damaged_bytes(), 0U) << "damage before its begin is not its";
    Overwrite(11, offset, std::string(1, whole[offset]));
  }
}

TEST_F(SpoolReaderTest, DamageAtTheEndOfASegmentIsCounted) {
  AppendSegments(2);
  Overwrite(1, OffsetOf(1, 8) + 3, std::string(FrameBytes(1), 'x'));
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader).size(), 18U);
  EXPECT_EQ(reader.missing_records(), 2U);
  EXPECT_EQ(reader.damaged_bytes(), 2 * FrameBytes(1));
}

TEST_F(SpoolReaderTest, ASegmentThatWasTruncatedIsReadAsFarAsItIs) {
  AppendSegments(2);
  std::filesystem::resize_file(PathOf(1), OffsetOf(11, 3) + 10);
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader).size(), 13U);
  EXPECT_EQ(reader.missing_records(), 7U);
  EXPECT_EQ(reader.damaged_bytes(), 7 * FrameBytes(11));
}

TEST_F(SpoolReaderTest, WithoutItsHeaderASegmentIsLost) {
  AppendSegments(3);
  const char other = static_cast<char>(testing::ReadWhole(PathOf(11))[20] ^ 1);  // of the salt, which is any byte
  Overwrite(11, 20, std::string(1, other));
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader).size(), 20U);
  EXPECT_EQ(reader.missing_records(), 10U);
  EXPECT_EQ(reader.damaged_bytes(), std::filesystem::file_size(PathOf(11)));
}

TEST_F(SpoolReaderTest, ItsSaltIsEnoughOfAHeader) {
  AppendSegments(3);
  Overwrite(11, 0, "?");
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader), Range(101, 131));
  EXPECT_EQ(reader.missing_records(), 0U);
  EXPECT_EQ(reader.damaged_bytes(), spool_format::kHeaderBytes);
}

TEST_F(SpoolReaderTest, FramesThatComeTwiceAreReadOnce) {
  AppendSegments(2);
  const std::string whole = testing::ReadWhole(PathOf(1));
  Overwrite(1, OffsetOf(1, 6), whole.substr(OffsetOf(1, 2), FrameBytes(1)));
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader).size(), 19U);
  EXPECT_EQ(reader.missing_records(), 1U);
  EXPECT_EQ(reader.damaged_bytes(), FrameBytes(1));
}

// Somebody logs a whole segment of another spool, and the beginning of his record is damaged.
TEST_F(SpoolReaderTest, NobodyForgesAFrameInALine) {
  const std::string other_path = folder_.Path("other");
  {
    const auto other = Spool::Open({.folder = other_path}, clock_);
    ASSERT_TRUE(AppendSamples(**other, 900, 20));
  }
  const std::string forged = testing::ReadWhole(other_path + "/" + SegmentName(1));
  SpoolBatch batch(spool_->key());
  batch.Add(testing::SampleRecord(1).record);
  const uint64_t second = spool_format::kHeaderBytes + batch.bytes();
  batch.Add({.id = {0, 2}, .line = forged});
  batch.Add(testing::SampleRecord(3).record);
  ASSERT_TRUE(spool_->Append(batch));
  Overwrite(1, second + 1, "damage");
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader), (std::vector<uint64_t>{1, 3}));
  EXPECT_EQ(reader.missing_records(), 1U);
}

TEST_F(SpoolReaderTest, LooksAtNothingThatIsNotPublished) {
  ASSERT_TRUE(AppendSamples(*spool_, 1, 3));
  const uint64_t end = std::filesystem::file_size(PathOf(1));
  Overwrite(1, end, "half a frame of a write that is under way");
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader), Range(1, 4));
  ASSERT_TRUE(AppendSamples(*spool_, 4, 3));
  EXPECT_EQ(ReadNumbers(reader), Range(4, 7));
  EXPECT_EQ(reader.damaged_bytes(), 0U);
}

TEST_F(SpoolReaderTest, TooManyOpenFilesAreNoLoss) {
  AppendSegments(3);
  SpoolReader reader(*spool_, 1);
  ShipBatch batch;
  for (uint64_t i = 0; i < 30; ++i) {
    calls_.FailAt(0, EMFILE);
    while (!reader.Next(batch)) ASSERT_LT(reader.sequence(), spool_->next_sequence());
  }
  EXPECT_EQ(testing::Numbers(batch), Range(101, 131));
  EXPECT_EQ(reader.missing_records(), 0U);
}

TEST_F(SpoolReaderTest, WhatCannotBeReadIsCounted) {
  AppendSegments(2);
  calls_.reads_fail = true;
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader), Range(0, 0));
  EXPECT_EQ(reader.missing_records(), 20U);
  calls_.reads_fail = false;
  AppendSegments(1);
  EXPECT_EQ(ReadNumbers(reader).size(), 10U);
}

TEST_F(SpoolReaderTest, ShortReadsAreContinued) {
  AppendSegments(2);
  calls_.most_bytes = 777;
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader), Range(101, 121));
  EXPECT_EQ(reader.damaged_bytes(), 0U);
}

TEST_F(SpoolReaderTest, LongRecordsAreReadBetweenShortOnes) {
  uint64_t number = 1;
  for (const size_t padding : {size_t{0}, SpoolScan::kBlockBytes, size_t{5}, size_t{1} << 21, size_t{0}}) {
    ASSERT_TRUE(AppendSamples(*spool_, number, 3, padding));
    number += 3;
  }
  SpoolReader reader(*spool_, 1);
  EXPECT_EQ(ReadNumbers(reader), Range(1, number));
  EXPECT_EQ(reader.damaged_bytes(), 0U);
}

}  // namespace
}  // namespace logmill
