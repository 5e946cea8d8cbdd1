#include "shipping/poison_search.h"

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
class PoisonSearchTest : public ShipperFixture {
 protected:
  void Run(uint64_t records, std::set<uint64_t> poison) {
    poison_ = std::move(poison);
    Make({.batch_records = 1000});
    Append(records);
    script_.steps.assign(5000, [this](auto batch) { return Answer(batch); });
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
    EXPECT_EQ(shipper_->stats().refused_requests, poison);
    if (poison > 0) {
      EXPECT_THAT(folder_.Lines("destinations/store.refused.ndjson"), SizeIs(poison));
    }
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

TEST_F(PoisonSearchTest, FindsTheOneThatFailsWhereverItIs) {
  for (const uint64_t at : {1U, 2U, 500U, 700U, 999U, 1000U}) {
    SCOPED_TRACE(at);
    Run(1000, {appended_ + at});
    stored_.clear();
    const uint64_t before = appended_ - 1000;
    const auto began = clock_.Monotonic();
    ASSERT_TRUE(StepToTheEnd());
    for (uint64_t number = before + 1; number <= appended_; ++number) {
      EXPECT_EQ(stored_[number], poison_.contains(number) ? 0 : 1) << number;
    }
    EXPECT_LT(clock_.Monotonic() - began, 30min);
    EXPECT_THAT(folder_.Lines("destinations/store.refused.ndjson").back(), HasSubstr("\"line " + std::to_string(before + at) + "\""));
  }
  EXPECT_EQ(shipper_->stats().refused, 6U);
}

TEST_F(PoisonSearchTest, FindsSeveral) {
  Run(200, {1, 2, 50, 51, 113, 199, 200});
  ASSERT_TRUE(StepToTheEnd());
  ExpectTaken(200, 7);
}

TEST_F(PoisonSearchTest, TroubleOfHoursCostsARecordEachHalfHour) {
  Run(100, {});
  const auto until = clock_.Monotonic() + 2h;
  is_down_ = [this, until] { return clock_.Monotonic() < until; };
  // Longer than the search for one record may last: one each half hour is given up, and kept aside.
  ASSERT_TRUE(StepToTheEnd());
  EXPECT_LE(shipper_->stats().refused, 4U);
  EXPECT_EQ(stored_.size() + shipper_->stats().refused, 100U);
}

TEST_F(PoisonSearchTest, TroubleOfMinutesLosesNothingAtAll) {
  for (const uint64_t records : {1U, 2U, 100U}) {
    Run(records, {});
    const auto until = clock_.Monotonic() + 29min;
    is_down_ = [this, until] { return clock_.Monotonic() < until; };
    ASSERT_TRUE(StepToTheEnd());
  }
  ExpectTaken(103, 0);
}

TEST_F(PoisonSearchTest, OneGoodAnswerInTroubleProvesNothing) {
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

TEST_F(PoisonSearchTest, AnUnsteadyServerIsNotTakenAtItsWord) {
  Run(1000, {});
  uint64_t calls = 0;
  is_down_ = [&] { return ++calls % 4 != 0; };
  ASSERT_TRUE(StepToTheEnd());
  ExpectTaken(1000, 0);
}

TEST_F(PoisonSearchTest, NorIsOneThatFailsFourTimesInFive) {
  std::mt19937 random(1);
  for (int life = 0; life < 20; ++life) {
    Run(200, {});
    is_down_ = [&] { return random() % 5 != 0; };
    ASSERT_TRUE(StepToTheEnd());
  }
  EXPECT_EQ(shipper_->stats().refused, 0U);
}

TEST_F(PoisonSearchTest, TroubleDuringTheSearchCostsNothing) {
  Run(200, {150});
  const auto began = clock_.Monotonic();
  is_down_ = [&, began] {
    const auto now = clock_.Monotonic() - began;
    return now > 4min && now < 12min;
  };
  ASSERT_TRUE(StepToTheEnd());
  ExpectTaken(200, 1);
}

TEST_F(PoisonSearchTest, OneAloneIsGivenUpAfterHalfAnHour) {
  Run(1, {1});
  const auto began = clock_.Monotonic();
  while (clock_.Monotonic() - began < PoisonSearch::kLongest) {
    EXPECT_EQ(shipper_->stats().refused, 0U);
    Step();
  }
  ASSERT_TRUE(StepToTheEnd());
  EXPECT_LT(clock_.Monotonic() - began, PoisonSearch::kLongest + 1min);
  ExpectTaken(1, 1);
}

TEST_F(PoisonSearchTest, WhatIsTriedLaterWaitsForItsTurn) {
  PoisonSearch search;
  using Next = PoisonSearch::Next;
  for (size_t i = 1; i < PoisonSearch::kAttempts; ++i) EXPECT_EQ(search.Failed(0, 2, 0s), Next::kAgain);
  EXPECT_EQ(search.Failed(0, 2, 0s), Next::kHalve);
  EXPECT_EQ(search.Failed(0, 1, 0s), Next::kAnother);
  search.Taken();
  search.Taken();
  EXPECT_EQ(search.Failed(0, 1, 0s), Next::kAnother);
  search.Taken();
  for (size_t i = 1; i < PoisonSearch::kAlone; ++i) EXPECT_EQ(search.Failed(0, 1, 0s), Next::kAgain);
  EXPECT_EQ(search.Failed(0, 1, PoisonSearch::kShortest - 1s), Next::kAgain);
  EXPECT_EQ(search.Failed(0, 1, PoisonSearch::kShortest), Next::kRefuse);
  EXPECT_EQ(search.Failed(0, 1, PoisonSearch::kShortest), Next::kAnother) << "what was proven is used up";
  for (size_t i = 0; i < PoisonSearch::kProofs; ++i) search.Taken();
  for (size_t i = 0; i < 2 * PoisonSearch::kAlone; ++i) EXPECT_EQ(search.Failed(0, 1, PoisonSearch::kShortest), Next::kAgain);
  EXPECT_EQ(search.Failed(1, 1, 2 * PoisonSearch::kShortest), Next::kAgain) << "another record's failures";
  search.Away();
  EXPECT_EQ(search.Failed(1, 1, PoisonSearch::kLongest + 1h), Next::kAgain) << "nobody was there";
  EXPECT_EQ(search.Failed(1, 1, PoisonSearch::kLongest + PoisonSearch::kForgotten + 1h), Next::kAnother) << "too long ago";
  search.Begin();
  EXPECT_EQ(search.Failed(0, 2, 0s), Next::kAgain) << "each batch is judged by itself";
}

}  // namespace
}  // namespace logmill
