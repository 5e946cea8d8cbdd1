#include "metrics/label_text.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace logmill {
namespace {

using namespace std::string_literals;

const std::string kBad = "\xEF\xBF\xBD";  // U+FFFD

std::string Escaped(std::string_view text, bool quotes) {
  std::string out;
  AppendEscaped(out, text, quotes);
  return out;
}

TEST(LabelText, GoodTextStays) {
  for (const std::string& text :
       {""s, "abc"s, "Größe"s, "日本語"s, "\xF0\x9F\x93\xB7"s, "\x7F\t\x01"s, "\xEF\xBF\xBF"s, "\xF4\x8F\xBF\xBF"s}) {
    EXPECT_TRUE(IsCleanText(text));
    EXPECT_EQ(CleanText(text), text);
  }
}

TEST(LabelText, EachBadSequenceBecomesOneReplacement) {
  EXPECT_EQ(CleanText("a\xFFz"), "a" + kBad + "z");
  EXPECT_EQ(CleanText("\x80\x80"), kBad + kBad);
  EXPECT_EQ(CleanText("half \xE6\x97"), "half " + kBad) << "a character cut at the end";
  EXPECT_EQ(CleanText("\xE6\x97x"), kBad + "x");
  EXPECT_EQ(CleanText("\xC0\xAF"), kBad + kBad) << "overlong";
  EXPECT_EQ(CleanText("\xED\xA0\x80"), kBad + kBad + kBad) << "a surrogate";
  EXPECT_EQ(CleanText("\xF4\x90\x80\x80"), kBad + kBad + kBad + kBad) << "beyond U+10FFFF";
  EXPECT_EQ(CleanText("a\0b"s), "a" + kBad + "b") << "NUL";
}

TEST(LabelText, BadBytesAreFoundAtEveryPlaceInAWord) {
  for (size_t length = 1; length < 40; ++length) {
    for (size_t at = 0; at < length; ++at) {
      for (const char bad : {'\0', '\x80', '\xFF', '\xC3'}) {
        std::string text(length, 'x');
        EXPECT_TRUE(IsCleanText(text));
        text[at] = bad;
        EXPECT_FALSE(IsCleanText(text)) << length << ' ' << at;
      }
    }
  }
}

TEST(LabelText, CleaningRandomBytesGivesCleanText) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 5000; ++round) {
    std::string text(static_cast<size_t>(round % 60), ' ');
    for (char& c : text) c = static_cast<char>(byte(random) | (round % 2 != 0 ? 0x80 : 0));
    const std::string clean = CleanText(text);
    ASSERT_TRUE(IsCleanText(clean));
    ASSERT_EQ(CleanText(clean), clean);
    ASSERT_EQ(IsCleanText(text), clean == text);
  }
}

TEST(LabelText, LongValuesAreCutBetweenCharacters) {
  EXPECT_EQ(FitLabelValue(std::string(1'000'000, 'x')), std::string(kMaxLabelValueBytes, 'x'));
  EXPECT_EQ(FitLabelValue(std::string(kMaxLabelValueBytes, 'x')), std::string(kMaxLabelValueBytes, 'x'));
  for (size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'x');
    while (text.size() < 3000) text += "\xF0\x9F\x93\xB7";
    const std::string fit = FitLabelValue(text);
    EXPECT_TRUE(IsFitLabelValue(fit));
    EXPECT_GT(fit.size(), kMaxLabelValueBytes - 4);
    EXPECT_TRUE(text.starts_with(fit));
  }
  EXPECT_EQ(FitLabelValue(std::string(kMaxLabelValueBytes, '\xFF')).size(), kMaxLabelValueBytes / 3 * 3);
}

TEST(LabelText, Escapes) {
  EXPECT_EQ(Escaped("a\"b\\c\nd\re", true), "a\\\"b\\\\c\\nd\re");
  EXPECT_EQ(Escaped("a\"b\\c\n", false), "a\"b\\\\c\\n");
  EXPECT_EQ(Escaped("\\\\", true), "\\\\\\\\");
  EXPECT_EQ(Escaped("", true), "");
}

TEST(LabelText, RendersLabelsInTheirOrder) {
  const std::array<std::string, 2> names{"b", "a"};
  EXPECT_EQ(RenderLabels(names, std::array<std::string_view, 2>{"1", "\""}), R"(b="1",a="\"")");
  EXPECT_EQ(RenderLabels({}, {}), "");
}

}  // namespace
}  // namespace logmill
