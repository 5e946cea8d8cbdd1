// What a shipper gives up, and when.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/shipping/shipper_fixture.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::MatchesRegex;

class ShipperLimitsTest : public ShipperFixture {};

TEST_F(ShipperLimitsTest, TheOldestIsDroppedAndCountedWhenTooMuchWaits) {
  Make({.batch_records = 10, .max_backlog_bytes = 4000});
  script_.Fails();
  Append(10);
  StepNow();
  Append(5);
  StepNow();
  EXPECT_EQ(shipper_->stats().dropped_full, 0U);
  Append(200);
  StepNow();
  const ShipStats stats = shipper_->stats();
  EXPECT_GE(stats.dropped_full, 100U) << "also the batch at hand, while it waits";
  EXPECT_LE(stats.backlog_bytes, 4000U);
  EXPECT_GT(stats.backlog_bytes, 3000U);
  EXPECT_EQ(shipper_->cursor(), stats.dropped_full + 1) << "so that the spool can be released";
  EXPECT_THAT(said_, testing::Contains(MatchesRegex("store: [0-9]+ records dropped: .*max_backlog_bytes.*")));
  clock_.Advance(1min);
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_EQ(script_.calls[1].front(), stats.dropped_full + 1);
  EXPECT_EQ(shipper_->stats().sent + stats.dropped_full, 215U);
}

TEST_F(ShipperLimitsTest, OfTheBatchAtHandOnlyWhatIsBeyondTheLimitIsGivenUp) {
  Append(100);
  const uint64_t all = spool_->BytesFrom(1);
  Make({.batch_records = 100, .max_backlog_bytes = all});
  script_.Fails();
  StepNow();
  Append(20);
  StepNow();
  const uint64_t dropped = shipper_->stats().dropped_full;
  EXPECT_THAT(dropped, AllOf(Ge(15U), Le(25U)));
  clock_.Advance(1min);
  StepNow();
  EXPECT_EQ(script_.calls[1], Numbers(dropped + 1, 100));
  EXPECT_TRUE(StepToTheEnd());
}

TEST_F(ShipperLimitsTest, OrReadingIsBlockedAndNothingIsDropped) {
  Make({.batch_records = 10, .max_backlog_bytes = 4000, .when_full = WhenFull::kBlock});
  script_.Fails();
  Append(10);
  StepNow();
  EXPECT_FALSE(shipper_->blocks());
  Append(200);
  StepNow();
  EXPECT_TRUE(shipper_->blocks());
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_FALSE(shipper_->blocks());
  EXPECT_EQ(shipper_->stats().sent, 210U);
}

TEST_F(ShipperLimitsTest, WhatIsTooOldIsDroppedBeforeAndWhileItWaits) {
  Append(3);
  clock_.Advance(10s);
  Append(2);
  Make({.batch_records = 4, .max_pause = 1h, .max_age = 10s});
  clock_.Advance(1ms);
  script_.Fails(RetryReason::kThrottled, "later", 5min);
  Append(2);
  StepNow();
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(4, 5, 6, 7)));
  clock_.Advance(10s);
  StepNow();
  EXPECT_EQ(shipper_->stats().dropped_old, 5U) << "the last two are as old as may be";
  EXPECT_EQ(shipper_->cursor(), 6U);
  Append(1);
  clock_.Advance(4s);
  StepNow();
  EXPECT_EQ(shipper_->stats().dropped_old, 7U);
  EXPECT_EQ(shipper_->stats().backlog_records, 1U);
  clock_.Advance(5min);
  StepNow();
  EXPECT_EQ(shipper_->stats().dropped_old, 8U);
}

TEST_F(ShipperLimitsTest, WhatCannotBeReadIsCounted) {
  Append(40);
  const std::filesystem::path spool = folder_.Path("spool");
  for (const auto& entry : std::filesystem::directory_iterator(spool)) {
    if (entry.path().extension() != ".spool") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1000);
    file << "damage";
    break;
  }
  Make({.batch_records = 7});
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_EQ(shipper_->stats().damaged, 1U);
  EXPECT_EQ(shipper_->stats().sent, 39U);
  EXPECT_THAT(said_, ElementsAre(HasSubstr("1 record lost: cannot be read from the spool")));
}

}  // namespace
}  // namespace logmill
