// Random lives of a spool beside the obvious model of it: a list of records, each of which knows its place on the disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "shipping/spool_header.h"
#include "tests/shipping/sample_records.h"
#include "tests/sources/temporary_folder.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

struct Kept {
  std::string words;
  uint64_t segment;  // by its first number
  uint64_t offset;
  uint64_t bytes;
};

class SpoolModelTest : public ::testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    auto spool = Spool::Open({.folder = path_, .segment_bytes = 6'000}, clock_);
    ASSERT_TRUE(spool) << spool.error();
    spool_ = std::move(*spool);
    ASSERT_EQ(spool_->next_sequence(), next_);
  }
  [[nodiscard]] std::string PathOf(uint64_t first) const { return path_ + "/" + SegmentName(first); }
  [[nodiscard]] std::vector<uint64_t> Segments() const {
    std::vector<uint64_t> firsts;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (const auto first = FirstOfSegmentName(entry.path().filename().native())) firsts.push_back(*first);
    }
    std::ranges::sort(firsts);
    return firsts;
  }
  uint64_t Random(uint64_t below) { return random_() % below; }

  void Append() {
    SpoolBatch batch(spool_->key());
    std::vector<Kept> added;
    for (uint64_t count = 1 + Random(8); count > 0; --count) {
      const testing::SampleRecord sample(++number_, Random(10) == 0 ? Random(5'000) : Random(200));
      const uint64_t begin = batch.bytes();
      batch.Add(sample.record);
      added.push_back({testing::Words(sample.record), 0, begin, batch.bytes() - begin});
    }
    const uint64_t batch_bytes = batch.bytes();
    ASSERT_TRUE(spool_->Append(batch));
    const uint64_t segment = Segments().back();
    const uint64_t at = std::filesystem::file_size(PathOf(segment)) - batch_bytes;
    for (Kept& record : added) {
      record.segment = segment;
      record.offset += at;
      records_[next_++] = record;
    }
  }

  void Release() {
    const uint64_t sequence = 1 + Random(next_ + 3);
    spool_->Release(sequence);
    const std::vector<uint64_t> segments = Segments();
    std::erase_if(records_, [&](const auto& entry) {
      const bool gone = !std::ranges::binary_search(segments, entry.second.segment);
      EXPECT_TRUE(!gone || entry.first < sequence);
      return gone;
    });
  }

  // The spool is closed for what follows.
  void Truncate() {
    const auto segments = Segments();
    if (segments.empty()) return;
    const uint64_t last = segments.back();
    const uint64_t end = Random(std::filesystem::file_size(PathOf(last)) + 1);
    std::filesystem::resize_file(PathOf(last), end);
    std::erase_if(records_,
                  [&](const auto& entry) { return entry.second.segment == last && entry.second.offset + entry.second.bytes > end; });
  }
  void Flip(uint64_t segment, uint64_t offset) {
    std::fstream file(PathOf(segment), std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ static_cast<int>(1 + Random(255))));
  }
  void FlipInARecord() {
    if (records_.empty()) return;
    const auto record = std::next(records_.begin(), static_cast<std::ptrdiff_t>(Random(records_.size())));
    Flip(record->second.segment, record->second.offset + Random(record->second.bytes));
    records_.erase(record);
  }
  void FlipInAHeader() {
    if (records_.empty()) return;
    const uint64_t segment = std::next(records_.begin(), static_cast<std::ptrdiff_t>(Random(records_.size())))->second.segment;
    const uint64_t offset = Random(spool_format::kHeaderBytes);
    Flip(segment, offset);
    if (offset < spool_format::kSaltAt || offset >= spool_format::kFirstAt) return;  // the salt is enough
    std::erase_if(records_, [&](const auto& entry) { return entry.second.segment == segment; });
  }
  // Numbers go on behind the last record of the last segment; without any they begin again.
  void Reopen(uint64_t damage) {
    spool_.reset();
    if (damage == 1) Truncate();
    if (damage == 2) FlipInAHeader();
    if (damage == 3) {
      for (uint64_t flips = 1 + Random(4); flips > 0; --flips) FlipInARecord();
    }
    const auto segments = Segments();
    next_ = segments.empty() ? 1 : segments.back();
    for (const auto& [sequence, record] : records_) {
      if (record.segment == segments.back()) next_ = sequence + 1;
    }
    Open();
  }

  void Compare() {
    const uint64_t from = Random(3) == 0 ? 1 + Random(next_) : 1;
    SpoolReader reader(*spool_, from);
    ShipBatch batch;
    while (reader.Next(batch)) continue;
    size_t i = 0;
    for (auto record = records_.lower_bound(from); record != records_.end(); ++record, ++i) {
      ASSERT_LT(i, batch.records().size()) << "the reader lost " << record->first;
      ASSERT_EQ(batch.sequences()[i], record->first);
      ASSERT_EQ(testing::Words(batch.records()[i]), record->second.words);
    }
    ASSERT_EQ(i, batch.records().size()) << "the reader found more";
    ASSERT_EQ(reader.missing_records(), next_ - from - i);
    ASSERT_EQ(reader.sequence(), next_);
  }

  std::minstd_rand random_{GetParam()};
  FakeClock clock_;
  testing::TemporaryFolder folder_;
  const std::string path_ = folder_.Path("spool");
  std::map<uint64_t, Kept> records_;
  uint64_t next_ = 1;
  uint64_t number_ = 0;
  std::unique_ptr<Spool> spool_;
};

TEST_P(SpoolModelTest, Agrees) {
  for (int step = 0; step < 120; ++step) {
    const uint64_t what = Random(20);
    if (what < 12) {
      Append();
    } else if (what < 15) {
      Release();
    } else {
      Reopen(what - 15);
    }
    if (HasFatalFailure()) return;
    Compare();
    ASSERT_FALSE(HasFailure()) << "in step " << step << ", action " << what;
  }
}

INSTANTIATE_TEST_SUITE_P(Lives, SpoolModelTest, ::testing::Range(1U, 41U));

}  // namespace
}  // namespace logmill
