#include "shipping/spool_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/shipping/sample_records.h"
#include "tests/sources/temporary_folder.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using testing::AppendSamples;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Range;
using testing::ReadNumbers;

class SpoolCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Open();
    for (const uint64_t first : {1U, 11U, 21U}) ASSERT_TRUE(AppendSamples(*spool_, first, 10, 1000));
  }
  void Open() { spool_ = *Spool::Open({.folder = path_, .segment_bytes = 10'000}, clock_); }
  [[nodiscard]] std::string PathOf(uint64_t first) const { return path_ + "/" + SegmentName(first); }
  [[nodiscard]] uint64_t OffsetOf(uint64_t first, uint64_t place) const {
    return spool_format::kHeaderBytes + place * (std::filesystem::file_size(PathOf(first)) - spool_format::kHeaderBytes) / 10;
  }
  void Overwrite(uint64_t first, uint64_t offset, std::string_view bytes) const { testing::Overwrite(PathOf(first), offset, bytes); }
  [[nodiscard]] std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }

  testing::TemporaryFolder folder_;
  const std::string path_ = folder_.Path("spool");
  FakeClock clock_;
  std::unique_ptr<Spool> spool_;
};

TEST_F(SpoolCheckTest, AWholeSpoolIsWhole) {
  std::vector<uint64_t> numbers;
  const auto segments = CheckSpool(path_, [&](uint64_t sequence, const ShipRecord& record) {
    EXPECT_EQ(record.id.low, sequence);
    numbers.push_back(sequence);
  });
  ASSERT_TRUE(segments);
  ASSERT_EQ(segments->size(), 3U);
  EXPECT_EQ(numbers, Range(1, 31));
  const SpoolSegmentCheck& second = (*segments)[1];
  EXPECT_TRUE(second.whole());
  EXPECT_EQ(second.name, SegmentName(11));
  EXPECT_EQ(second.bytes, std::filesystem::file_size(PathOf(11)));
  EXPECT_EQ(second.records, 10U);
  EXPECT_EQ(second.first, 11U);
  EXPECT_EQ(second.last, 20U);
  EXPECT_EQ(second.oldest_ns, testing::SampleRecord(11).record.time_ns);
  EXPECT_EQ(second.newest_ns, testing::SampleRecord(20).record.time_ns);
  EXPECT_EQ(second.missing + second.damaged_bytes + second.torn_bytes, 0U);
  EXPECT_EQ(second.header.created_ms, clock_.UnixMillis());
}

TEST_F(SpoolCheckTest, DamageIsNamedByItsPlace) {
  Overwrite(11, OffsetOf(11, 3) + 50, "damage");
  Overwrite(11, OffsetOf(11, 7) + 5, "x");
  Overwrite(11, OffsetOf(11, 9), "x");
  const auto segments = CheckSpool(path_);
  ASSERT_TRUE(segments);
  EXPECT_TRUE((*segments)[0].whole());
  EXPECT_TRUE((*segments)[2].whole());
  const SpoolSegmentCheck& damaged = (*segments)[1];
  EXPECT_FALSE(damaged.whole());
  EXPECT_EQ(damaged.records, 7U);
  EXPECT_EQ(damaged.missing, 3U);
  const uint64_t frame = OffsetOf(11, 1) - OffsetOf(11, 0);
  EXPECT_THAT(damaged.damage,
              ElementsAre(SpoolDamage{OffsetOf(11, 3), frame}, SpoolDamage{OffsetOf(11, 7), frame}, SpoolDamage{OffsetOf(11, 9), frame}));
  EXPECT_EQ(damaged.damaged_bytes, 3 * frame);
}

TEST_F(SpoolCheckTest, TheEndOfTheLastSegmentMayBeUnfinished) {
  std::ofstream(PathOf(21), std::ios::binary | std::ios::app) << "half a frame";
  const auto segments = CheckSpool(path_);
  ASSERT_TRUE(segments);
  EXPECT_TRUE(segments->back().whole());
  EXPECT_EQ(segments->back().torn_bytes, 12U);
  EXPECT_EQ(segments->back().missing, 0U);
  std::ofstream(PathOf(31), std::ios::binary) << "half a header";
  const auto begun = CheckSpool(path_);
  ASSERT_TRUE(begun);
  EXPECT_TRUE(begun->back().whole());
  EXPECT_EQ(begun->back().torn_bytes, 13U);
  EXPECT_FALSE((*begun)[2].whole()) << "now it is not the last any more";
}

TEST_F(SpoolCheckTest, RecordsBehindADamagedHeaderAreFound) {
  Overwrite(11, 35, "?");
  const auto segments = CheckSpool(path_);
  ASSERT_TRUE(segments);
  EXPECT_TRUE((*segments)[1].header_damaged);
  EXPECT_FALSE((*segments)[1].whole());
  EXPECT_EQ((*segments)[1].records, 10U);
  EXPECT_THAT((*segments)[1].damage, ElementsAre(SpoolDamage{0, spool_format::kHeaderBytes}));
}

TEST_F(SpoolCheckTest, RepairKeepsWhatIsWhole) {
  spool_.reset();
  Overwrite(1, 35, "?");
  Overwrite(11, OffsetOf(11, 3), "damage");
  const std::string damaged = testing::ReadWhole(PathOf(11));
  const std::string whole = testing::ReadWhole(PathOf(21));
  const auto kept = RepairSpool(path_);
  ASSERT_TRUE(kept) << kept.error();
  EXPECT_THAT(*kept, ElementsAre(PathOf(1) + ".damaged", PathOf(11) + ".damaged"));
  EXPECT_EQ(testing::ReadWhole(PathOf(11) + ".damaged"), damaged);
  EXPECT_EQ(testing::ReadWhole(PathOf(21)), whole);
  const auto segments = CheckSpool(path_);
  ASSERT_TRUE(segments);
  for (const SpoolSegmentCheck& segment : *segments) EXPECT_TRUE(segment.whole()) << segment.name;
  EXPECT_EQ((*segments)[1].missing, 1U);
  Open();
  SpoolReader reader(*spool_, 1);
  std::vector<uint64_t> expected = Range(1, 31);
  expected.erase(expected.begin() + 13);
  EXPECT_EQ(ReadNumbers(reader), expected);
  EXPECT_EQ(reader.missing_records(), 1U);
  EXPECT_EQ(reader.damaged_bytes(), 0U);
}

TEST_F(SpoolCheckTest, RepairOfAWholeSpoolChangesNothing) {
  spool_.reset();
  const std::vector<std::string> files = Files();
  const auto kept = RepairSpool(path_);
  ASSERT_TRUE(kept);
  EXPECT_THAT(*kept, IsEmpty());
  EXPECT_EQ(Files(), files);
}

TEST_F(SpoolCheckTest, WhatIsRepairedTwiceIsKeptTwice) {
  spool_.reset();
  for (const char* name : {".damaged", ".damaged-2", ".damaged-3"}) {
    Overwrite(1, OffsetOf(1, 0), "x");
    const auto kept = RepairSpool(path_);
    ASSERT_TRUE(kept);
    EXPECT_THAT(*kept, ElementsAre(PathOf(1) + name));
  }
}

TEST_F(SpoolCheckTest, ASegmentOfWhichNothingIsLeftKeepsItsNumber) {
  spool_.reset();
  std::filesystem::remove(PathOf(1));
  std::filesystem::remove(PathOf(11));
  std::ofstream(PathOf(21), std::ios::binary) << std::string(5000, 'x');
  ASSERT_TRUE(RepairSpool(path_));
  const auto segments = CheckSpool(path_);
  ASSERT_TRUE(segments);
  EXPECT_TRUE(segments->back().whole());
  EXPECT_EQ(segments->back().records, 0U);
  Open();
  EXPECT_EQ(spool_->next_sequence(), 21U);
}

TEST_F(SpoolCheckTest, ASpoolInUseIsNotRepaired) {
  Overwrite(1, OffsetOf(1, 0), "x");
  const std::vector<std::string> files = Files();
  const auto repaired = RepairSpool(path_);
  ASSERT_FALSE(repaired);
  EXPECT_THAT(repaired.error(), HasSubstr("in use"));
  EXPECT_EQ(Files(), files);
}

TEST_F(SpoolCheckTest, AnotherVersionIsLeftAlone) {
  spool_.reset();
  const std::string other = EncodeSpoolHeader({.version = spool_format::kVersion + 1, .first = 31}) + "what is to come";
  std::ofstream(PathOf(31), std::ios::binary) << other;
  const auto segments = CheckSpool(path_);
  ASSERT_TRUE(segments);
  EXPECT_THAT(segments->back().error, HasSubstr("another version"));
  EXPECT_FALSE(segments->back().whole());
  ASSERT_TRUE(RepairSpool(path_));
  EXPECT_EQ(testing::ReadWhole(PathOf(31)), other);
}

TEST_F(SpoolCheckTest, WithoutAFolderThereIsNothingToSay) {
  EXPECT_FALSE(CheckSpool(folder_.Path("nowhere")));
  EXPECT_FALSE(RepairSpool(folder_.Path("nowhere")));
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("nowhere")));
}

}  // namespace
}  // namespace logmill
