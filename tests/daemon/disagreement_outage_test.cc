#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/daemon/disagreement_fixture.h"

namespace logmill {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Optional;

// Services that only one side cannot reach.
class OutageTest : public testing::DisagreementFixture {};

TEST_F(OutageTest, ApplicationAloneCannotReachRedis) {
  WithQueues();
  Pass(minutes(6));
  EXPECT_THAT(Outage("redis", "application"), Optional(0.0));
  const auto trouble = [this] { Log("immich_redis_errors_total", {"client_error"}, 20); };
  Pass(minutes(1), trouble);
  EXPECT_THAT(Outage("redis", "application"), Optional(0.0)) << "a restart takes as long";
  Pass(minutes(2), trouble);
  EXPECT_THAT(Outage("redis", "application"), Optional(1.0));
  EXPECT_THAT(Outage("redis", "logmill"), Optional(0.0));
  Pass(minutes(5));
  EXPECT_THAT(Outage("redis", "application"), Optional(0.0));
}

TEST_F(OutageTest, ApplicationAloneCannotReachTheDatabase) {
  WithDatabase();
  WithQueues();
  Pass(minutes(2));
  for (const auto& [family, label] :
       {std::pair("immich_query_errors_total", "28P01"), std::pair("immich_query_errors_total", "CONNECTION_CLOSED"),
        std::pair("immich_query_errors_total", "ECONNREFUSED"), std::pair("immich_postgres_terminations_total", "57P03")}) {
    Pass(minutes(3), [&] { Log(family, {label}); });
    EXPECT_THAT(Outage("database", "application"), Optional(1.0)) << label;
    EXPECT_THAT(Outage("redis", "application"), Optional(0.0)) << label;
    Pass(minutes(6));
    EXPECT_THAT(Outage("database", "application"), Optional(0.0)) << label;
  }
}

TEST_F(OutageTest, StatementsThatAreWrongAreNoOutage) {
  WithDatabase();
  Pass(minutes(6), [this] { Log("immich_query_errors_total", {"22021"}); });
  EXPECT_THAT(Outage("database", "application"), Optional(0.0));
}

TEST_F(OutageTest, PortsTellWhichServiceItIs) {
  WithDatabase();
  WithQueues();
  Pass(minutes(6), [this] { Log("immich_connection_errors_total", {"ECONNREFUSED", "5432"}); });
  EXPECT_THAT(Outage("database", "application"), Optional(1.0));
  EXPECT_THAT(Outage("redis", "application"), Optional(0.0));
  Pass(minutes(6), [this] { Log("immich_connection_errors_total", {"ECONNREFUSED", "6379"}); });
  EXPECT_THAT(Outage("database", "application"), Optional(0.0));
  EXPECT_THAT(Outage("redis", "application"), Optional(1.0));
  Pass(minutes(6), [this] { Log("immich_connection_errors_total", {"ECONNREFUSED", "25"}); });
  EXPECT_THAT(Outage("redis", "application"), Optional(0.0));
}

TEST_F(OutageTest, OutageThatBothSeeIsNoDisagreement) {
  WithQueues();
  double most = 0;
  on_look_ = [&] { most = std::max({most, Outage("redis", "application").value_or(1), Outage("redis", "logmill").value_or(1)}); };
  Pass(minutes(10), [this] { LogRecord(); });
  redis_up_ = false;
  Pass(minutes(20), [this] {
    LogRecord();
    Log("immich_redis_errors_total", {"client_error"});
  });
  redis_up_ = true;
  Pass(minutes(20), [this] { LogRecord(); });
  EXPECT_EQ(most, 0);
}

TEST_F(OutageTest, WhatWasReachedBeforeTheTroubleIsNoSign) {
  interval_ = minutes(10);
  WithQueues();
  Pass(seconds(15));
  redis_up_ = false;
  double most = 0;
  on_look_ = [&] { most = std::max(most, Outage("redis", "application").value_or(1)); };
  Pass(minutes(30), [this] { Log("immich_redis_errors_total", {"client_error"}); });
  EXPECT_EQ(most, 0);
}

TEST_F(OutageTest, OneFailureIsNotEnough) {
  interval_ = minutes(10);
  WithDatabase();
  database_up_ = false;
  Pass(minutes(9), [this] { LogRecord(); });
  EXPECT_THAT(Outage("database", "logmill"), Optional(0.0));
  Pass(minutes(2), [this] { LogRecord(); });
  EXPECT_THAT(Outage("database", "logmill"), Optional(1.0));
}

TEST_F(OutageTest, LogmillAloneCannotReachTheDatabase) {
  WithDatabase();
  Pass(minutes(6), [this] { LogRecord(); });
  database_up_ = false;
  Pass(minutes(3), [this] { LogRecord(); });
  EXPECT_THAT(Outage("database", "logmill"), Optional(0.0));
  Pass(minutes(4), [this] { LogRecord(); });
  EXPECT_THAT(Outage("database", "logmill"), Optional(1.0));
  EXPECT_THAT(Outage("database", "application"), Optional(0.0));
  database_up_ = true;
  Pass(minutes(1), [this] { LogRecord(); });
  EXPECT_THAT(Outage("database", "logmill"), Optional(0.0));
}

TEST_F(OutageTest, WhereTheApplicationIsSilentNothingIsKnown) {
  WithDatabase();
  Pass(minutes(6), [this] { LogRecord(); });
  database_up_ = false;
  double most = 0;
  on_look_ = [&] { most = std::max(most, Outage("database", "logmill").value_or(1)); };
  Pass(minutes(1), [this] { LogRecord(); });
  Pass(minutes(20));
  EXPECT_EQ(most, 0) << "it may have ended with its database";
}

TEST_F(OutageTest, OneOfTwoCollectorsIsEnough) {
  WithDatabase();
  AddRunner("database_activity", [] { return testing::Answer(std::unexpected("no right to")); });
  Pass(minutes(10), [this] { LogRecord(); });
  EXPECT_THAT(Outage("database", "logmill"), Optional(0.0));
  Pass(minutes(4), [this] { Log("immich_postgres_terminations_total", {"57P03"}); });
  EXPECT_THAT(Outage("database", "application"), Optional(1.0));
}

TEST_F(OutageTest, ServiceThatIsNotAskedIsAbsent) {
  WithQueues();
  Pass(minutes(2));
  EXPECT_EQ(Outage("database", "application"), std::nullopt);
  EXPECT_EQ(Outage("database", "logmill"), std::nullopt);
  EXPECT_THAT(Outage("redis", "logmill"), Optional(0.0));
}

}  // namespace
}  // namespace logmill
