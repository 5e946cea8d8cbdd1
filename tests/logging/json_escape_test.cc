#include "logging/json_escape.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>
#include <string>

namespace logmill {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

#define FFFD "\xEF\xBF\xBD"

std::string Escaped(std::string_view text) {
  spdlog::memory_buf_t out, portable;
  AppendJsonEscaped(text, out);
  AppendJsonEscapedPortable(text, portable);
  EXPECT_EQ(std::string_view(out.data(), out.size()), std::string_view(portable.data(), portable.size()));
  return {out.data(), out.size()};
}

TEST(JsonEscape, EveryAsciiCharacterAsJsonStringifyDoes) {
  for (int code = 0x20; code < 0x80; ++code) {
    const char c = static_cast<char>(code);
    if (c != '"' && c != '\\') {
      EXPECT_EQ(Escaped({&c, 1}), std::string(1, c));
    }
  }
  EXPECT_EQ(Escaped("\"\\"), "\\\"\\\\");
  EXPECT_EQ(Escaped("\b\t\n\f\r"), "\\b\\t\\n\\f\\r");
  EXPECT_EQ(Escaped("\0\1\2\3\4\5\6\7"s), "\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007");
  EXPECT_EQ(Escaped("\x0b\x0e\x0f\x10\x11\x12\x13\x14"), "\\u000b\\u000e\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014");
  EXPECT_EQ(Escaped("\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"),
            "\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f");
}

TEST(JsonEscape, OtherTextStaysAsItIs) {
  for (const std::string_view text : {"", "é 漢 🚧", "\xE2\x80\xA8\xE2\x80\xA9", "\xC2\x80\x7f", "\xEF\xBF\xBF\xF4\x8F\xBF\xBF", FFFD})
    EXPECT_EQ(Escaped(text), text);
}

TEST(JsonEscape, AppendsBehindWhatIsThere) {
  spdlog::memory_buf_t out;
  AppendJsonEscaped("a\n", out);
  AppendJsonEscaped("", out);
  AppendJsonEscaped("b", out);
  EXPECT_EQ(std::string_view(out.data(), out.size()), "a\\nb");
}

// One U+FFFD for each maximal subpart: the same cases through TextDecoder give the same text.
TEST(JsonEscape, InvalidUtf8IsReplaced) {
  const struct {
    const char* what;
    std::string bytes, text;
  } cases[] = {
      {"lone continuation bytes", "\x80\xBF", FFFD FFFD},
      {"overlong of two bytes", "\xC0\xAF\xC1\xBF", FFFD FFFD FFFD FFFD},
      {"overlong of three bytes", "\xE0\x80\xAF", FFFD FFFD FFFD},
      {"overlong of four bytes", "\xF0\x80\x80\xAF", FFFD FFFD FFFD FFFD},
      {"surrogate", "\xED\xA0\x80", FFFD FFFD FFFD},
      {"above U+10FFFF", "\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD},
      {"bytes that never occur", "\xF5\xFE\xFF", FFFD FFFD FFFD},
      {"two of three bytes", "\xE1\x80", FFFD},
      {"two of three bytes, then text", "\xE1\x80z", FFFD "z"},
      {"three of four bytes", "\xF0\x9F\x9A", FFFD},
      {"two of four bytes, then a lead", "\xF1\x80\xE1\x80\xC2", FFFD FFFD FFFD},
      {"the example of the Unicode standard",
       "a\xF1\x80\x80\xE1\x80\xC2"
       "b\x80"
       "c\x80\xBF"
       "d",
       "a" FFFD FFFD FFFD "b" FFFD "c" FFFD FFFD "d"},
      {"cut lead, then a quote", "\xE2\"", FFFD "\\\""},
      {"Latin-1", "caf\xE9 ol\xE9", "caf" FFFD " ol" FFFD},
  };
  for (const auto& c : cases) EXPECT_EQ(Escaped(c.bytes), c.text) << c.what;
}

TEST(JsonEscape, OneSpecialByteAtEveryPlaceOfEveryLength) {
  for (size_t size = 1; size <= 70; ++size) {
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '\n';
      ASSERT_EQ(Escaped(text), std::string(at, 'x') + "\\n" + std::string(size - at - 1, 'x')) << size << " " << at;
    }
  }
}

TEST(JsonEscape, TheWorstTextGrowsSixfold) {
  const std::string escaped = Escaped(std::string(100000, '\1'));
  EXPECT_EQ(escaped.size(), 600000U);
  EXPECT_EQ(escaped.substr(escaped.size() - 12), "\\u0001\\u0001");
}

// Any bytes become a JSON string that a strict parser takes, and whose value is the text when it was valid.
TEST(JsonEscape, RandomBytesAreAlwaysValidJson) {
  std::mt19937_64 random(1);
  constexpr auto alphabet = "\"\\\b\n\x01\x1f\x7f az\x80\xBF\xC2\xC3\xE0\xE2\xED\xEF\xF0\x9F\x9A\xA7\xF4\xFF"sv;
  simdjson::dom::parser parser;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (size_t left = random() % 90; left > 0; --left) {
      text += random() % 4 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
    }
    const std::string json = "[\"" + Escaped(text) + "\"]";
    std::string_view value;
    ASSERT_EQ(parser.parse(json).at(0).get(value), simdjson::SUCCESS) << json;
    if (simdjson::validate_utf8(text)) {
      ASSERT_EQ(value, text);
    }
  }
}

}  // namespace
}  // namespace logmill
