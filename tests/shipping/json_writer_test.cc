#include "shipping/json_writer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "base/utf8.h"

namespace logmill {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string Escaped(std::string_view text) {
  std::string out;
  JsonWriter(out).Text(text);
  return out;
}

template <typename T>
std::string Number(T number) {
  std::string out;
  JsonWriter(out).Number(number);
  return out;
}

// The obvious way, one character at a time.
std::string Repaired(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Sequence first = FirstUtf8Sequence(text);
    out += first.valid ? text.substr(0, first.bytes) : kReplacement;
    text.remove_prefix(first.bytes);
  }
  return out;
}

TEST(JsonWriterTest, PutsCommasWhereTheyBelong) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("a").Number(int64_t{1}).Key("b").BeginArray();
  json.Text("x").Null().BeginObject().EndObject().BeginArray().EndArray().Bool(true);
  json.EndArray().Key("c").Bool(false).Key("d").Raw("[1, 2]").EndObject();
  EXPECT_EQ(out, R"({"a":1,"b":["x",null,{},[],true],"c":false,"d":[1, 2]})");
}

TEST(JsonWriterTest, LeavesValuesInARowToTheCaller) {
  std::string out = "before ";
  JsonWriter json(out);
  json.BeginObject().Key("create").BeginObject().EndObject().EndObject();
  out += '\n';
  json.BeginArray().EndArray();
  out += '\n';
  json.Null();
  EXPECT_EQ(out, "before {\"create\":{}}\n[]\nnull");
}

TEST(JsonWriterTest, GoesAsDeepAsOneLikes) {
  std::string out;
  JsonWriter json(out);
  for (int i = 0; i < 1000; ++i) json.BeginArray();
  json.Null();
  for (int i = 0; i < 1000; ++i) json.EndArray();
  EXPECT_EQ(out, std::string(1000, '[') + "null" + std::string(1000, ']'));
}

TEST(JsonWriterTest, EscapesTextAndKeys) {
  EXPECT_EQ(Escaped("say \"\\\b\f\n\r\t\x01\x1f/\x7f"), R"("say \"\\\b\f\n\r\t\u0001\u001f/)"
                                                        "\x7f\"");
  EXPECT_EQ(Escaped(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(Escaped("Grüße \xE2\x80\xA8 \xF0\x9F\x98\x80"), "\"Grüße \xE2\x80\xA8 \xF0\x9F\x98\x80\"");
  EXPECT_EQ(Escaped(""), "\"\"");
  std::string out;
  JsonWriter(out).BeginObject().Key("a\"b").Null().EndObject();
  EXPECT_EQ(out, R"({"a\"b":null})");
}

TEST(JsonWriterTest, RepairsWhatIsNoUtf8) {
  EXPECT_EQ(Escaped("a\xFF"
                    "b\xE2\x82"),
            "\"a" + std::string(kReplacement) + "b" + std::string(kReplacement) + "\"");
}

TEST(JsonWriterTest, TextReadsBackAsItWas) {
  std::mt19937 random(7);
  simdjson::dom::parser parser;
  for (int round = 0; round < 5000; ++round) {
    std::string text(random() % 100, 'x');
    for (char& c : text) {
      if (random() % 8 == 0) c = static_cast<char>(random() % (round % 2 == 0 ? 0x80 : 0x100));
    }
    std::string_view read;
    ASSERT_EQ(parser.parse(simdjson::padded_string(Escaped(text))).get(read), simdjson::SUCCESS) << Escaped(text);
    ASSERT_EQ(read, Repaired(text));
  }
}

TEST(JsonWriterTest, WritesNumbersThatReadBackTheSame) {
  EXPECT_EQ(Number(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(Number(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(Number(0.1), "0.1");
  EXPECT_EQ(Number(-0.0), "-0");
  EXPECT_EQ(Number(1e300), "1e+300");
  EXPECT_EQ(std::strtod(Number(std::numeric_limits<double>::denorm_min()).c_str(), nullptr), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(Number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(Number(std::nan("")), "null");
}

}  // namespace
}  // namespace logmill
