// Whole logs of a real server, from file to records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "ingest/decoder.h"
#include "ingest/line_splitter.h"
#include "sources/source.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

struct Counts {
  std::map<std::string, int> levels;
  std::map<Value::Type, int> messages;
  int text = 0;
  int rejected = 0;
  int with_stack = 0;
  int incomplete = 0;  // JSON without pid, timestamp or context
};

void Count(const Record& record, Counts* counts) {
  if (record.format == RecordFormat::kText) {
    ++counts->text;
    return;
  }
  ++counts->levels[std::string(record.level)];
  ++counts->messages[record.message.type];
  if (!record.fields[0].absent()) ++counts->with_stack;
  if (!record.pid || !record.timestamp_ms || record.context.empty()) ++counts->incomplete;
}

Counts ReadLog(const std::string& path) {
  Counts counts;
  Decoder decoder({.format = InputFormat::kAuto, .keys = {}, .fields = {"stack"}});
  LineSplitter splitter{LineSplitter::Options()};
  const auto source = *ReadFile(path);
  Line line;
  Record record;
  for (ReadResult result; (result = source->Read(splitter.Room())).status == ReadResult::Status::kData;) {
    splitter.Advance(result.bytes);
    while (splitter.Next(&line)) {
      if (decoder.Decode(line.text, line.cut, &record) != Reject::kNone)
        ++counts.rejected;
      else
        Count(record, &counts);
    }
  }
  return counts;
}

TEST(Sample, TheShortCutOfARealLog) {
  const Counts counts = ReadLog(LOGMILL_SOURCE_DIR "/tests/data/ingest/gallery.jsonl");
  EXPECT_EQ(counts.rejected, 0);
  EXPECT_EQ(counts.text, 40);
  EXPECT_THAT(counts.levels, ElementsAre(Pair("debug", 30), Pair("error", 14), Pair("log", 45), Pair("verbose", 14), Pair("warn", 23)));
  EXPECT_EQ(counts.messages.at(Value::Type::kObject), 3);
  EXPECT_EQ(counts.with_stack, 11);
  EXPECT_EQ(counts.incomplete, 0);
}

// Runs where the full samples lie next to the project.
TEST(Sample, TheFullLog) {
  const std::string path = LOGMILL_SOURCE_DIR "/../shared/samples/json-verbose.jsonl";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no samples here";
  const Counts counts = ReadLog(path);
  EXPECT_EQ(counts.rejected, 0);
  EXPECT_EQ(counts.text, 212);
  EXPECT_THAT(counts.levels,
              ElementsAre(Pair("debug", 993), Pair("error", 314), Pair("log", 629), Pair("verbose", 821), Pair("warn", 313)));
  EXPECT_EQ(counts.messages.at(Value::Type::kObject) + counts.messages.at(Value::Type::kString), 3070);
  EXPECT_EQ(counts.messages.at(Value::Type::kObject), 107);
  EXPECT_EQ(counts.with_stack, 309);
}

}  // namespace
}  // namespace logmill
