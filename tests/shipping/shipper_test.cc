#include "shipping/shipper.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <stdexcept>

#include "tests/shipping/shipper_fixture.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::MatchesRegex;
using testing::SizeIs;

class ShipperTest : public ShipperFixture {};

TEST_F(ShipperTest, AFullBatchGoesOutAtOnceAndAPartOfOneWhenItsTimeIsOver) {
  Make({.batch_records = 3, .batch_wait = 1000ms});
  EXPECT_EQ(shipper_->Step(), Shipper::kNever) << "there is nothing";
  Append(7);
  StepNow();
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5, 6)));
  EXPECT_EQ(Pause(), 1000ms);
  clock_.Advance(999ms);
  Append(1);
  StepNow();
  EXPECT_THAT(script_.calls, SizeIs(2)) << "the time is the first record's";
  clock_.Advance(1ms);
  StepNow();
  EXPECT_THAT(script_.calls[2], ElementsAre(7, 8));
  EXPECT_EQ(shipper_->Step(), Shipper::kNever);
  EXPECT_EQ(shipper_->stats().sent, 8U);
  EXPECT_EQ(shipper_->stats().bytes, 300U);
}

TEST_F(ShipperTest, ABatchEndsWithTheRecordThatReachesItsBytes) {
  Make({.batch_bytes = 1});
  Append(2);
  StepNow();
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1), ElementsAre(2)));
}

TEST_F(ShipperTest, AFailureIsTriedAgainAfterAPauseThatDoublesAndBeginsAnewAfterASuccess) {
  Make({.batch_records = 2, .first_pause = 1000ms, .max_pause = 5000ms});
  Append(4);
  for (int i = 0; i < 6; ++i) script_.Fails();
  for (const auto most : {1000ms, 2000ms, 4000ms, 5000ms, 5000ms}) {
    const auto pause = Pause();
    EXPECT_THAT(pause, AllOf(Ge(most / 2), Le(most)));
    clock_.Advance(pause - 1ms);
    const size_t calls = script_.calls.size();
    EXPECT_EQ(Pause(), 1ms);
    EXPECT_THAT(script_.calls, SizeIs(calls)) << "not before its time";
    clock_.Advance(1ms);
  }
  clock_.Advance(Pause());
  script_.Takes();
  script_.Fails();
  StepNow();
  EXPECT_THAT(Pause(), Le(1000ms));
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2), ElementsAre(1, 2), ElementsAre(1, 2), ElementsAre(1, 2), ElementsAre(1, 2),
                                         ElementsAre(1, 2), ElementsAre(1, 2), ElementsAre(3, 4)));
  EXPECT_EQ(shipper_->stats().retries[static_cast<size_t>(RetryReason::kConnection)], 7U);
}

TEST_F(ShipperTest, NothingJoinsABatchThatWasSentOnce) {
  Make({.batch_records = 10, .batch_wait = 1000ms});
  Append(2);
  StepNow();
  clock_.Advance(1000ms);
  script_.Fails();
  StepNow();
  Append(2);
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2), ElementsAre(1, 2), ElementsAre(3, 4)));
}

TEST_F(ShipperTest, TheServersWishIsHeardUpToTenMinutes) {
  Make({.batch_records = 1, .first_pause = 100ms});
  Append(1);
  script_.Fails(RetryReason::kThrottled, "429", 17s);
  script_.Fails(RetryReason::kThrottled, "429", 1ms);
  script_.Fails(RetryReason::kThrottled, "429", 24h);
  EXPECT_EQ(Pause(), 17s);
  clock_.Advance(17s);
  EXPECT_THAT(Pause(), AllOf(Ge(100ms), Le(200ms))) << "no less than our own";
  clock_.Advance(1s);
  EXPECT_EQ(Pause(), 10min);
}

TEST_F(ShipperTest, ASplitFindsWhatIsNotWantedAndKeepsTheOrder) {
  Make({.batch_records = 8});
  Append(8);
  const auto judge = [](std::span<const ShipRecord> batch) -> Delivery {
    for (const ShipRecord& record : batch) {
      if (NumberOf(record) == 3 || NumberOf(record) == 4) return {.kind = Delivery::Kind::kSplit, .words = "something is bad"};
    }
    return {};
  };
  script_.steps.assign(20, judge);
  StepNow();
  EXPECT_THAT(script_.calls, ElementsAre(SizeIs(8), ElementsAre(1, 2, 3, 4), ElementsAre(1, 2), ElementsAre(3, 4), ElementsAre(3),
                                         ElementsAre(4), ElementsAre(5, 6, 7, 8)));
  const ShipStats stats = shipper_->stats();
  EXPECT_EQ(stats.sent, 6U);
  EXPECT_EQ(stats.refused, 2U);
  EXPECT_EQ(stats.split, 3U);
  EXPECT_EQ(stats.refused_requests, 2U);
  EXPECT_EQ(stats.ok, 2U);
  EXPECT_THAT(folder_.Read("destinations/store.refused.ndjson"),
              AllOf(HasSubstr(R"("reason":"something is bad")"), HasSubstr(R"("line":"line 3")"), HasSubstr(R"("line":"line 4")")));
  EXPECT_THAT(said_, ElementsAre(AllOf(HasSubstr("store: 1 record refused, kept in "), HasSubstr("something is bad"))));
  clock_.Advance(1min);
  StepNow();
  EXPECT_THAT(said_, SizeIs(2)) << "the second one is not forgotten";
}

TEST_F(ShipperTest, WhatIsRefusedIsSetAsideAndOnlyWhatIsWantedAgainIsSentAgain) {
  Make({.batch_records = 6});
  Append(8);
  script_.Gives({.reason = RetryReason::kPartial,
                 .pause = 3s,
                 .words = "busy",
                 .refused = {{1, "too old"}, {2, "too long"}},
                 .again = {3, 5},
                 .sent_bytes = 70});
  script_.Gives({.reason = RetryReason::kThrottled, .words = "busy", .again = {0, 1}});
  EXPECT_EQ(Pause(), 3s);
  EXPECT_EQ(shipper_->stats().sent, 1U) << "the cursor stands before what is open";
  clock_.Advance(3s);
  clock_.Advance(Pause());
  EXPECT_EQ(shipper_->stats().retries[static_cast<size_t>(RetryReason::kThrottled)], 1U);
  clock_.Advance(1min);
  StepNow();
  clock_.Advance(1min);
  StepNow();
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2, 3, 4, 5, 6), ElementsAre(4, 6), ElementsAre(4, 6), ElementsAre(7, 8)));
  EXPECT_EQ(shipper_->stats().sent, 6U);
  EXPECT_EQ(shipper_->stats().refused, 2U);
  EXPECT_EQ(shipper_->stats().bytes, 270U);
  EXPECT_THAT(folder_.Lines("destinations/store.refused.ndjson"), ElementsAre(HasSubstr("too old"), HasSubstr("too long")));
}

TEST_F(ShipperTest, WhatWasNotOfferedYetGoesOutAtOnceAndWhatWasSettledIsSafeBefore) {
  Make({.batch_records = 5});
  Append(5);
  script_.Gives({.refused = {{4, "no"}}, .unsent = {0, 2}});
  EXPECT_EQ(shipper_->Step(), 0ns) << "no pause";
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2, 3, 4, 5)));
  EXPECT_EQ(shipper_->stats().retried, 0U);
  Make({.batch_records = 5, .batch_wait = 0ms});  // as after a crash
  StepNow();
  EXPECT_THAT(script_.calls[1], ElementsAre(1, 3));
  EXPECT_EQ(shipper_->stats().sent, 4U);
  EXPECT_EQ(shipper_->stats().refused, 1U);
  EXPECT_THAT(folder_.Lines("destinations/store.refused.ndjson"), SizeIs(1));
}

TEST_F(ShipperTest, AfterACrashInAHalvedBatchOnlyTheOtherHalfIsSent) {
  Make({.batch_records = 4});
  Append(4);
  script_.Gives({.kind = Delivery::Kind::kSplit});
  script_.Takes();
  shipper_->Step();
  shipper_->Step();
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2, 3, 4), ElementsAre(1, 2)));
  EXPECT_EQ(shipper_->cursor(), 3U);
  Make({.batch_records = 4, .batch_wait = 0ms});
  StepNow();
  EXPECT_THAT(script_.calls[2], ElementsAre(3, 4));
}

TEST_F(ShipperTest, WhatIsRefusedWithoutSayingWhichIsCounted) {
  Make({.batch_records = 4});
  Append(5);
  script_.Gives({.words = "some are too old", .refused = {{3, "too long"}}, .refused_unnamed = 2, .again = {0}});
  clock_.Advance(Pause());
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2, 3, 4), ElementsAre(1), ElementsAre(5)));
  EXPECT_EQ(shipper_->stats().sent, 2U);
  EXPECT_EQ(shipper_->stats().refused, 3U);
  EXPECT_THAT(folder_.Lines("destinations/store.refused.ndjson"), ElementsAre(HasSubstr("too long")));
  clock_.Advance(1min);
  StepNow();
  EXPECT_THAT(said_, Contains(AllOf(HasSubstr("refused"), HasSubstr("does not say which: some are too old"))));
}

TEST_F(ShipperTest, AnAnswerThatMakesNoSenseDoesNoHarm) {
  Make({.batch_records = 2});
  Append(2);
  script_.Gives({.refused = {{7, "x"}, {1, "y"}, {1, "z"}}, .refused_unnamed = 9, .again = {9, 0, 1}});
  clock_.Advance(Pause());
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2), ElementsAre(1)));
  EXPECT_EQ(shipper_->stats().sent, 1U);
  EXPECT_EQ(shipper_->stats().refused, 1U);
}

TEST_F(ShipperTest, AnExceptionIsAFailureLikeAnyOther) {
  Make({.batch_records = 1});
  Append(1);
  script_.steps.emplace_back([](auto) -> Delivery { throw std::runtime_error("out of paper"); });
  EXPECT_GT(Pause(), 0ms);
  EXPECT_EQ(shipper_->stats().last_error, "unexpected error: out of paper");
  EXPECT_TRUE(StepToTheEnd());
}

TEST_F(ShipperTest, FiltersAreItsOwn) {
  Make({.filter = ShipFilter({{.contexts = {"Even"}}}), .batch_records = 3});
  Append(7);
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 3, 5), ElementsAre(7)));
  EXPECT_EQ(shipper_->stats().filtered, 3U);
}

TEST_F(ShipperTest, WhereNearlyAllIsFilteredTheCursorMovesAllTheSame) {
  Make({.filter = ShipFilter({{.sources = {"gallery"}}}), .batch_records = 2});
  Append(1000);
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_EQ(shipper_->cursor(), 1001U);
  EXPECT_THAT(script_.calls, IsEmpty());
}

TEST_F(ShipperTest, AnotherLifeGoesOnWhereTheCursorStandsAndCountsOn) {
  Make({.batch_records = 2});
  Append(6);
  script_.Takes();
  script_.Fails();
  StepNow();
  EXPECT_EQ(shipper_->cursor(), 3U);
  Make({.batch_records = 2});
  EXPECT_EQ(shipper_->stats().sent, 2U);
  EXPECT_EQ(shipper_->stats().backlog_records, 4U);
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4), ElementsAre(3, 4), ElementsAre(5, 6)));
  EXPECT_EQ(shipper_->stats().sent, 6U);
}

TEST_F(ShipperTest, BehindADamagedCursorEverythingIsSentAgain) {
  Make({.batch_records = 2});
  Append(2);
  StepNow();
  folder_.Write("destinations/store.cursor", "{}");
  Make({.batch_records = 2});
  EXPECT_THAT(said_, ElementsAre(HasSubstr("its cursor is damaged")));
  StepNow();
  EXPECT_THAT(script_.calls, ElementsAre(ElementsAre(1, 2), ElementsAre(1, 2)));
  EXPECT_EQ(folder_.Read("destinations/store.cursor.damaged"), "{}");
}

TEST_F(ShipperTest, ASpoolThatWasBegunAnewIsReadFromItsBegin) {
  Make({.batch_records = 5});
  Append(5);
  StepNow();
  shipper_.reset();
  spool_.reset();
  std::filesystem::remove_all(folder_.Path("spool"));
  appended_ = 0;
  OpenSpool();
  Make({.batch_records = 5});
  Append(5);
  StepNow();
  EXPECT_THAT(script_.calls, ElementsAre(Numbers(1, 5), Numbers(1, 5)));
  appended_ += 5;  // of the spool before
}

TEST_F(ShipperTest, EachKindOfFailureIsToldOnceAndSoIsTheRecovery) {
  Make({.batch_records = 1});
  Append(3);
  script_.Fails(RetryReason::kConnection, "refused");
  script_.Fails(RetryReason::kConnection, "refused");
  script_.Fails(RetryReason::kServerError, "500");
  script_.Fails(RetryReason::kConnection, "refused");
  script_.Takes();
  script_.Takes();
  script_.Fails(RetryReason::kConnection, "refused");
  EXPECT_TRUE(StepToTheEnd());
  EXPECT_THAT(said_, ElementsAre(MatchesRegex("store: refused; will try again in 0\\.[0-9] s"),
                                 MatchesRegex("store: 500; will try again in [0-9.]+ s"), "store: works again after 4 failed attempts",
                                 MatchesRegex("store: refused; will try again in .* s"), "store: works again after 1 failed attempt"));
}

TEST_F(ShipperTest, ShowsHowItIs) {
  Make({.batch_records = 20});
  EXPECT_FALSE(shipper_->stats().up);
  Append(20);
  script_.steps.emplace_back([this](auto) {
    clock_.Advance(250ms);
    return Delivery{.kind = Delivery::Kind::kRetry, .words = "no"};
  });
  StepNow();
  ShipStats stats = shipper_->stats();
  EXPECT_FALSE(stats.up);
  EXPECT_EQ(stats.last_error, "no");
  EXPECT_EQ(stats.backlog_records, 20U);
  EXPECT_EQ(stats.backlog_bytes, spool_->BytesFrom(1));
  EXPECT_EQ(stats.backlog_oldest_seconds, 0.25);
  EXPECT_EQ(stats.durations_sum, 0.25);
  EXPECT_THAT(stats.durations, ElementsAre(0, 0, 0, 0, 1, 0, 0, 0, 0, 0));
  clock_.Advance(1min);
  StepNow();
  stats = shipper_->stats();
  EXPECT_TRUE(stats.up);
  EXPECT_EQ(stats.last_error, "");
  EXPECT_EQ(stats.backlog_bytes, 0U);
  EXPECT_EQ(stats.backlog_oldest_seconds, 0);
  EXPECT_THAT(stats.batch_records, ElementsAre(0, 0, 2, 0, 0, 0, 0, 0, 0));
  EXPECT_EQ(stats.batch_records_sum, 40U);
}

TEST_F(ShipperTest, TheNoteIsKeptWithTheCursorAndGivenToTheNextLife) {
  int batches = 0;
  script_.note = [&] { return "batch " + std::to_string(batches++); };
  Make({.batch_records = 2});
  EXPECT_THAT(script_.resumed, ElementsAre(""));
  Append(2);
  StepNow();
  Make({.batch_records = 2});
  EXPECT_THAT(script_.resumed, ElementsAre("", "batch 1")) << "one before the first batch, one after it";
}

TEST_F(ShipperTest, WhoeverGivesNotesGetsNothingMoreBeforeTheLastOneIsSaved) {
  script_.note = [] { return std::string("here"); };
  Make({.batch_records = 1});
  Append(2);
  script_.steps.emplace_back([this](auto) {
    std::filesystem::create_directories(folder_.Path("destinations/store.cursor.new"));
    return Delivery{};
  });
  StepNow();
  clock_.Advance(1min);
  StepNow();
  EXPECT_THAT(script_.calls, SizeIs(1));
  EXPECT_EQ(said_.size(), 2U) << "after a minute once more: " << said_[0];
  std::filesystem::remove(folder_.Path("destinations/store.cursor.new"));
  clock_.Advance(1min);
  StepNow();
  EXPECT_THAT(script_.calls, SizeIs(2));
}

TEST_F(ShipperTest, OthersGoOnWithoutASavedCursor) {
  std::filesystem::create_directories(folder_.Path("destinations/store.cursor.new"));
  Make({.batch_records = 1});
  Append(2);
  StepNow();
  EXPECT_THAT(script_.calls, SizeIs(2));
  EXPECT_EQ(shipper_->cursor(), 3U) << "a full disk has to become empty before anything can be saved";
}

TEST_F(ShipperTest, TellsWhenTheCursorHasMoved) {
  std::vector<uint64_t> cursors;
  Make({.batch_records = 2, .on_cursor = [&] { cursors.push_back(shipper_->cursor()); }});
  Append(4);
  StepNow();
  EXPECT_THAT(cursors, ElementsAre(1, 3, 5));
}

}  // namespace
}  // namespace logmill
