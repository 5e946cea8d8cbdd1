#include "sources/envelope.h"

#include <gtest/gtest.h>

#include <string>

namespace logmill {
namespace {

std::string Write(const Envelope& envelope, size_t most_bytes = SIZE_MAX) {
  std::string out;
  AppendEnvelope(envelope, out, most_bytes);
  return out;
}

std::string Escaped(std::string_view text) {
  const std::string line = Write({.text = text});
  const std::string_view head = "{\"log\":\"";
  const std::string_view tail = "\",\"key\":\"\"}\n";
  EXPECT_TRUE(line.starts_with(head) && line.ends_with(tail)) << line;
  return line.substr(head.size(), line.size() - head.size() - tail.size());
}

TEST(Envelope, SaysWhatIsKnownAndNothingElse) {
  EXPECT_EQ(Write({}), "{\"log\":\"\",\"key\":\"\"}\n");
  EXPECT_EQ(Write({.text = "hello", .key = "3f2a/stderr", .time_ns = 1795339470123456789}),
            "{\"log\":\"hello\",\"key\":\"3f2a/stderr\",\"time_ns\":1795339470123456789}\n");
  EXPECT_EQ(Write({.text = "x", .key = "k", .time_ns = -1, .level = "warn", .context = "sshd", .pid = 812, .cut = true}),
            "{\"log\":\"x\",\"key\":\"k\",\"time_ns\":-1,\"level\":\"warn\",\"context\":\"sshd\",\"pid\":812,\"cut\":true}\n");
}

TEST(Envelope, EscapesWhatJsonWantsEscaped) {
  EXPECT_EQ(Escaped("a \"quoted\" \\ path"), "a \\\"quoted\\\" \\\\ path");
  EXPECT_EQ(Escaped("\b\t\n\v\f\r"), "\\b\\t\\n\\u000b\\f\\r");
  EXPECT_EQ(Escaped(std::string_view("\0\x1f\x7f", 3)), "\\u0000\\u001f\x7f");
  EXPECT_EQ(Escaped("{\"level\":\"log\"}"), "{\\\"level\\\":\\\"log\\\"}");
}

TEST(Envelope, EscapesTheOtherFieldsToo) {
  EXPECT_EQ(Write({.key = "a\"b", .context = "c\nd\xFF"}), "{\"log\":\"\",\"key\":\"a\\\"b\",\"context\":\"c\\nd\xEF\xBF\xBD\"}\n");
}

TEST(Envelope, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(Escaped("Grüße 🚧\u2028"), "Grüße 🚧\u2028");
  EXPECT_EQ(Escaped("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(Escaped("\xE2\x82"), "\uFFFD");                  // a beginning only: one mark
  EXPECT_EQ(Escaped("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate: one a byte
}

// Eight bytes are looked at together: each kind of byte at each place of them.
TEST(Envelope, FindsEverySpecialByteAtEveryPlace) {
  for (size_t at = 0; at < 24; ++at) {
    for (int code = 0; code < 256; ++code) {
      std::string text(24, 'a');
      text[at] = static_cast<char>(code);
      const bool plain = code >= 0x20 && code < 0x80 && code != '"' && code != '\\';
      EXPECT_EQ(Escaped(text) == text, plain) << "byte " << code << " at " << at;
    }
  }
}

TEST(Envelope, CutsItsTextAtACharacterWhenTheLineWouldBeTooLong) {
  const Envelope envelope{.text = "aaaa\nbbbb€cccc", .key = "k"};
  const std::string whole = Write(envelope);
  EXPECT_EQ(Write(envelope, whole.size() + 11), whole);  // the room of `,"cut":true` is always kept
  for (size_t most = 0; most < whole.size(); ++most) {
    const std::string line = Write(envelope, most);
    EXPECT_TRUE(line.ends_with("\",\"key\":\"k\",\"cut\":true}\n")) << line;
    EXPECT_LE(line.size(), std::max(most, Write({.key = "k", .cut = true}).size()));
    const std::string text = line.substr(8, line.find("\",\"key\"") - 8);
    EXPECT_TRUE(std::string_view("aaaa\\nbbbb€cccc").starts_with(text)) << text;
    EXPECT_FALSE(text.ends_with('\\') || text.ends_with("\xE2") || text.ends_with("\xE2\x82")) << text;
  }
  EXPECT_EQ(Write(envelope, 8 + 6 + 24), "{\"log\":\"aaaa\\n\",\"key\":\"k\",\"cut\":true}\n");
}

}  // namespace
}  // namespace logmill
