#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "tests/daemon/disagreement_fixture.h"

namespace logmill {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Optional;

class DisagreementTest : public testing::DisagreementFixture {};

// ---- jobs that failed without a trace

TEST_F(DisagreementTest, TellsOfFailuresThatNoQueueKept) {
  WithQueues();
  Keep(2);
  Pass(minutes(3));
  EXPECT_THAT(Hidden(), Optional(0.0));
  LogFailures(3);
  Pass(minutes(2));
  EXPECT_THAT(Hidden(), Optional(3.0));
  Pass(minutes(12));
  EXPECT_THAT(Hidden(), Optional(3.0));
  Pass(minutes(4));
  EXPECT_THAT(Hidden(), Optional(0.0));
}

TEST_F(DisagreementTest, FailureThatAQueueKeptNeverShows) {
  WithQueues();
  int64_t failed = 0;
  double most = 0;
  on_look_ = [&] { most = std::max(most, Hidden().value_or(1)); };
  Pass(minutes(40), [&] {
    LogFailures(1);
    Keep(++failed);
  });
  EXPECT_EQ(most, 0);
}

TEST_F(DisagreementTest, FailureBetweenTheLookAtTheQueuesAndTheComparisonNeverShows) {
  WithQueues();
  int64_t failed = 0;
  double most = 0;
  on_look_ = [&] { most = std::max(most, Hidden().value_or(1)); };
  after_refresh_ = [&] {
    LogFailures(1);
    Keep(++failed);
  };
  Keep(failed);
  Pass(minutes(40));
  EXPECT_EQ(most, 0);
}

TEST_F(DisagreementTest, FailureThatAQueueKeptNeverShowsAlthoughItsLineIsReadLate) {
  WithQueues();
  int64_t failed = 0;
  double most = 0;
  on_look_ = [&] { most = std::max(most, Hidden().value_or(1)); };
  Keep(failed);
  Pass(minutes(5));
  for (int i = 0; i < 3; ++i) {
    Pass(minutes(12), [&, looks = 0]() mutable {
      if (looks == 0) Keep(++failed);
      if (looks == 2) LogFailures(1);
      ++looks;
    });
  }
  Pass(minutes(30));
  EXPECT_EQ(most, 0);
}

TEST_F(DisagreementTest, QueueThatIsEmptiedHidesNothing) {
  WithQueues();
  Keep(100);
  Pass(minutes(3));
  Keep(0);
  LogFailures(4);
  Pass(minutes(3));
  EXPECT_THAT(Hidden(), Optional(4.0));
}

TEST_F(DisagreementTest, QueueThatIsFoundLaterHidesNothing) {
  WithQueues();
  Keep(0);
  Pass(minutes(3));
  Put("found", QueueStatus::kFailed, 50);
  LogFailures(4);
  Pass(minutes(3));
  EXPECT_THAT(Hidden(), Optional(4.0));
}

TEST_F(DisagreementTest, WhatWasCountedBeforeTheFirstLookIsNoNews) {
  WithQueues();
  WithScrape();
  LogFailures(50);
  counted_failures_ = 70;
  Pass(minutes(5));
  EXPECT_THAT(Hidden(), Optional(0.0));
}

TEST_F(DisagreementTest, CountersOfTheApplicationTellWhatTheLogDoesNot) {
  WithQueues();
  WithScrape();
  Pass(minutes(3));
  LogFailures(2);
  counted_failures_ += 5;
  Pass(minutes(3));
  EXPECT_THAT(Hidden(), Optional(5.0));
  LogFailures(10);
  Pass(minutes(3));
  EXPECT_THAT(Hidden(), Optional(12.0));
}

TEST_F(DisagreementTest, CountersThatBeginAgainTellOfWhatTheyHaveSince) {
  WithQueues();
  WithScrape();
  counted_failures_ = 40;
  Pass(minutes(3));
  counted_failures_ = 3;
  Pass(minutes(3));
  EXPECT_THAT(Hidden(), Optional(3.0));
}

TEST_F(DisagreementTest, CountersThatWereAwayAreNoNewsWhenTheyAreBack) {
  WithQueues();
  WithScrape();
  counted_failures_ = 40;
  Pass(minutes(3));
  scrape_up_ = false;
  Pass(minutes(12));
  scrape_up_ = true;
  counted_failures_ = 60;
  Pass(minutes(3));
  EXPECT_THAT(Hidden(), Optional(0.0));
}

TEST_F(DisagreementTest, FailuresAreAbsentWhileTheQueuesAreUnknown) {
  WithQueues();
  redis_up_ = false;
  LogFailures(1);
  Pass(minutes(2));
  EXPECT_EQ(Hidden(), std::nullopt);
  redis_up_ = true;
  Pass(minutes(2));
  LogFailures(1);
  Pass(minutes(2));
  EXPECT_THAT(Hidden(), Optional(1.0));
  redis_up_ = false;
  Pass(minutes(5));
  EXPECT_THAT(Hidden(), Optional(1.0)) << "as of the last look";
  Pass(minutes(10));
  EXPECT_EQ(Hidden(), std::nullopt);
  LogFailures(5);
  Pass(minutes(1));
  redis_up_ = true;
  Pass(minutes(2));
  EXPECT_THAT(Hidden(), Optional(0.0)) << "what was told meanwhile has nothing to be compared with";
}

// ---- rules that count nothing

class WithoutRules : public testing::DisagreementFixture {
 protected:
  WithoutRules() : DisagreementFixture({CounterFamily("immich_redis_errors_total", {"kind"})}) {}
};

TEST_F(WithoutRules, WhatNoRuleCountsIsAbsent) {
  WithDatabase();
  WithQueues();
  Pass(minutes(3));
  EXPECT_EQ(Hidden(), std::nullopt);
  EXPECT_EQ(Outage("database", "application"), std::nullopt);
  EXPECT_EQ(Outage("redis", "logmill"), std::nullopt) << "whether the application is at work";
  EXPECT_THAT(Outage("redis", "application"), Optional(0.0));
  EXPECT_THAT(Unattended(), Optional(0.0)) << "any line will do";
}

TEST_F(WithoutRules, CountersOfTheApplicationAreEnough) {
  WithQueues();
  WithScrape();
  Pass(minutes(3));
  counted_failures_ = 2;
  Pass(minutes(3));
  EXPECT_THAT(Hidden(), Optional(2.0));
}

// ---- jobs that nobody takes

TEST_F(DisagreementTest, JobsWaitAndNobodySaysWhy) {
  WithQueues();
  Put("ocr", QueueStatus::kWaiting, 7);
  Put("sidecar", QueueStatus::kWaiting, 2);
  Pass(minutes(4));
  EXPECT_THAT(Unattended(), Optional(0.0));
  Pass(minutes(3));
  EXPECT_THAT(Unattended(), Optional(9.0));
  ++progress_.lines;
  Pass(seconds(15));
  EXPECT_THAT(Unattended(), Optional(0.0));
  Pass(minutes(6));
  EXPECT_THAT(Unattended(), Optional(9.0));
  Put("ocr", QueueStatus::kWaiting, 0);
  Pass(minutes(1));
  EXPECT_THAT(Unattended(), Optional(2.0));
}

TEST_F(DisagreementTest, JobsThatWaitForGoodReasonAreAttended) {
  WithQueues();
  Put("videoConversion", QueueStatus::kWaiting, 40);
  Put("videoConversion", QueueStatus::kActive, 1);
  Put("ocr", QueueStatus::kWaiting, 3);
  queues_["ocr"].state.paused = true;
  Put("sidecar", QueueStatus::kDelayed, 5);
  Pass(minutes(30));
  EXPECT_THAT(Unattended(), Optional(0.0));
}

TEST_F(DisagreementTest, OneLookAtTheQueuesIsNotEnough) {
  WithQueues();
  Put("ocr", QueueStatus::kWaiting, 3);
  Pass(seconds(15));
  redis_up_ = false;
  Pass(minutes(8));
  EXPECT_THAT(Unattended(), Optional(0.0));
  Pass(minutes(5));
  EXPECT_EQ(Unattended(), std::nullopt);
}

TEST_F(DisagreementTest, WithoutQueuesNobodyIsMissed) {
  WithDatabase();
  Pass(minutes(10));
  EXPECT_EQ(Unattended(), std::nullopt);
  EXPECT_EQ(Hidden(), std::nullopt);
}

// ---- all of them

TEST_F(DisagreementTest, WhatWasLoggedLongAgoIsNoNews) {
  WithDatabase();
  WithQueues();
  progress_.caught_up = false;
  Pass(minutes(5), [this] {
    LogFailures(100);
    Log("immich_redis_errors_total", {"client_error"});
  });
  EXPECT_EQ(Hidden(), std::nullopt);
  EXPECT_EQ(Outage("redis", "application"), std::nullopt);
  EXPECT_EQ(Unattended(), std::nullopt);
  progress_.caught_up = true;
  Pass(minutes(5));
  EXPECT_THAT(Hidden(), Optional(0.0));
  EXPECT_THAT(Outage("redis", "application"), Optional(0.0));
}

// A row of the page's table: | `name` | type | labels | meaning |
std::string Row(const MetricInfo& metric) {
  std::string row = "| `" + std::string(metric.name) + "` | gauge |";
  for (std::string names(metric.labels); !names.empty();) {
    const size_t length = std::min(names.find(' '), names.size());
    row += " `" + names.substr(0, length) + '`';
    names.erase(0, length + 1);
  }
  return row + " | " + std::string(metric.help) + " |";
}

TEST(DisagreementMetrics, TableAndPageAreTheSame) {
  std::ifstream page(std::string(LOGMILL_SOURCE_DIR) + "/docs/disagreement.md");
  std::vector<std::string> documented;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| `logmill_")) documented.push_back(line);
  }
  std::vector<std::string> rows;
  for (const MetricInfo& metric : DisagreementMetrics()) rows.push_back(Row(metric));
  EXPECT_EQ(documented, rows);
}

}  // namespace
}  // namespace logmill
