#include "shipping/spool_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <memory>
#include <thread>

#include "shipping/spool_reader.h"
#include "tests/shipping/faulty_spool_calls.h"
#include "tests/shipping/numbered_records.h"
#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

class SpoolWriterTest : public ::testing::Test {
 protected:
  SpoolWriterTest() {
    auto spool = Spool::Open({.folder = folder_.Path("spool")}, SystemClock(), &calls_);
    EXPECT_TRUE(spool) << spool.error();
    spool_ = std::move(*spool);
  }

  void Open(size_t most_bytes = size_t{1} << 20) {
    writer_ = std::make_unique<SpoolWriter>(SpoolWriterOptions{.most_bytes = most_bytes,
                                                               .on_error = [this](const std::string&) { ++errors_; },
                                                               .on_recovery = [this](const std::string&) { ++recoveries_; }},
                                            admission_, *spool_, counts_);
  }
  void Put(uint64_t first, uint64_t last) {
    batch_->Begin({});
    for (uint64_t number = first; number <= last; ++number) {
      const std::string line = "line " + std::to_string(number);
      Record record;
      record.line = line;
      record.message = {Value::Type::kString, line};
      batch_->Add(record, 1000, number, "");
    }
    batch_ = writer_->Put(std::move(batch_));
    EXPECT_TRUE(batch_->empty());
  }
  std::vector<uint64_t> Numbers() {
    SpoolReader reader(*spool_, 1);
    ShipBatch batch;
    while (reader.Next(batch)) {
    }
    std::vector<uint64_t> numbers;
    for (const ShipRecord& record : batch.records()) numbers.push_back(NumberOf(record));
    return numbers;
  }

  TemporaryFolder folder_;
  testing::FaultySpoolCalls calls_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<TakenBatch> batch_ = std::make_unique<TakenBatch>();
  const ShipFilter everything_;
  IntakeCounts counts_;
  Admission admission_{{.filter = &everything_}, counts_};
  std::atomic<int> errors_{0};
  std::atomic<int> recoveries_{0};
  std::unique_ptr<SpoolWriter> writer_;
};

TEST_F(SpoolWriterTest, WritesEverythingInItsOrder) {
  Open(10'000);  // so that Put() has to wait now and then
  for (uint64_t i = 0; i < 200; ++i) Put(10 * i + 1, 10 * i + 10);
  writer_->Settle();
  const std::vector<uint64_t> numbers = Numbers();
  ASSERT_EQ(numbers.size(), 2000U);
  for (uint64_t i = 0; i < 2000; ++i) ASSERT_EQ(numbers[i], i + 1);
  EXPECT_EQ(counts_.appended, 2000U);
  EXPECT_EQ(counts_.failed, 0U);
}

TEST_F(SpoolWriterTest, WritesWhatWaitsAtItsEnd) {
  Open();
  Put(1, 100);
  writer_.reset();
  EXPECT_EQ(Numbers().size(), 100U);
}

TEST_F(SpoolWriterTest, GivesUpWhatCannotBeWrittenWhenSomebodyWaitsForTheEnd) {
  calls_.FailAt(0, ENOSPC, INT_MAX);
  Open();
  Put(1, 100);
  Put(101, 150);
  writer_->Settle();
  EXPECT_EQ(counts_.appended, 0U);
  EXPECT_EQ(counts_.failed, 150U);
  EXPECT_EQ(errors_, 1) << "said once";
  EXPECT_TRUE(Numbers().empty());
}

TEST_F(SpoolWriterTest, DropsWhatComesWhenThereIsNoRoom) {
  calls_.FailAt(0, ENOSPC, INT_MAX);
  Open(1);
  Put(1, 10);
  while (errors_ == 0) std::this_thread::yield();
  Put(11, 30);
  EXPECT_EQ(counts_.failed, 20U);
  writer_->Settle();
  EXPECT_EQ(counts_.failed, 30U);
}

TEST_F(SpoolWriterTest, TriesAgainUntilItCan) {
  calls_.FailAt(0, EIO, 20);
  Open();
  Put(1, 10);
  while (counts_.appended == 0) std::this_thread::yield();
  EXPECT_EQ(errors_, 1);
  writer_.reset();
  EXPECT_EQ(recoveries_, 1);
  EXPECT_EQ(Numbers().size(), 10U);
}

}  // namespace
}  // namespace logmill
