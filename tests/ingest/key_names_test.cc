#include "ingest/key_names.h"

#include <gtest/gtest.h>

#include <string>

#include "ingest/decoder.h"
#include "ingest/level_names.h"
#include "ingest/scalar.h"

namespace logmill {
namespace {

// A line as the logger of a preset writes it.
class PresetTest : public ::testing::Test {
 protected:
  const Record& Decode(const std::string& preset, std::string line) {
    line_ = std::move(line);
    decoder_ = Decoder({.format = InputFormat::kAuto, .keys = KeyPreset(preset).value(), .fields = {}});
    EXPECT_EQ(decoder_.Decode(line_, false, &record_), Reject::kNone);
    EXPECT_EQ(record_.format, RecordFormat::kJson);
    return record_;
  }

  std::string line_;
  Decoder decoder_{Decoder::Options()};
  Record record_;
};

constexpr int64_t kTime = 1795339470123;  // 2026-11-22T09:24:30.123Z

TEST_F(PresetTest, Nest) {
  const Record& record = Decode("nest", R"({"level":"log","pid":8,"timestamp":1795339470123,"message":"up","context":"Bootstrap"})");
  EXPECT_EQ(record.level, "log");
  EXPECT_EQ(record.pid, 8);
  EXPECT_EQ(record.timestamp_ms, kTime);
  EXPECT_EQ(record.message.text, "up");
  EXPECT_EQ(record.context, "Bootstrap");
}

TEST_F(PresetTest, Pino) {
  const Record& record =
      Decode("pino", R"({"level":30,"time":1795339470123,"pid":657,"hostname":"web-1","name":"shop","req":{"id":1},"msg":"request done"})");
  EXPECT_EQ(record.level, "log");
  EXPECT_EQ(record.pid, 657);
  EXPECT_EQ(record.timestamp_ms, kTime);
  EXPECT_EQ(record.message.text, "request done");
  EXPECT_EQ(record.context, "shop");
}

TEST_F(PresetTest, Zap) {
  const Record& record =
      Decode("zap", R"({"level":"dpanic","ts":1795339470.1234567,"logger":"store","caller":"a/b.go:12","msg":"boom","attempt":3})");
  EXPECT_EQ(record.level, "fatal");
  EXPECT_FALSE(record.pid.has_value());
  EXPECT_EQ(record.timestamp_ms, kTime);
  EXPECT_EQ(record.message.text, "boom");
  EXPECT_EQ(record.context, "store");
}

TEST_F(PresetTest, ZapWithItsIsoTime) {
  EXPECT_EQ(Decode("zap", R"({"level":"info","ts":"2026-11-22T10:24:30.123+0100","msg":"m"})").timestamp_ms, kTime);
}

TEST_F(PresetTest, Slog) {
  const Record& record = Decode("slog", R"({"time":"2026-11-22T04:24:30.123456789-05:00","level":"INFO","msg":"hello","count":3})");
  EXPECT_EQ(record.level, "log");
  EXPECT_EQ(record.timestamp_ms, kTime);
  EXPECT_EQ(record.message.text, "hello");
  EXPECT_EQ(record.context, "");
}

TEST_F(PresetTest, Bunyan) {
  const Record& record =
      Decode("bunyan", R"({"name":"myapp","hostname":"h","pid":40161,"level":50,"msg":"hi","time":"2026-11-22T09:24:30.123Z","v":0})");
  EXPECT_EQ(record.level, "error");
  EXPECT_EQ(record.pid, 40161);
  EXPECT_EQ(record.timestamp_ms, kTime);
  EXPECT_EQ(record.message.text, "hi");
  EXPECT_EQ(record.context, "myapp");
}

TEST_F(PresetTest, EcsFlatAndNested) {
  for (
      const char* line :
      {R"({"@timestamp":"2026-11-22T09:24:30.123Z","log.level":"WARN","message":"slow","ecs.version":"1.2.0","log.logger":"db","process.pid":5})",
       R"({"@timestamp":"2026-11-22T09:24:30.123Z","log":{"level":"WARN","logger":"db"},"message":"slow","process":{"pid":5}})"}) {
    const Record& record = Decode("ecs", line);
    EXPECT_EQ(record.level, "warn") << line;
    EXPECT_EQ(record.pid, 5) << line;
    EXPECT_EQ(record.timestamp_ms, kTime) << line;
    EXPECT_EQ(record.message.text, "slow") << line;
    EXPECT_EQ(record.context, "db") << line;
  }
}

TEST(KeyPreset, AnUnknownNameIsAnErrorThatNamesTheKnown) {
  EXPECT_EQ(KeyPreset("winston").error(), "no key preset named \"winston\"; presets are gallery, nest, pino, zap, slog, bunyan, ecs");
  for (std::string_view name : KeyPresetNames()) EXPECT_TRUE(KeyPreset(name).has_value()) << name;
}

TEST(TranslateLevel, KnownNamesInAnyCaseAndUnknownOnesAsTheyAre) {
  EXPECT_EQ(TranslateLevel("TRACE"), "verbose");
  EXPECT_EQ(TranslateLevel("Notice"), "log");
  EXPECT_EQ(TranslateLevel("WARNING"), "warn");
  EXPECT_EQ(TranslateLevel("critical"), "fatal");
  EXPECT_EQ(TranslateLevel("60"), "fatal");
  EXPECT_EQ(TranslateLevel("INFO+2"), "log");
  EXPECT_EQ(TranslateLevel("DEBUG-4"), "debug");
  for (const char* unknown : {"", "35", "Shout", "-5", "INFO+", "informationally speaking"}) EXPECT_EQ(TranslateLevel(unknown), unknown);
}

int64_t Timestamp(std::string_view text, TimestampUnit unit, Value::Type type = Value::Type::kNumber) {
  int64_t unix_ms = -1;
  return TimestampOf(type, text, unit, &unix_ms) ? unix_ms : -1;
}

TEST(Timestamp, UnitsOfNumbers) {
  using enum TimestampUnit;
  EXPECT_EQ(Timestamp("1795339470", kSeconds), 1795339470000);
  EXPECT_EQ(Timestamp("1795339470123456789", kNanoseconds), kTime);
  EXPECT_EQ(Timestamp("1795339470123", kRfc3339), -1);
  EXPECT_EQ(Timestamp("9223372036854775807", kSeconds), -1);
  for (const char* text : {"1795339470.123", "1795339470123", "1795339470123456", "1795339470123456789"})
    EXPECT_EQ(Timestamp(text, kAuto), kTime) << text;
}

TEST(Timestamp, Rfc3339) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseRfc3339("1969-12-31T23:59:59.5Z"), -500);
  EXPECT_EQ(ParseRfc3339("2024-02-29t23:59:60z"), 1709251200000);
  EXPECT_EQ(ParseRfc3339("2026-11-22 10:54:30,123+01:30"), kTime);
  EXPECT_EQ(ParseRfc3339("0000-03-01T00:00:00Z"), -62162035200000);
  for (const char* wrong :
       {"", "2026", "2026-11-22", "2026-11-22T09:24:30", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T09:24:30.Z", "2026-11-22T09:24:30Z ", "2026-11-22T09:24:30+25:00", "2o26-11-22T09:24:30Z"}) {
    EXPECT_FALSE(ParseRfc3339(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace logmill
