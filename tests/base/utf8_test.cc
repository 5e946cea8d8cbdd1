#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace logmill {
namespace {

TEST(Utf8Test, KnowsWholeCharacters) {
  for (const std::string text :
       {"a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    const Utf8Sequence sequence = FirstUtf8Sequence(text + "tail");
    EXPECT_TRUE(sequence.valid) << text;
    EXPECT_EQ(sequence.bytes, text.size()) << text;
  }
  EXPECT_TRUE(FirstUtf8Sequence(std::string_view("\0", 1)).valid);
}

TEST(Utf8Test, TakesTheLongestBeginningOfWhatIsBroken) {
  struct Case {
    const char* text;
    size_t bytes;
  };
  for (const Case& c :
       {Case{"\x80", 1}, Case{"\xC1\xBF", 1}, Case{"\xC2", 1},
        Case{"\xC2"
             "a",
             1},
        Case{"\xE0\x9F\xBF", 1},
        Case{"\xE1\x80"
             "a",
             2},
        Case{"\xED\xA0\x80", 1}, Case{"\xF0\x8F\xBF\xBF", 1}, Case{"\xF0\x90\x80", 3}, Case{"\xF4\x90\x80\x80", 1}, Case{"\xFF", 1}}) {
    const Utf8Sequence sequence = FirstUtf8Sequence(c.text);
    EXPECT_FALSE(sequence.valid) << c.text;
    EXPECT_EQ(sequence.bytes, c.bytes) << c.text;
  }
}

TEST(Utf8Test, FindsTheFirstInvalidByte) {
  EXPECT_EQ(FindInvalidUtf8(""), std::string_view::npos);
  EXPECT_EQ(FindInvalidUtf8("gr\xC3\xBC\xC3\x9F"), std::string_view::npos);
  EXPECT_EQ(FindInvalidUtf8("gr\xC3\xBC\xC3"), 4U);
  EXPECT_EQ(FindInvalidUtf8("\xFFx"), 0U);
}

}  // namespace
}  // namespace logmill
