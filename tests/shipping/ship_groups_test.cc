#include "shipping/ship_groups.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/shipping/shipper_fixture.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

// A server that says of trouble what it says of a record that it will never take.
class ShipGroupsTest : public ShipperFixture {
 protected:
  void Run(uint64_t records, std::set<uint64_t> poison, ShipperOptions options = {.batch_records = 1000}) {
    poison_ = std::move(poison);
    Make(std::move(options));
    Append(records);
    script_.steps.assign(100'000, [this](auto batch) { return Answer(batch); });
  }
  Delivery Answer(std::span<const ShipRecord> batch) {
    const bool fails = std::ranges::any_of(batch, [&](const ShipRecord& record) { return poison_.contains(NumberOf(record)); });
    if (fails || is_down_())
      return {.kind = Delivery::Kind::kRetry, .reason = RetryReason::kServerError, .maybe_refused = true, .words = "500"};
    for (const ShipRecord& record : batch) ++stored_[NumberOf(record)];
    return {};
  }
  // Everything but poison, once each; poison is set aside.
  void ExpectTaken(uint64_t records, size_t poison) {
    for (uint64_t number = 1; number <= records; ++number) {
      EXPECT_EQ(stored_[number], poison_.contains(number) ? 0 : 1) << number;
    }
    EXPECT_EQ(shipper_->stats().refused, poison);
    if (poison > 0) {
      EXPECT_THAT(folder_.Lines("destinations/store.refused.ndjson"), SizeIs(poison));
    }
  }
  // A search at the end of a log needs some more lines.
  void RunToTheEnd() {
    StepToTheEnd(2000);
    Append(ShipGroups::kStrikes);
    ASSERT_TRUE(StepToTheEnd(100'000));
  }
  // One step and its pause.
  void Step() {
    const auto due = shipper_->Step();
    if (due > clock_.Monotonic()) clock_.Advance(std::chrono::ceil<milliseconds>(due - clock_.Monotonic()));
  }

  std::set<uint64_t> poison_;
  std::function<bool()> is_down_ = [] { return false; };
  std::map<uint64_t, int> stored_;
};

TEST_F(ShipGroupsTest, FindsTheOneThatFailsWhereverItIs) {
  for (const uint64_t at : {1U, 2U, 500U, 700U, 999U, 1000U}) {
    SCOPED_TRACE(at);
    Run(1000, {appended_ + at});
    stored_.clear();
    const uint64_t before = appended_ - 1000;
    Append(ShipGroups::kStrikes);
    const auto began = clock_.Monotonic();
    ASSERT_TRUE(StepToTheEnd());
    for (uint64_t number = before + 1; number <= appended_; ++number) {
      EXPECT_EQ(stored_[number], poison_.contains(number) ? 0 : 1) << number;
    }
    EXPECT_LT(clock_.Monotonic() - began, 1min);
    EXPECT_THAT(folder_.Lines("destinations/store.refused.ndjson").back(), HasSubstr("\"line " + std::to_string(before + at) + "\""));
  }
  EXPECT_EQ(shipper_->stats().refused, 6U);
}

TEST_F(ShipGroupsTest, FindsSeveral) {
  Run(200, {1, 2, 50, 51, 113, 199, 200});
  RunToTheEnd();
  ExpectTaken(200 + ShipGroups::kStrikes, 7);
}

TEST_F(ShipGroupsTest, TroubleLosesNothingHoweverLongItTakes) {
  for (const uint64_t records : {1U, 2U, 100U, 1000U}) {
    Run(records, {});
    const auto until = clock_.Monotonic() + 24h;
    is_down_ = [this, until] { return clock_.Monotonic() < until; };
    ASSERT_TRUE(StepToTheEnd());
  }
  ExpectTaken(1103, 0);
}

TEST_F(ShipGroupsTest, OneGoodAnswerInTroubleProvesNothing) {
  Run(1000, {});
  const auto began = clock_.Monotonic();
  bool well = false;
  is_down_ = [&, began] {
    const auto now = clock_.Monotonic() - began;
    return now < 25min && (now < 5min || std::exchange(well, true));
  };
  ASSERT_TRUE(StepToTheEnd());
  ExpectTaken(1000, 0);
}

TEST_F(ShipGroupsTest, AnUnsteadyServerIsNotTakenAtItsWord) {
  Run(1000, {});
  uint64_t calls = 0;
  is_down_ = [&] { return ++calls % 4 != 0; };
  ASSERT_TRUE(StepToTheEnd());
  ExpectTaken(1000, 0);
}

TEST_F(ShipGroupsTest, NorIsOneThatFailsFourTimesInFive) {
  std::mt19937 random(1);
  for (int life = 0; life < 20; ++life) {
    Run(200, {});
    is_down_ = [&] { return random() % 5 != 0; };
    ASSERT_TRUE(StepToTheEnd());
  }
  EXPECT_EQ(shipper_->stats().refused, 0U);
}

TEST_F(ShipGroupsTest, NorIsABrokenOneOfSeveralThatHaveTurns) {
  for (const uint64_t servers : {2U, 3U, 4U, 5U, 8U}) {
    for (const bool one_is_well : {false, true}) {
      Run(300, {});
      uint64_t calls = 0;
      is_down_ = [&] { return (++calls % servers == 0) != one_is_well; };
      ASSERT_TRUE(StepToTheEnd(100'000));
    }
  }
  ExpectTaken(3000, 0);
}

TEST_F(ShipGroupsTest, WhoCannotBeTrustedGivesNothingUpUntilItIsWell) {
  Run(300, {150});
  uint64_t calls = 0;
  is_down_ = [&] { return ++calls % 2 == 0; };
  StepToTheEnd(2000);
  EXPECT_EQ(shipper_->stats().refused, 0U);
  EXPECT_EQ(stored_.size(), 299U);
  is_down_ = [] { return false; };
  RunToTheEnd();
  ExpectTaken(300 + ShipGroups::kStrikes, 1);
}

TEST_F(ShipGroupsTest, ASearchThatTakesLongHasRoomForOthers) {
  Run(300, {150, 151});
  Append(5000);
  uint64_t calls = 0;
  is_down_ = [&] { return ++calls % 2 == 0; };
  StepToTheEnd(50'000);
  EXPECT_EQ(shipper_->stats().refused, 0U);
  EXPECT_EQ(stored_.size(), 5298U);
  is_down_ = [] { return false; };
  RunToTheEnd();
  ExpectTaken(5300 + ShipGroups::kStrikes, 2);
}

TEST_F(ShipGroupsTest, EvenWhereABatchIsOneRecord) {
  Run(300, {1, 2, 3, 4, 150}, {.batch_records = 1, .batch_bytes = 1024});
  RunToTheEnd();
  ExpectTaken(300 + ShipGroups::kStrikes, 5);
}

TEST_F(ShipGroupsTest, TroubleDuringTheSearchCostsNothing) {
  Run(200, {150});
  uint64_t calls = 0;
  is_down_ = [&] { return ++calls > 12 && calls < 60; };
  RunToTheEnd();
  ExpectTaken(200 + ShipGroups::kStrikes, 1);
}

TEST_F(ShipGroupsTest, OneAloneWaitsUntilOthersAreTaken) {
  Run(1, {1});
  const auto until = clock_.Monotonic() + 24h;
  while (clock_.Monotonic() < until) Step();
  EXPECT_EQ(shipper_->stats().refused, 0U);
  Append(ShipGroups::kStrikes);
  ASSERT_TRUE(StepToTheEnd());
  ExpectTaken(1 + ShipGroups::kStrikes, 1);
}

TEST_F(ShipGroupsTest, WhatComesBehindDoesNotWait) {
  Run(1, {1});
  for (int i = 0; i < 20; ++i) Step();
  Append(1);
  for (int i = 0; i < 3; ++i) Step();
  EXPECT_EQ(stored_[2], 1);
  EXPECT_EQ(shipper_->stats().backlog_records, 2U) << "the cursor stays before the first";
}

TEST_F(ShipGroupsTest, ManyTakeSecondsAndNotHours) {
  std::set<uint64_t> poison;
  for (uint64_t number = 7; number <= 5000; number += 100) poison.insert(number);
  Run(5000, std::move(poison));
  Append(100);
  const auto began = clock_.Monotonic();
  ASSERT_TRUE(StepToTheEnd());
  ExpectTaken(5100, 50);
  EXPECT_LT(clock_.Monotonic() - began, 2min);
}

TEST_F(ShipGroupsTest, WhatWasTakenInASearchIsNotSentAgainByAnotherLife) {
  Run(200, {1, 120});
  for (int i = 0; i < 60; ++i) Step();
  const size_t stored = stored_.size();
  EXPECT_GT(stored, 100U);
  EXPECT_GT(shipper_->stats().backlog_records, 0U);
  Make({.batch_records = 1000});  // as after a crash
  Append(40);
  ASSERT_TRUE(StepToTheEnd());
  ExpectTaken(240, 2);
}

}  // namespace
}  // namespace logmill
