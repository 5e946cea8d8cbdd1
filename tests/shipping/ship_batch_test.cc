#include "shipping/ship_batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/shipping/sample_records.h"

namespace logmill {
namespace {

using testing::SampleRecord;
using testing::Words;

std::string Payload(uint64_t number, size_t padding = 0) { return testing::SpoolPayload(SampleRecord(number, padding).record); }

std::string WordsOf(uint64_t number, size_t padding = 0) { return Words(SampleRecord(number, padding).record); }

TEST(ShipBatchTest, KeepsACopy) {
  ShipBatch batch;
  {
    std::string payload = Payload(1);
    ASSERT_TRUE(batch.Add(11, payload));
    payload.assign(payload.size(), 'x');
  }
  ASSERT_EQ(batch.records().size(), 1U);
  EXPECT_EQ(Words(batch.records()[0]), WordsOf(1));
  EXPECT_EQ(batch.sequences()[0], 11U);
  EXPECT_EQ(batch.bytes(), Payload(1).size());
}

TEST(ShipBatchTest, RecordsStayWhereTheyAreWhileItGrows) {
  ShipBatch batch;
  ASSERT_TRUE(batch.Add(1, Payload(1)));
  const char* const first = batch.records()[0].line.data();
  for (uint64_t i = 2; i <= 5000; ++i) ASSERT_TRUE(batch.Add(i, Payload(i, i % 300 == 0 ? 300'000 : 10)));
  EXPECT_EQ(batch.records()[0].line.data(), first);
  EXPECT_EQ(Words(batch.records()[0]), WordsOf(1));
  for (uint64_t i = 2; i <= 5000; ++i) ASSERT_EQ(Words(batch.records()[i - 1]), WordsOf(i, i % 300 == 0 ? 300'000 : 10));
}

TEST(ShipBatchTest, WhatMakesNoSenseIsNotAdded) {
  ShipBatch batch;
  EXPECT_FALSE(batch.Add(1, ""));
  EXPECT_FALSE(batch.Add(1, std::string(500, 'x')));
  EXPECT_FALSE(batch.Add(1, Payload(1) + "x"));
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.bytes(), 0U);
}

// All sequences of four additions, of payloads that share a block or have one of their own, and removals.
TEST(ShipBatchTest, TheLastOneIsTakenOffAgain) {
  const std::vector<std::string> payloads{Payload(1), Payload(2, 140'000), Payload(3, 300'000)};
  const std::vector<std::string> words{WordsOf(1), WordsOf(2, 140'000), WordsOf(3, 300'000)};
  for (unsigned choice = 0; choice < 4 * 4 * 4 * 4; ++choice) {
    ShipBatch batch;
    std::vector<size_t> expected;
    for (unsigned rest = choice, i = 0; i < 4; ++i, rest /= 4) {
      const size_t what = rest % 4;
      if (what < payloads.size()) {
        ASSERT_TRUE(batch.Add(i, payloads[what]));
        expected.push_back(what);
      } else if (!expected.empty()) {
        batch.PopBack();
        expected.pop_back();
      }
    }
    ASSERT_EQ(batch.records().size(), expected.size());
    ASSERT_EQ(batch.sequences().size(), expected.size());
    size_t bytes = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(Words(batch.records()[i]), words[expected[i]]) << choice;
      bytes += payloads[expected[i]].size();
    }
    ASSERT_EQ(batch.bytes(), bytes);
  }
}

TEST(ShipBatchTest, WhatIsKeptIsCountedAnew) {
  ShipBatch batch;
  for (uint64_t i = 1; i <= 900; ++i) ASSERT_TRUE(batch.Add(i, Payload(i, i % 300 == 0 ? 300'000 : 1000)));
  batch.Keep({0, 299, 898});
  ASSERT_EQ(batch.records().size(), 3U);
  EXPECT_EQ(Words(batch.records()[0]), WordsOf(1, 1000));
  EXPECT_EQ(Words(batch.records()[1]), WordsOf(300, 300'000));
  EXPECT_EQ(Words(batch.records()[2]), WordsOf(899, 1000));
  EXPECT_EQ(batch.sequences()[2], 899U);
  EXPECT_EQ(batch.bytes(), Payload(1, 1000).size() + Payload(300, 300'000).size() + Payload(899, 1000).size());
  ASSERT_TRUE(batch.Add(901, Payload(901)));
  EXPECT_EQ(Words(batch.records()[3]), WordsOf(901));
}

TEST(ShipBatchTest, ClearedItIsAsNew) {
  ShipBatch batch;
  for (int round = 0; round < 3; ++round) {
    for (uint64_t i = 1; i <= 2000; ++i) ASSERT_TRUE(batch.Add(i, Payload(i, 200)));
    EXPECT_EQ(Words(batch.records().back()), WordsOf(2000, 200));
    batch.Clear();
    EXPECT_TRUE(batch.empty());
    EXPECT_EQ(batch.bytes(), 0U);
  }
}

}  // namespace
}  // namespace logmill
