// A shipper over a real spool, with a destination and a clock that the test sets: no thread, no waiting.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "shipping/shipper.h"
#include "shipping/spool.h"
#include "tests/shipping/numbered_records.h"
#include "tests/shipping/scripted_destination.h"
#include "tests/shipping/temporary_folder.h"
#include "tests/support/fake_clock.h"

namespace logmill {

class ShipperFixture : public testing::Test {
 protected:
  using milliseconds = std::chrono::milliseconds;

  void OpenSpool(size_t segment_bytes = 4096) {
    spool_.reset();
    auto spool = Spool::Open({.folder = folder_.Path("spool"), .segment_bytes = segment_bytes}, clock_);
    ASSERT_TRUE(spool.has_value()) << spool.error();
    spool_ = std::move(*spool);
  }

  // A new life, after a stop or a crash.
  Shipper& Make(ShipperOptions options) {
    if (spool_ == nullptr) OpenSpool();
    shipper_.reset();
    options.name = "store";
    options.folder = folder_.Path("destinations");
    options.on_error = options.on_recovery = [this](const std::string& sentence) { said_.push_back(sentence); };
    shipper_ = std::make_unique<Shipper>(std::move(options), std::make_unique<ScriptedDestination>(script_), *spool_, clock_);
    return *shipper_;
  }

  // The next `count` records, read now.
  void Append(uint64_t count) {
    if (spool_ == nullptr) OpenSpool();
    SpoolBatch batch(spool_->key());
    const NumberedRecords records(appended_ + 1, appended_ + count, clock_.UnixMillis());
    for (const ShipRecord& record : records.all()) batch.Add(record);
    const auto done = spool_->Append(batch);
    ASSERT_TRUE(done.has_value()) << done.error();
    appended_ += count;
  }

  // What is due now.
  void StepNow(size_t most = 10'000) {
    while (most-- > 0 && shipper_->Step() <= clock_.Monotonic()) {
    }
  }
  // Until nothing is left, however long it takes by the clock. False when there is no end.
  bool StepToTheEnd(size_t most = 10'000) {
    while (most-- > 0 && shipper_->stats().backlog_records > 0) {
      const auto due = shipper_->Step();
      if (due > clock_.Monotonic()) clock_.Advance(std::chrono::ceil<milliseconds>(due - clock_.Monotonic()));
    }
    return shipper_->stats().backlog_records == 0;
  }
  // How long it waits after a step.
  milliseconds Pause() { return std::chrono::ceil<milliseconds>(shipper_->Step() - clock_.Monotonic()); }

  // Every record that was ever appended has exactly one outcome, or waits.
  void ExpectBalance() {
    const ShipStats stats = shipper_->stats();
    EXPECT_EQ(stats.sent + stats.refused + stats.dropped_full + stats.dropped_old + stats.filtered + stats.damaged + stats.backlog_records,
              appended_);
    EXPECT_EQ(stats.ok + stats.retried + stats.split + stats.refused_requests, Sum(stats.batch_records));
    EXPECT_EQ(Sum(stats.durations), Sum(stats.batch_records));
    EXPECT_EQ(Sum(stats.retries), stats.retried);
  }
  void TearDown() override {
    if (shipper_ != nullptr) ExpectBalance();
  }

  static uint64_t Sum(const auto& numbers) { return std::accumulate(numbers.begin(), numbers.end(), uint64_t{0}); }
  static std::vector<uint64_t> Numbers(uint64_t first, uint64_t last) {
    std::vector<uint64_t> numbers(last + 1 - first);
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
  }

  const TemporaryFolder folder_;
  FakeClock clock_;
  DestinationScript script_;
  std::vector<std::string> said_;
  uint64_t appended_ = 0;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Shipper> shipper_;
};

}  // namespace logmill
