// Console entries become the records that the same calls give as JSON.
#include "ingest/console_record.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <ctime>
#include <string>

#include "ingest/decoder.h"
#include "ingest/entry.h"
#include "tests/ingest/console_entries.h"

namespace logmill {
namespace {

using Type = Value::Type;

class ConsoleRecordTest : public ::testing::Test {
 protected:
  Reject Decode(std::string_view text) { return decoder_.Decode(text, false, &record_); }
  Reject DecodeEntry(const Entry& entry) { return decoder_.Decode(entry, &record_); }
  void Use(InputFormat format) { decoder_ = Decoder({.format = format, .keys = {}, .fields = fields_}); }
  std::string_view Field(size_t i) const { return record_.fields[i].text; }

  const FieldPaths fields_ = {"app", "correlationId", "stack", "level", "pid", "context", "message", "timestamp", "other"};
  Decoder decoder_{{.format = InputFormat::kAuto, .keys = {}, .fields = fields_}};
  Record record_;
};

constexpr const char* kLine =
    "[Nest] 36  - 12/23/2025, 11:42:11 PM     LOG [Api:WebsocketRepository~9tsc1h95] Initialized websocket server";

TEST_F(ConsoleRecordTest, ALineBecomesARecord) {
  for (const InputFormat format : {InputFormat::kAuto, InputFormat::kConsole}) {
    Use(format);
    ASSERT_EQ(Decode(kLine), Reject::kNone);
    EXPECT_EQ(record_.format, RecordFormat::kJson);
    EXPECT_TRUE(record_.console);
    EXPECT_FALSE(record_.cut);
    EXPECT_EQ(record_.level, "log");
    EXPECT_EQ(record_.context, "WebsocketRepository");
    EXPECT_EQ(record_.pid, 36);
    EXPECT_EQ(record_.message.type, Type::kString);
    EXPECT_EQ(record_.message.text, "Initialized websocket server");
    EXPECT_EQ(record_.line, kLine);
    ASSERT_TRUE(record_.timestamp_ms);
    const std::time_t second = *record_.timestamp_ms / 1000;
    std::tm local{};
    ::localtime_r(&second, &local);
    EXPECT_EQ(local.tm_hour, 23);
    EXPECT_EQ(local.tm_mday, 23);
  }
}

TEST_F(ConsoleRecordTest, ItsPartsAreFields) {
  ASSERT_EQ(Decode(kLine), Reject::kNone);
  EXPECT_EQ(Field(0), "Api");
  EXPECT_EQ(Field(1), "9tsc1h95");
  EXPECT_TRUE(record_.fields[2].absent());
  EXPECT_EQ(Field(3), "log");
  EXPECT_EQ(record_.fields[4].type, Type::kNumber);
  EXPECT_EQ(Field(4), "36");
  EXPECT_EQ(Field(5), "WebsocketRepository");
  EXPECT_EQ(Field(6), "Initialized websocket server");
  EXPECT_EQ(Field(7), std::to_string(*record_.timestamp_ms));
  EXPECT_TRUE(record_.fields[8].absent());
}

TEST_F(ConsoleRecordTest, NothingOfItStaysInTheNextRecord) {
  ASSERT_EQ(Decode(kLine), Reject::kNone);
  ASSERT_EQ(Decode("plain"), Reject::kNone);
  EXPECT_FALSE(record_.console);
  EXPECT_TRUE(record_.fields.empty());
  ASSERT_EQ(Decode(kLine), Reject::kNone);
  ASSERT_EQ(Decode(R"({"message":"m"})"), Reject::kNone);
  EXPECT_FALSE(record_.console);
  EXPECT_EQ(record_.level, "");
  EXPECT_TRUE(record_.fields[0].absent());
  ASSERT_EQ(Decode("[Nest] 36  - x     LOG m"), Reject::kNone);
  EXPECT_EQ(record_.context, "");
  EXPECT_FALSE(record_.timestamp_ms);
  EXPECT_TRUE(record_.fields[5].absent());
  EXPECT_TRUE(record_.fields[7].absent());
}

TEST_F(ConsoleRecordTest, MessageAndStackAreApart) {
  for (const std::string head : {"[Nest] 30  - 11/22/2026, 9:26:50 AM   ERROR [Api:X] Unable: Error: boom\nand more",
                                 "\x1b[31m[Nest] 30  - \x1b[39m11/22/2026, 9:26:50 AM \x1b[31m  ERROR\x1b[39m \x1b[33m[Api:X]\x1b[39m "
                                 "\x1b[31mUnable: Error: boom\nand more\x1b[39m"}) {
    const std::string entry = head + "\nError: boom\nand more\n    at x \x1b[90m(y)\x1b[39m";
    ASSERT_EQ(Decode(entry), Reject::kNone);
    EXPECT_EQ(record_.message.text, "Unable: Error: boom\nand more");
    EXPECT_EQ(Field(2), "Error: boom\nand more\n    at x (y)");
  }
}

TEST_F(ConsoleRecordTest, TextThatIsNoUtf8IsMended) {
  ASSERT_EQ(Decode("[Nest] 30  - 11/22/2026, 9:26:50 AM   ERROR [Api:\xff] \x1b[31ma\xc3\xa9\xc3\x1b[39m\xe2\x82"), Reject::kNone);
  EXPECT_EQ(record_.context, "\xEF\xBF\xBD");
  EXPECT_EQ(record_.message.text, "a\xc3\xa9\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_F(ConsoleRecordTest, TextLosesItsColoursUnlessItIsToStayAsItIs) {
  const std::string line = "  durationMs: \x1b[33m16.02\x1b[39m,\xff";
  ASSERT_EQ(Decode(line), Reject::kNone);
  EXPECT_EQ(record_.format, RecordFormat::kText);
  EXPECT_EQ(record_.message.text, "  durationMs: 16.02,\xff");
  EXPECT_EQ(record_.line, line);
  Use(InputFormat::kText);
  ASSERT_EQ(Decode(line), Reject::kNone);
  EXPECT_EQ(record_.message.text, line);
  ASSERT_EQ(Decode(kLine), Reject::kNone);
  EXPECT_EQ(record_.format, RecordFormat::kText);
}

TEST_F(ConsoleRecordTest, WithJsonAConsoleLineIsNoObjectAndWithConsoleAnObjectIsText) {
  Use(InputFormat::kJson);
  EXPECT_EQ(Decode(kLine), Reject::kNotAnObject);
  Use(InputFormat::kConsole);
  ASSERT_EQ(Decode(R"({"level":"log"})"), Reject::kNone);
  EXPECT_EQ(record_.format, RecordFormat::kText);
}

TEST_F(ConsoleRecordTest, ACutEntryIsARecordThatSaysSo) {
  ASSERT_EQ(decoder_.Decode(kLine, true, &record_), Reject::kNone);
  EXPECT_TRUE(record_.cut);
  EXPECT_EQ(record_.level, "log");
}

TEST_F(ConsoleRecordTest, WhatCameAlongFillsInWhatTheTextDoesNotSay) {
  ASSERT_EQ(DecodeEntry({.text = R"({"level":"warn","message":"m"})", .time_ms = 5, .level = "log", .context = "nginx", .pid = 7}),
            Reject::kNone);
  EXPECT_EQ(record_.level, "warn");
  EXPECT_EQ(record_.context, "nginx");
  EXPECT_EQ(record_.pid, 7);
  EXPECT_EQ(record_.timestamp_ms, 5);
  ASSERT_EQ(DecodeEntry({.text = kLine, .time_ms = 5, .level = "fatal", .context = "nginx", .pid = 7}), Reject::kNone);
  EXPECT_EQ(record_.level, "log");
  EXPECT_EQ(record_.context, "WebsocketRepository");
  EXPECT_EQ(record_.pid, 36);
  EXPECT_NE(record_.timestamp_ms, 5);
}

TEST_F(ConsoleRecordTest, ATextWithALevelOrAContextFromOutsideIsAStructuredRecord) {
  ASSERT_EQ(DecodeEntry({.text = "\x1b[1mm\xff", .cut = true, .time_ms = 5, .level = "warn", .context = "n\xffx", .pid = 7}),
            Reject::kNone);
  EXPECT_EQ(record_.format, RecordFormat::kJson);
  EXPECT_FALSE(record_.console);
  EXPECT_TRUE(record_.cut);
  EXPECT_EQ(record_.message.text, "m\xEF\xBF\xBD");
  EXPECT_EQ(record_.level, "warn");
  EXPECT_EQ(record_.context, "n\xEF\xBF\xBDx");
  EXPECT_EQ(record_.pid, 7);
  EXPECT_EQ(record_.timestamp_ms, 5);
  EXPECT_EQ(Field(3), "warn");
  EXPECT_EQ(Field(7), "5");
  ASSERT_EQ(DecodeEntry({.text = "m", .time_ms = 5}), Reject::kNone);
  EXPECT_EQ(record_.format, RecordFormat::kText);
  EXPECT_EQ(record_.timestamp_ms, 5);
  EXPECT_EQ(DecodeEntry({.text = R"({"a":)", .level = "warn"}), Reject::kTruncated);
}

TEST_F(ConsoleRecordTest, WithoutNumbersTheyAreNotFilledIn) {
  Decoder decoder({.format = InputFormat::kAuto, .keys = {}, .fields = {"timestamp"}, .numbers = {}});
  ASSERT_EQ(decoder.Decode(Entry{.text = kLine, .pid = 7}, &record_), Reject::kNone);
  EXPECT_FALSE(record_.pid);
  EXPECT_FALSE(record_.timestamp_ms);
  EXPECT_FALSE(record_.fields[0].absent());
}

TEST_F(ConsoleRecordTest, EachNumberIsFilledInWhenItIsWanted) {
  for (const bool pid : {false, true}) {
    Decoder decoder({.format = InputFormat::kAuto, .keys = {}, .fields = {}, .numbers = {.pid = pid, .timestamp = !pid}});
    for (const Entry& entry : {Entry{.text = kLine}, Entry{.text = "m", .time_ms = 5, .pid = 7},
                               Entry{.text = "m", .time_ms = 5, .level = "warn", .pid = 7}, Entry{.text = "{}", .time_ms = 5, .pid = 7}}) {
      ASSERT_EQ(decoder.Decode(entry, &record_), Reject::kNone);
      EXPECT_EQ(record_.pid.has_value(), pid) << entry.text;
      EXPECT_EQ(record_.timestamp_ms.has_value(), !pid) << entry.text;
    }
  }
}

// What a record says, but for its time.
std::string Said(const Record& record) {
  return std::string(record.level) + "|" + std::string(record.context) + "|" + std::to_string(record.pid.value_or(-1)) + "|" +
         std::string(record.message.text) + "|" + (record.fields.empty() ? "" : std::string(record.fields[0].text));
}

std::string SaidBy(const std::string& log) {
  Decoder decoder({.format = InputFormat::kAuto, .keys = {}, .fields = {"stack"}});
  std::string all;
  for (const std::string& entry : testing::ConsoleEntries(log)) {
    Record record;
    EXPECT_EQ(decoder.Decode(Entry{.text = entry}, &record), Reject::kNone);
    EXPECT_EQ(record.format, RecordFormat::kJson) << entry;
    all += Said(record) + "\n";
  }
  return all;
}

std::string WithPid(std::string text, const std::string& pid) {
  for (size_t at; (at = text.find(pid)) != std::string::npos;) text.replace(at, pid.size(), "36");
  return text;
}

TEST(ConsoleShapes, AreReadAsWhatTheSameCallWroteAsJson) {
  simdjson::dom::parser parser;
  int shapes = 0;
  for (const auto shape : parser.load(LOGMILL_SOURCE_DIR "/tests/data/logging/shapes.json").get_array()) {
    const auto text = [&](const char* key) { return WithPid(std::string(std::string_view(shape[key])), "<pid>"); };
    if (text("message").find('\x1b') != std::string::npos) continue;  // only JSON keeps the colours of a message
    if (text("context").find('~') != std::string::npos) continue;     // it ends the context, on the console
    const std::string said = SaidBy(text("json"));
    EXPECT_EQ(SaidBy(text("color")), said) << text("call");
    EXPECT_EQ(SaidBy(text("no_color")), said) << text("call");
    ++shapes;
  }
  EXPECT_GT(shapes, 15);
}

}  // namespace
}  // namespace logmill
