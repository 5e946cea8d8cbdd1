#include "shipping/admission.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "shipping/spool.h"
#include "shipping/spool_reader.h"
#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

struct Admitted {
  RecordId id;
  int64_t time_ns;
  std::string line;
};

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() { Begin(false); }

  void Begin(bool catching_up) { taken_.Begin({.origin = 17, .source = "app", .catching_up = catching_up}); }
  void Take(std::string_view line, int64_t time_ms = 1000, std::string_view level = "log") {
    Record record;
    record.format = line.find('{') != std::string_view::npos ? RecordFormat::kJson : RecordFormat::kText;
    record.line = line;
    record.level = level;
    record.message = {Value::Type::kString, line};
    taken_.Add(record, time_ms, ++place_, "");
  }
  // What comes out of the spool for what was taken.
  std::vector<Admitted> Admit(AdmissionOptions options) {
    if (options.filter == nullptr) options.filter = &everything_;
    Admission admission(std::move(options), counts_);
    SpoolBatch batch(spool_->key());
    admission.Admit(taken_, batch);
    taken_.Clear();
    Begin(false);
    EXPECT_TRUE(spool_->Append(batch));
    ShipBatch read;
    while (reader_.Next(read)) {
    }
    std::vector<Admitted> admitted;
    for (const ShipRecord& record : read.records()) admitted.push_back({record.id, record.time_ns, std::string(record.line)});
    return admitted;
  }

  TemporaryFolder folder_;
  const std::unique_ptr<Spool> spool_ = *Spool::Open({.folder = folder_.Path("spool")}, SystemClock());
  SpoolReader reader_{*spool_, 1};
  const ShipFilter everything_;
  IntakeCounts counts_;
  TakenBatch taken_;
  uint64_t place_ = 0;
};

TEST_F(AdmissionTest, TheIdIsOfTheLineAsItWasRead) {
  Take(" {\"a\":1}");
  Take("text");
  const auto admitted = Admit({});
  ASSERT_EQ(admitted.size(), 2U);
  EXPECT_EQ(admitted[0].id, MakeRecordId(17, 1, " {\"a\":1}"));
  EXPECT_EQ(admitted[0].line, "{\"a\":1}") << "what is shipped is the object";
  EXPECT_EQ(admitted[1].id, MakeRecordId(17, 2, "text"));
  EXPECT_EQ(admitted[1].line, "text");
}

TEST_F(AdmissionTest, RecordsOfOneMillisecondAreToldApartAlsoAcrossWorkers) {
  for (const int64_t time_ms : {1000, 1001, 1000}) Take("x", time_ms);
  const auto first = Admit({.index = 0, .count = 2});
  for (const int64_t time_ms : {1000, 1000, -1000}) Take("x", time_ms);
  const auto second = Admit({.index = 1, .count = 2});
  std::vector<int64_t> times;
  for (const auto& admitted : {first, second}) {
    for (const Admitted& record : admitted) times.push_back(record.time_ns);
  }
  EXPECT_EQ(times, (std::vector<int64_t>{1000'000'000, 1001'000'000, 1000'000'002, 1000'000'001, 1000'000'003, -999'999'999}));
}

TEST_F(AdmissionTest, FiltersCount) {
  const ShipFilter filter(std::vector<ShipFilterRule>{{.levels = {"debug"}, .share = 0}});
  Take("one", 1000, "debug");
  Take("two", 1000, "log");
  const auto admitted = Admit({.filter = &filter});
  ASSERT_EQ(admitted.size(), 1U);
  EXPECT_EQ(admitted[0].line, "two");
  EXPECT_EQ(counts_.filtered, 1U);
}

TEST_F(AdmissionTest, AShareIsTheSameEachTime) {
  const ShipFilter filter(std::vector<ShipFilterRule>{{.share = 0.5}});
  std::vector<std::vector<Admitted>> lives;
  for (int life = 0; life < 2; ++life) {
    place_ = 0;
    for (int i = 0; i < 1000; ++i) Take("line " + std::to_string(i));
    lives.push_back(Admit({.filter = &filter}));
  }
  ASSERT_EQ(lives[0].size(), lives[1].size());
  EXPECT_GT(lives[0].size(), 400U);
  EXPECT_LT(lives[0].size(), 600U);
  for (size_t i = 0; i < lives[0].size(); ++i) ASSERT_EQ(lives[0][i].id, lives[1][i].id);
}

TEST_F(AdmissionTest, WhatIsKnownIsLeftOutWhileCatchingUpOnly) {
  auto known = std::make_shared<KnownRecords>(std::vector{MakeRecordId(17, 3, "three"), MakeRecordId(17, 1, "one")});
  const std::weak_ptr<KnownRecords> held = known;
  Begin(true);
  Take("one");
  Take("two");
  Begin(false);
  Take("three");
  const auto admitted = Admit({.known = std::move(known)});
  ASSERT_EQ(admitted.size(), 2U);
  EXPECT_EQ(admitted[0].line, "two");
  EXPECT_EQ(admitted[1].line, "three");
  EXPECT_EQ(counts_.known, 1U);
  EXPECT_TRUE(held.expired());
}

TEST_F(AdmissionTest, TheIdIsOfWhatStoodThereBeforeRedaction) {
  Take(R"({"user":"ann","n":1})");
  AdmissionOptions options;
  options.redaction.fields = {"user"};
  const auto admitted = Admit(std::move(options));
  ASSERT_EQ(admitted.size(), 1U);
  EXPECT_EQ(admitted[0].line, R"({"user":"[redacted]","n":1})");
  EXPECT_EQ(admitted[0].id, MakeRecordId(17, 1, R"({"user":"ann","n":1})"));
}

}  // namespace
}  // namespace logmill
