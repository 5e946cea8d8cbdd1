#include "shipping/intake.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "shipping/spool_reader.h"
#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

class IntakeTest : public ::testing::Test {
 protected:
  void Begin(bool catching_up = false) {
    intake_.Begin({.origin = 1, .source = "app", .now_ms = 5000, .catching_up = catching_up, .last_ms = &last_ms_});
  }
  static Record Text(std::string_view line) {
    Record record;
    record.line = line;
    record.message = {Value::Type::kString, line};
    return record;
  }
  void Take(const std::string& line, std::optional<int64_t> timestamp_ms, bool wanted = true) {
    Record record = Text(line);
    record.timestamp_ms = timestamp_ms;
    intake_.Take(record, ++place_, "", wanted);
  }
  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    for (const ShipRecord& record : Read()) lines.emplace_back(record.line);
    return lines;
  }
  std::vector<int64_t> Milliseconds() {
    std::vector<int64_t> times;
    for (const ShipRecord& record : Read()) times.push_back(record.time_ns / 1'000'000);
    return times;
  }
  std::span<const ShipRecord> Read() {
    read_.Clear();
    SpoolReader reader(*spool_, 1);
    while (reader.Next(read_)) {
    }
    return read_.records();
  }

  TemporaryFolder folder_;
  const std::unique_ptr<Spool> spool_ = *Spool::Open({.folder = folder_.Path("spool")}, SystemClock());
  const ShipFilter everything_;
  Intake intake_{{.admission = {.filter = &everything_}, .batch_bytes = 4096}, *spool_};
  int64_t last_ms_ = 0;
  uint64_t place_ = 0;
  ShipBatch read_;
};

TEST_F(IntakeTest, WhatIsLentIsHeldUntilItIsInTheSpool) {
  std::shared_ptr<char[]> block(new char[60'000]);
  std::vector<std::string> expected;
  const std::string_view bytes(block.get(), 60'000);
  intake_.Begin({.source = "app", .now_ms = 5000, .last_ms = &last_ms_, .lent = {.bytes = bytes, .owner = block}});
  for (size_t at = 0; at < bytes.size(); at += 100) {
    std::fill_n(block.get() + at, 100, static_cast<char>('a' + at / 100 % 26));
    intake_.Take(Text(bytes.substr(at, 100)), ++place_, "", true);  // many batches
    expected.emplace_back(bytes.substr(at, 100));
  }
  EXPECT_GT(block.use_count(), 1);
  Begin();
  intake_.Settle();
  EXPECT_EQ(block.use_count(), 1);
  EXPECT_EQ(Lines(), expected);
}

TEST_F(IntakeTest, WhatWasTakenIsInTheSpoolWhenItIsSettled) {
  Begin();
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    if (i % 100 == 0) Begin();
    Take(expected.emplace_back("line " + std::to_string(i)), 1000 + i);
  }
  EXPECT_EQ(intake_.Settle(), 1001U);
  EXPECT_EQ(Lines(), expected);
  EXPECT_EQ(intake_.counts().appended, 1000U);
}

TEST_F(IntakeTest, AFullBatchIsOnItsWayWithoutBeingAsked) {
  Begin();
  Take(std::string(5000, 'x'), 1000);
  while (intake_.counts().appended == 0) std::this_thread::yield();
  EXPECT_EQ(Lines().size(), 1U);
}

TEST_F(IntakeTest, WhatARuleDoesNotWantIsCounted) {
  Begin();
  Take("one", 1000, false);
  Take("two", 1000);
  intake_.Settle();
  EXPECT_EQ(Lines(), std::vector<std::string>{"two"});
  EXPECT_EQ(intake_.counts().filtered, 1U);
}

TEST_F(IntakeTest, WithoutATimestampTheTimeOfReadingCounts) {
  Begin();
  Take("said", 1000);
  Take("not said", std::nullopt);
  intake_.Settle();
  EXPECT_EQ(Milliseconds(), (std::vector<int64_t>{1000, 5000}));
}

TEST_F(IntakeTest, OfOldLinesTheTimeBeforeThemCounts) {
  Begin(true);
  Take("nothing before it", std::nullopt);
  Take("said", 1000, false);
  Take("not said", std::nullopt);
  intake_.Settle();
  EXPECT_EQ(Milliseconds(), (std::vector<int64_t>{5000, 1000})) << "also when what said it is not shipped";
}

TEST_F(IntakeTest, ATimeBeyondAllTimesIsTheLastOne) {
  Begin();
  Take("late", INT64_MAX);
  Take("early", INT64_MIN);
  intake_.Settle();
  EXPECT_EQ(Milliseconds(), (std::vector<int64_t>{TakenBatch::kMostMillis - 1, -TakenBatch::kMostMillis + 1}));
}

TEST_F(IntakeTest, GoesOnFromTheCountersOfAnEarlierLife) {
  intake_.Restore(10, 20, 30, 40);
  Begin();
  Take("one", 1000);
  Take("two", 1000, false);
  intake_.Settle();
  EXPECT_EQ(intake_.counts().appended, 11U);
  EXPECT_EQ(intake_.counts().filtered, 21U);
  EXPECT_EQ(intake_.counts().known, 30U);
  EXPECT_EQ(intake_.counts().failed, 40U);
}

TEST_F(IntakeTest, WhatGaveNoRecordIsText) {
  Begin();
  const std::string cut = R"({"level":"log","message":"m)";
  const std::string odd = "{\"message\":\"\xff\"}";
  intake_.TakeRejected(Text(cut), 1, "");
  intake_.TakeRejected(Text(odd), 2, "");
  intake_.Settle();
  EXPECT_EQ(Lines(), (std::vector<std::string>{R"({"level":"log","message":"m)", "{\"message\":\"\uFFFD\"}"}));
  EXPECT_EQ(Read()[0].format, RecordFormat::kText);
}

TEST_F(IntakeTest, WhereFieldsAreRedactedWhatGaveNoRecordIsNotShipped) {
  Intake intake({.admission = {.filter = &everything_, .redaction = {.fields = {"user"}}}}, *spool_);
  intake.Begin({.origin = 1, .source = "app", .now_ms = 5000, .last_ms = &last_ms_});
  const std::string cut = R"({"user":"me)";
  intake.TakeRejected(Text(cut), 1, "");
  intake.Settle();
  EXPECT_EQ(Lines(), std::vector<std::string>());
  EXPECT_EQ(intake.counts().filtered, 1U);
}

}  // namespace
}  // namespace logmill
