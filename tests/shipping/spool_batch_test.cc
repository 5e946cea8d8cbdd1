#include "shipping/spool_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>

#include "base/clock.h"
#include "base/utf8.h"
#include "shipping/spool_record.h"
#include "tests/shipping/sample_records.h"
#include "tests/sources/temporary_folder.h"

namespace logmill {
namespace {

using testing::SampleRecord;
using testing::SpoolPayload;
using testing::Words;

class SpoolBatchTest : public ::testing::Test {
 protected:
  // What comes out of the spool for `record`.
  const ShipRecord& Back(const ShipRecord& record) {
    batch_.Add(record);
    EXPECT_TRUE(spool_->Append(batch_));
    read_.Clear();
    EXPECT_TRUE(reader_.Next(read_));
    return read_.records().front();
  }

  testing::TemporaryFolder folder_;
  const std::unique_ptr<Spool> spool_ = *Spool::Open({.folder = folder_.Path("spool")}, SystemClock());
  SpoolBatch batch_{spool_->key()};
  SpoolReader reader_{*spool_, 1};
  ShipBatch read_;
};

TEST_F(SpoolBatchTest, ARecordComesBackAsItWas) {
  const SampleRecord sample(7);
  EXPECT_EQ(Words(Back(sample.record)), Words(sample.record));
}

TEST_F(SpoolBatchTest, SoDoesOneWithNothingInIt) { EXPECT_EQ(Words(Back({})), Words({})); }

TEST_F(SpoolBatchTest, EveryFieldComesBack) {
  ShipRecord record;
  for (const RecordFormat format : {RecordFormat::kJson, RecordFormat::kText}) {
    for (int type = 0; type <= static_cast<int>(Value::Type::kArray); ++type) {
      for (const int64_t number : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, std::numeric_limits<int64_t>::max()}) {
        record.format = format;
        record.message_type = static_cast<Value::Type>(type);
        record.time_ns = number;
        record.read_ms = -1 - number;
        record.pid = number;
        record.cut = type % 2 == 0;
        record.console = type % 3 == 0;
        record.message = "elsewhere";
        record.level = "x";
        record.line = "the line";
        ASSERT_EQ(Words(Back(record)), Words(record));
      }
    }
  }
}

TEST_F(SpoolBatchTest, NoPidIsNotPidZero) {
  ShipRecord record;
  EXPECT_FALSE(Back(record).pid);
  record.pid = 0;
  EXPECT_EQ(Back(record).pid, 0);
}

TEST_F(SpoolBatchTest, WhatStandsInTheLineIsNotStoredTwice) {
  const std::string line(1000, 'x');
  ShipRecord record{.line = line};
  constexpr size_t kPlace = 2;  // bytes of a place or a length below 16384
  const size_t alone = SpoolPayload(record).size();
  record.message = record.line;
  record.level = record.line.substr(0, 4);
  record.context = record.line.substr(990);
  EXPECT_LE(SpoolPayload(record).size(), alone + 3 * kPlace);
  EXPECT_EQ(Words(Back(record)), Words(record));
  const std::string elsewhere = line;
  record.message = elsewhere;
  EXPECT_GE(SpoolPayload(record).size(), alone + 1000);
  EXPECT_EQ(Words(Back(record)), Words(record));
}

TEST_F(SpoolBatchTest, AStreamThatReadsAsItsSourceIsNotStoredTwice) {
  const std::string path = "/var/log/gallery/app.log";
  ShipRecord record{.source = path, .line = "x"};
  const size_t other = SpoolPayload(record).size();
  record.stream = std::string_view(path).substr(0);
  EXPECT_LE(SpoolPayload(record).size(), other);
  EXPECT_EQ(Words(Back(record)), Words(record));
  record.stream = std::string_view(path).substr(0, path.size() - 1);
  EXPECT_GE(SpoolPayload(record).size(), other + path.size() - 1);
  EXPECT_EQ(Words(Back(record)), Words(record));
}

TEST_F(SpoolBatchTest, ATextThatReachesOutOfTheLineIsStored) {
  const std::string buffer = "0123456789";
  const std::string_view all = buffer;
  ShipRecord record{.level = all.substr(1, 3), .context = all.substr(5, 5), .message = all, .line = all.substr(2, 5)};
  EXPECT_EQ(Words(Back(record)), Words(record));
}

TEST_F(SpoolBatchTest, WhatIsNotUtf8IsReplaced) {
  const std::string line = "caf\xE9 \xF0\x9F\x98\x80 \xE2\x82";
  const std::string mended = "caf\xEF\xBF\xBD \xF0\x9F\x98\x80 \xEF\xBF\xBD";
  const ShipRecord record{.level = "\xC0", .message = line, .source = "s\xFF", .stream = "\x80t", .line = line};
  const ShipRecord& back = Back(record);
  EXPECT_EQ(back.line, mended);
  EXPECT_EQ(back.message, mended);
  EXPECT_EQ(back.message.data(), back.line.data()) << "a message that is the line is not stored twice";
  EXPECT_EQ(back.level, "\xEF\xBF\xBD");
  EXPECT_EQ(back.source, "s\xEF\xBF\xBD");
  EXPECT_EQ(back.stream, "\xEF\xBF\xBDt");
}

TEST_F(SpoolBatchTest, ValidUtf8StaysAsItIs) {
  const std::string line = "{\"message\":\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"}";
  const ShipRecord record{.message = std::string_view(line).substr(12, 9), .line = line};
  EXPECT_EQ(Words(Back(record)), Words(record));
}

TEST_F(SpoolBatchTest, ATextThatIsTooLongIsCutBetweenCharacters) {
  std::string line = "{";
  while (line.size() <= spool_format::kMaxTextBytes) line += "\xE2\x82\xAC";
  const ShipRecord record{.format = RecordFormat::kJson, .message = line, .line = line};
  const ShipRecord& back = Back(record);
  EXPECT_TRUE(back.cut);
  EXPECT_FALSE(back.is_json_object()) << "half an object is none";
  EXPECT_LE(back.line.size(), spool_format::kMaxTextBytes);
  EXPECT_GE(back.line.size() + 3, spool_format::kMaxTextBytes);
  EXPECT_TRUE(line.starts_with(back.line));
  EXPECT_EQ(FindInvalidUtf8(back.line), std::string_view::npos);
  EXPECT_EQ(back.message, back.line);
}

TEST_F(SpoolBatchTest, ATextThatIsCutToTheLastByteIsNotTooLongBesideOthers) {
  const std::string line(spool_format::kMaxTextBytes + 1, 'z');
  const ShipRecord& back = Back({.level = "log", .source = "app", .line = line});
  EXPECT_TRUE(back.cut);
  EXPECT_EQ(back.line.size(), spool_format::kMaxTextBytes);
  EXPECT_EQ(back.level, "log");
}

TEST_F(SpoolBatchTest, ALongLineComesBackWhole) {
  const SampleRecord sample(1, size_t{3} << 20);
  EXPECT_EQ(Words(Back(sample.record)), Words(sample.record));
}

TEST_F(SpoolBatchTest, CountsAndClears) {
  EXPECT_TRUE(batch_.empty());
  batch_.Add(SampleRecord(1).record);
  const size_t one = batch_.bytes();
  batch_.Add(SampleRecord(1).record);
  EXPECT_EQ(batch_.records(), 2U);
  EXPECT_EQ(batch_.bytes(), 2 * one);
  batch_.Clear();
  EXPECT_TRUE(batch_.empty());
  EXPECT_EQ(batch_.bytes(), 0U);
  EXPECT_TRUE(spool_->Append(batch_));
  EXPECT_EQ(spool_->next_sequence(), 1U);
}

// Payloads are read by whoever reads the disk: nothing in them is believed.
TEST_F(SpoolBatchTest, AnyPayloadIsSurvived) {
  std::mt19937 random(1);
  const SampleRecord sample(1);
  const std::string whole = SpoolPayload(sample.record);
  for (int i = 0; i < 20'000; ++i) {
    std::string payload = whole.substr(0, random() % 4 == 0 ? random() % whole.size() : whole.size());
    for (int edits = static_cast<int>(random() % 4); edits > 0 && !payload.empty(); --edits) {
      payload[random() % std::min<size_t>(payload.size(), 90)] = static_cast<char>(random());
    }
    ShipRecord record;
    if (!DecodeSpoolRecord(payload, &record)) continue;
    const std::string_view all = payload;
    for (const std::string_view text : {record.level, record.context, record.message, record.source, record.stream, record.line}) {
      ASSERT_TRUE(text.empty() || (text.data() >= all.data() && text.data() + text.size() <= all.data() + all.size()));
    }
  }
}

}  // namespace
}  // namespace logmill
