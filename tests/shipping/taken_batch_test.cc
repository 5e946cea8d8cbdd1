#include "shipping/taken_batch.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {
namespace {

// What becomes of the texts that were taken must not matter, so they are overwritten.
class TakenBatchTest : public ::testing::Test {
 protected:
  void Begin(std::string source, std::string stream, int64_t now_ms = 5) {
    batch_.Begin({.origin = 17, .source = source, .stream = stream, .now_ms = now_ms, .catching_up = true});
    source.assign(source.size(), '?');
    stream.assign(stream.size(), '?');
  }
  // `level` and `message`: first and last characters of the line. The context stands elsewhere.
  void Add(std::string line, size_t level, size_t message, std::string context = "", std::string lane = "") {
    Record record;
    record.line = line;
    record.level = record.line.substr(0, level);
    record.message = {Value::Type::kNumber, record.line.substr(line.size() - message)};
    record.context = context;
    record.pid = -3;
    batch_.Add(record, 1000, 9, lane);
    line.assign(line.size(), '?');
    context.assign(context.size(), '?');
    lane.assign(lane.size(), '?');
  }

  TakenBatch batch_;
};

TEST_F(TakenBatchTest, ARecordComesBackAsItWas) {
  Begin("gallery", "/logs/a");
  Add("warn 12.5", 4, 4, "Elsewhere", "stdout");
  const TakenRecord taken = batch_.At(0);
  EXPECT_EQ(taken.origin, 17U);
  EXPECT_EQ(taken.place, 9U);
  EXPECT_TRUE(taken.catching_up);
  EXPECT_EQ(taken.record.id, RecordId());
  EXPECT_EQ(taken.record.time_ns, 1'000'000'000);
  EXPECT_EQ(taken.record.read_ms, 5);
  EXPECT_EQ(taken.record.pid, -3);
  EXPECT_EQ(taken.record.line, "warn 12.5");
  EXPECT_EQ(taken.record.level, "warn");
  EXPECT_EQ(taken.record.message, "12.5");
  EXPECT_EQ(taken.record.message_type, Value::Type::kNumber);
  EXPECT_EQ(taken.record.context, "Elsewhere");
  EXPECT_EQ(taken.record.source, "gallery");
  EXPECT_EQ(taken.record.stream, "/logs/a") << "the path tells more than the lane";
}

TEST_F(TakenBatchTest, EveryKindOfRecordComesBack) {
  Begin("", "");
  for (const RecordFormat format : {RecordFormat::kJson, RecordFormat::kText}) {
    for (const bool flag : {false, true}) {
      Record record;
      record.format = format;
      record.cut = flag;
      record.console = !flag;
      if (flag) record.pid = std::numeric_limits<int64_t>::min();
      batch_.Clear();
      batch_.Begin({});
      batch_.Add(record, -TakenBatch::kMostMillis + 1, 0, "");
      const TakenRecord taken = batch_.At(0);
      EXPECT_EQ(taken.record.format, format);
      EXPECT_EQ(taken.record.cut, flag);
      EXPECT_EQ(taken.record.console, !flag);
      EXPECT_EQ(taken.record.pid, record.pid);
      EXPECT_EQ(taken.record.time_ns, (-TakenBatch::kMostMillis + 1) * 1'000'000);
      EXPECT_EQ(taken.record.line, "");
      EXPECT_FALSE(taken.catching_up);
    }
  }
}

TEST_F(TakenBatchTest, WithoutAPathTheLaneIsTheStream) {
  Begin("docker", "");
  Add("a", 0, 1, "", "web stdout");
  Add("b", 0, 1, "", "");
  EXPECT_EQ(batch_.At(0).record.stream, "web stdout");
  EXPECT_EQ(batch_.At(1).record.stream, "");
}

TEST_F(TakenBatchTest, EachRecordKnowsWhereItCameFrom) {
  Begin("first", "x", 1);
  Add("a", 0, 1);
  Begin("second", "y", 2);
  Add("b", 0, 1);
  EXPECT_EQ(batch_.At(0).record.source, "first");
  EXPECT_EQ(batch_.At(0).record.read_ms, 1);
  EXPECT_EQ(batch_.At(1).record.source, "second");
  EXPECT_EQ(batch_.At(1).record.stream, "y");
  EXPECT_EQ(batch_.At(1).record.read_ms, 2);
}

TEST_F(TakenBatchTest, WhatIsLentIsNotCopied) {
  const std::string text = "warn one|warn two|";
  std::shared_ptr<char[]> block(new char[text.size()]);
  text.copy(block.get(), text.size());
  const std::string_view bytes(block.get(), text.size());
  for (int round = 0; round < 2; ++round) {
    batch_.Begin({.source = "app", .stream = "x", .lent = {.bytes = bytes, .owner = block}});
    EXPECT_EQ(block.use_count(), 2);
    EXPECT_GE(batch_.bytes(), text.size()) << "the batch holds it up";
    const std::string elsewhere = "warn joined";
    for (const std::string_view line : {bytes.substr(0, 8), std::string_view(elsewhere), bytes.substr(9, 8)}) {
      Record record;
      record.line = line;
      record.level = line.substr(0, 4);
      record.message = {Value::Type::kString, line.substr(5)};
      const std::string context = "Context";
      record.context = context;
      batch_.Add(record, 1000, 9, "lane");
    }
    Begin("second", "");
    Add(std::string(bytes.substr(0, 8)), 4, 3, "Elsewhere", "stdout");
    EXPECT_EQ(batch_.At(0).record.line.data(), bytes.data());
    EXPECT_EQ(batch_.At(2).record.line.data(), bytes.data() + 9);
    const std::vector<std::string_view> messages{"one", "joined", "two", "one"};
    for (size_t i = 0; i < 4; ++i) {
      const ShipRecord record = batch_.At(i).record;
      EXPECT_EQ(record.line, "warn " + std::string(messages[i]));
      EXPECT_EQ(record.level, "warn");
      EXPECT_EQ(record.message, messages[i]);
      EXPECT_EQ(record.context, i < 3 ? "Context" : "Elsewhere");
      EXPECT_EQ(record.stream, i < 3 ? "x" : "stdout");
    }
    batch_.Clear();
    EXPECT_EQ(block.use_count(), 1);
  }
}

TEST_F(TakenBatchTest, GrowsAndIsUsedAgain) {
  for (int round = 0; round < 2; ++round) {
    Begin("source", "stream");
    for (size_t i = 0; i < 1000; ++i) Add(std::string(i, static_cast<char>('a' + i % 26)), 0, 0, "Context" + std::to_string(i));
    ASSERT_EQ(batch_.records(), 1000U);
    EXPECT_GT(batch_.bytes(), 1000U * 999 / 2);
    for (size_t i = 0; i < 1000; ++i) {
      ASSERT_EQ(batch_.At(i).record.line, std::string(i, static_cast<char>('a' + i % 26)));
      ASSERT_EQ(batch_.At(i).record.context, "Context" + std::to_string(i));
    }
    batch_.Clear();
    EXPECT_TRUE(batch_.empty());
    EXPECT_EQ(batch_.bytes(), 0U);
  }
}

}  // namespace
}  // namespace logmill
