#include "ingest/decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace logmill {
namespace {

using Type = Value::Type;

class DecoderTest : public ::testing::Test {
 protected:
  Reject Decode(std::string_view line, bool cut = false) { return decoder_.Decode(line, cut, &record_); }
  // What the line is rejected for.
  std::string Rejected(std::string_view line) { return std::string(RejectName(Decode(line))); }
  // The message of an accepted line, between brackets.
  std::string Message(std::string_view line) {
    const Reject reject = Decode(line);
    return reject == Reject::kNone ? "<" + std::string(record_.message.text) + ">" : std::string(RejectName(reject));
  }
  void Use(InputFormat format, FieldPaths fields = {}) { decoder_ = Decoder({.format = format, .keys = {}, .fields = std::move(fields)}); }

  Decoder decoder_{Decoder::Options()};
  Record record_;
};

TEST_F(DecoderTest, NumbersThatNobodyWantsStayEmpty) {
  for (const WantedNumbers numbers : {WantedNumbers{}, WantedNumbers{.pid = true}, WantedNumbers{.timestamp = true}}) {
    decoder_ = Decoder({.format = InputFormat::kAuto, .keys = {}, .fields = {"pid", "timestamp"}, .numbers = numbers});
    ASSERT_EQ(Decode(R"({"pid":36,"timestamp":1766533331507})"), Reject::kNone);
    EXPECT_EQ(record_.pid, numbers.pid ? std::optional<int64_t>(36) : std::nullopt);
    EXPECT_EQ(record_.timestamp_ms, numbers.timestamp ? std::optional<int64_t>(1766533331507) : std::nullopt);
    EXPECT_EQ(record_.fields[0].text, "36") << "a field is another matter";
    EXPECT_EQ(record_.fields[1].text, "1766533331507");
  }
}

TEST_F(DecoderTest, AGalleryLineBecomesARecord) {
  const std::string line =
      R"({"level":"log","pid":36,"timestamp":1766533331507,"message":"Initialized websocket server","context":"WebsocketRepository"})";
  ASSERT_EQ(Decode(line), Reject::kNone);
  EXPECT_EQ(record_.format, RecordFormat::kJson);
  EXPECT_EQ(record_.level, "log");
  EXPECT_EQ(record_.pid, 36);
  EXPECT_EQ(record_.timestamp_ms, 1766533331507);
  EXPECT_EQ(record_.message.type, Type::kString);
  EXPECT_EQ(record_.message.text, "Initialized websocket server");
  EXPECT_EQ(record_.context, "WebsocketRepository");
  EXPECT_EQ(record_.line, line);
  EXPECT_FALSE(record_.cut);
}

TEST_F(DecoderTest, NothingOfTheLastRecordStaysInTheNext) {
  ASSERT_EQ(Decode(R"({"level":"log","pid":1,"timestamp":2,"message":"m","context":"c"})"), Reject::kNone);
  ASSERT_EQ(Decode("{}"), Reject::kNone);
  EXPECT_EQ(record_.format, RecordFormat::kJson);
  EXPECT_EQ(record_.level, "");
  EXPECT_EQ(record_.context, "");
  EXPECT_FALSE(record_.pid.has_value());
  EXPECT_FALSE(record_.timestamp_ms.has_value());
  EXPECT_TRUE(record_.message.absent());
}

TEST_F(DecoderTest, OtherKeyOrdersAndSpacesAndExtraKeysAreTheSameRecord) {
  for (const char* line :
       {R"({"level":"warn","pid":7,"message":"m","context":"c"})", R"({"context":"c","message":"m","pid":7,"level":"warn"})",
        "\t { \"x\" : 1.5e3 , \"level\" :\t\"warn\" ,\"pid\": 7 ,\"message\":\"m\",\"y\":null,\"context\":\"c\" } \r",
        "\xEF\xBB\xBF{\"level\":\"warn\",\"pid\":7,\"message\":\"m\",\"context\":\"c\",\"z\":[{}]}"}) {
    ASSERT_EQ(Decode(line), Reject::kNone) << line;
    EXPECT_EQ(record_.level, "warn") << line;
    EXPECT_EQ(record_.pid, 7) << line;
    EXPECT_EQ(record_.message.text, "m") << line;
    EXPECT_EQ(record_.context, "c") << line;
  }
}

TEST_F(DecoderTest, EscapesInValuesAndKeysAreUndone) {
  EXPECT_EQ(Message(R"({"message":"a\"b\\c\/d\b\f\n\r\t\u00e9\u20AC\ud83d\ude00"})"),
            "<a\"b\\c/d\b\f\n\r\t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80>");
  EXPECT_EQ(Message(R"({"m\u0065ssage":"by an escaped key","\u006cevel":"log"})"), "<by an escaped key>");
  EXPECT_EQ(record_.level, "log");
}

TEST_F(DecoderTest, TheLastOfDuplicateKeysWins) {
  EXPECT_EQ(Message(R"({"message":"one","message":"t\u0077o"})"), "<two>");
  EXPECT_EQ(Message(R"({"message":"t\u0077o","message":"one","message":null})"), "<null>");
  EXPECT_EQ(record_.message.type, Type::kNull);
}

TEST_F(DecoderTest, AMessageOfAnyTypeKeepsItsJsonText) {
  EXPECT_EQ(Message(R"({"message":{"a":[1, "]}\""],"b":{}},"context":"c"})"), R"(<{"a":[1, "]}\""],"b":{}}>)");
  EXPECT_EQ(record_.message.type, Type::kObject);
  EXPECT_EQ(record_.context, "c");
  EXPECT_EQ(Message(R"({"message":[ ]})"), "<[ ]>");
  EXPECT_EQ(Message(R"({"message":-0.5e-7})"), "<-0.5e-7>");
  EXPECT_EQ(Message(R"({"message":true})"), "<true>");
}

TEST_F(DecoderTest, LevelAndContextOfOddTypes) {
  ASSERT_EQ(Decode(R"({"level":30,"context":null})"), Reject::kNone);
  EXPECT_EQ(record_.level, "30");
  EXPECT_EQ(record_.context, "");
  ASSERT_EQ(Decode(R"({"level":null,"context":{"id":1}})"), Reject::kNone);
  EXPECT_EQ(record_.level, "");
  EXPECT_EQ(record_.context, R"({"id":1})");
}

TEST_F(DecoderTest, PidAndTimestampTakeWhatIsANumberAndNeverReject) {
  ASSERT_EQ(Decode(R"({"pid":"36","timestamp":"1766533331507"})"), Reject::kNone);
  EXPECT_EQ(record_.pid, 36);
  EXPECT_EQ(record_.timestamp_ms, 1766533331507);
  ASSERT_EQ(Decode(R"({"pid":36.0,"timestamp":1766533331507.4})"), Reject::kNone);
  EXPECT_EQ(record_.pid, 36);
  EXPECT_EQ(record_.timestamp_ms, 1766533331507);
  for (const char* odd : {"1.5", "\"x\"", "\"\"", "true", "null", "{}", "[1]", "1e400", "99999999999999999999", "\"nan\"", "\"inf\""}) {
    const std::string value = odd;
    ASSERT_EQ(Decode("{\"pid\":" + value + ",\"timestamp\":" + (value == "1.5" ? "1e99" : value) + "}"), Reject::kNone) << odd;
    EXPECT_FALSE(record_.pid.has_value()) << odd;
    EXPECT_FALSE(record_.timestamp_ms.has_value()) << odd;
  }
}

TEST_F(DecoderTest, ALineThatDoesNotBeginLikeAnObjectIsText) {
  for (const char* text :
       {"", " ", "Query failed : {", "{", "  {  ", "{ a: 1 }", "{ 'a': 1 }", "1000", "    null,", "\"x\"", "[{\"a\":1}]", "}"}) {
    ASSERT_EQ(Decode(text), Reject::kNone) << text;
    EXPECT_EQ(record_.format, RecordFormat::kText) << text;
    EXPECT_EQ(record_.message.type, Type::kString);
    EXPECT_EQ(record_.message.text, text);
    EXPECT_EQ(record_.level, "");
  }
}

TEST_F(DecoderTest, TextMayHoldAnyBytesAndMayBeCut) {
  const std::string bytes("\0\xFF\x80 text", 8);
  ASSERT_EQ(Decode(bytes, true), Reject::kNone);
  EXPECT_EQ(record_.message.text, bytes);
  EXPECT_TRUE(record_.cut);
  EXPECT_EQ(Decode(R"({"message":"was cut he)", true), Reject::kTooLong);
}

TEST_F(DecoderTest, AReasonForEachKindOfDamage) {
  EXPECT_EQ(Rejected(R"({"message":"a"}x)"), "syntax");
  EXPECT_EQ(Rejected(R"({"message":"a",})"), "syntax");
  EXPECT_EQ(Rejected(R"({"message":"\q"})"), "syntax");
  EXPECT_EQ(Rejected(R"({"message":"\u12x4"})"), "syntax");
  EXPECT_EQ(Rejected(R"({"message" "a"})"), "syntax");
  EXPECT_EQ(Rejected(R"({"a":[1,2},"b":1})"), "syntax");
  EXPECT_EQ(Rejected(R"({"a": @@@)"), "syntax");
  EXPECT_EQ(Rejected("{\"message\":\"raw\ttab\"}"), "syntax");
  EXPECT_EQ(Rejected(std::string("{\"message\":\"nul\0\"}", 18)), "syntax");
  for (const char* number : {"01", "-", "+1", "1.", ".5", "1e", "0x1", "NaN", "--1", "--12345678901234567890", "1e400x", "tru"}) {
    EXPECT_EQ(Rejected("{\"a\":[" + std::string(number) + "]}"), "syntax") << number;
    EXPECT_EQ(Rejected("{\"a\":" + std::string(number) + "}"), "syntax") << number;
  }
  EXPECT_EQ(Rejected("{\"message\":\"\xC3\x28\"}"), "invalid_utf8");
  EXPECT_EQ(Rejected("{\"message\":[\"\xED\xA0\x80\"]}"), "invalid_utf8");
  EXPECT_EQ(Rejected("{\"\xFF\":1}"), "invalid_utf8");
}

TEST_F(DecoderTest, EveryBeginningOfAnObjectIsTruncated) {
  const std::string line =
      "{\"level\":\"log\",\"n\":-1.5e+3,\"message\":[{\"a\\u00e9\\n\":\"\xC3\xA9\xF0\x9F\x98\x80\"},true,null, false],\"x\":{}}";
  ASSERT_EQ(Decode(line), Reject::kNone);
  for (size_t size = 2; size < line.size(); ++size) EXPECT_EQ(Rejected(line.substr(0, size)), "truncated") << line.substr(0, size);
}

TEST_F(DecoderTest, NumbersTooLargeForOthersAreAccepted) {
  EXPECT_EQ(Message(R"({"message":123456789012345678901234567890})"), "<123456789012345678901234567890>");
  EXPECT_EQ(Message(R"({"a":[100000000000000000000,-1e400,{"b":18446744073709551616}],"message":"m"})"), "<m>");
}

TEST_F(DecoderTest, SurrogatesWithoutPartnerBecomeTheReplacementCharacter) {
  EXPECT_EQ(Message(R"({"message":"a\ud800b\udc00\ud800\ud83d\ude00\udbff"})"), "<a\uFFFDb\uFFFD\uFFFD\U0001F600\uFFFD>");
  EXPECT_EQ(Message(R"({"a":["\ud800"],"message":"x\uD800\u0041"})"), "<x\uFFFD\x41>");
}

TEST_F(DecoderTest, ADeepLineIsRejectedAndTheNextOneIsNot) {
  const std::string deep = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_EQ(Rejected(deep), "too_deep");
  EXPECT_EQ(Rejected(deep.substr(0, 50'000)), "too_deep");
  EXPECT_EQ(Message(R"({"message":"next"})"), "<next>");
  EXPECT_EQ(Message("{\"a\":" + std::string(1000, '[') + "1" + std::string(1000, ']') + ",\"message\":\"deep enough\"}"), "<deep enough>");
}

TEST_F(DecoderTest, HugeLinesAreFine) {
  const std::string text(8 << 20, 'x');
  EXPECT_EQ(Message("{\"message\":\"" + text + "\\n\"}"), "<" + text + "\n>");
  EXPECT_EQ(Rejected("{\"message\":\"" + text), "truncated");
  EXPECT_EQ(Rejected("{\"message\":[" + std::string(1 << 20, '"')), "syntax");
}

TEST_F(DecoderTest, JsonOnlyInputRejectsEverythingElse) {
  Use(InputFormat::kJson);
  for (const char* other : {"", "plain text", "[1]", "12", "\"x\"", "null"}) EXPECT_EQ(Rejected(other), "not_an_object") << other;
  EXPECT_EQ(Rejected("{"), "truncated");
  EXPECT_EQ(Rejected("{ a: 1 }"), "syntax");
  EXPECT_EQ(Message(R"( {"message":"m"})"), "<m>");
  EXPECT_EQ(Decode("cut text", true), Reject::kNotAnObject);
}

TEST_F(DecoderTest, TextInputDoesNotLookForJson) {
  Use(InputFormat::kText);
  EXPECT_EQ(Message(R"({"message":"m"})"), R"(<{"message":"m"}>)");
  EXPECT_EQ(record_.format, RecordFormat::kText);
}

TEST_F(DecoderTest, FieldsAreFoundByPath) {
  Use(InputFormat::kAuto, {"req.method", "log.level", "errors.0.code", "errors.1", "none", "message", "a.b.c", "req"});
  ASSERT_EQ(
      Decode(
          R"({"req":{"url":"\/x","m\u0065thod":"G\u0045T"},"log.level":"flat","errors":[{"code":7},"two"],"message":"m","a":{"b.c":1}})"),
      Reject::kNone);
  ASSERT_EQ(record_.fields.size(), 8U);
  EXPECT_EQ(record_.fields[0].text, "GET");
  EXPECT_EQ(record_.fields[1].text, "flat");
  EXPECT_EQ(record_.fields[2].text, "7");
  EXPECT_EQ(record_.fields[2].type, Type::kNumber);
  EXPECT_EQ(record_.fields[3].text, "two");
  EXPECT_TRUE(record_.fields[4].absent());
  EXPECT_EQ(record_.fields[5].text, "m");
  EXPECT_EQ(record_.fields[6].text, "1");
  EXPECT_EQ(record_.fields[7].type, Type::kObject);
}

TEST_F(DecoderTest, ANestedValueIsPreferredToAFlatKeyAndTheLastDuplicateCounts) {
  Use(InputFormat::kAuto, {"log.level"});
  ASSERT_EQ(Decode(R"({"log":{"level":"nested"},"log.level":"flat"})"), Reject::kNone);
  EXPECT_EQ(record_.fields[0].text, "nested");
  ASSERT_EQ(Decode(R"({"log":{"level":"nested"},"log":"{\"level\":\"a string\"}","log.level":"flat","x":[]})"), Reject::kNone);
  EXPECT_EQ(record_.fields[0].text, "flat");
  ASSERT_EQ(Decode(R"({"log":1,"x":{}})"), Reject::kNone);
  EXPECT_TRUE(record_.fields[0].absent());
}

TEST_F(DecoderTest, ArrayIndexesAreWrittenOneWayOnly) {
  Use(InputFormat::kAuto, {"a.0", "a.00", "a.1", "a.-1", "a.99999999999999999999"});
  ASSERT_EQ(Decode(R"({"a":["zero"]})"), Reject::kNone);
  EXPECT_EQ(record_.fields[0].text, "zero");
  for (size_t i = 1; i < 5; ++i) EXPECT_TRUE(record_.fields[i].absent()) << i;
}

}  // namespace
}  // namespace logmill
