// Blocks and console entries in a stream: bounds, waiting, other streams, another life.
#include "ingest/assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/ingest/assembler_support.h"

namespace logmill {
namespace {

using std::chrono::seconds;
using testing::AsCri;
using testing::AssembledStream;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Kept;

constexpr char kHead[] = "[Nest] 11  - 11/22/2026, 9:24:30 AM    WARN [Api:A] first";
constexpr char kNextHead[] = "[Nest] 12  - 11/22/2026, 9:24:31 AM     LOG [Api:B] second";

TEST(Assembler, LetsJsonPassWhileNothingIsPending) {
  AssembledStream stream({.join = {.enabled = true}});
  EXPECT_TRUE(stream.assembler().Passes("{\"level\":\"log\"}"));
  EXPECT_FALSE(stream.assembler().Passes("text"));
  stream.Takes("text");
  EXPECT_FALSE(stream.assembler().Passes("{\"level\":\"log\"}"));
  stream.Takes("{\"level\":\"log\"}");
  EXPECT_TRUE(stream.assembler().Passes("{\"level\":\"log\"}"));
  EXPECT_THAT(stream.Texts(), ElementsAre("text", "{\"level\":\"log\"}"));
}

TEST(Assembler, PassesWhatTheFormatLeavesAlone) {
  EXPECT_TRUE(Assembler({.format = InputFormat::kJson, .join = {.enabled = true}}).Passes("anything"));
  EXPECT_TRUE(Assembler({.format = InputFormat::kText}).Passes("anything"));
  EXPECT_FALSE(Assembler({.format = InputFormat::kText, .join = {.enabled = true}}).Passes("{\"a\":1}"));
  EXPECT_FALSE(Assembler({.framing = Framing::kDocker, .format = InputFormat::kJson}).Passes("{\"a\":1}"));
}

TEST(Assembler, JoinsTextOnlyWhenToldTo) {
  AssembledStream stream({});
  stream.TakesLines("Error: a\n    at f\n");
  EXPECT_THAT(stream.Texts(), ElementsAre("Error: a", "    at f"));
}

TEST(Assembler, AsTextAloneJsonIsALineLikeAnyOther) {
  AssembledStream stream({.format = InputFormat::kText, .join = {.enabled = true}});
  stream.TakesLines("{\"a\":\n  1}\n");
  stream.Ends();
  EXPECT_THAT(stream.Texts(), ElementsAre("{\"a\":\n  1}"));
}

TEST(Blocks, EndAtTheirLimitsAndAreCut) {
  AssembledStream lines({.join = {.enabled = true, .max_lines = 3}});
  lines.TakesLines("a\n 1\n 2\n 3\n  4\nb\n");
  lines.Ends();
  EXPECT_THAT(lines.entries,
              ElementsAre(Kept{.text = "a\n 1\n 2", .cut = true, .lines = 3}, Kept{.text = " 3\n  4", .lines = 2}, Kept{.text = "b"}));

  AssembledStream bytes({.join = {.enabled = true, .max_bytes = 6}});
  bytes.TakesLines("a\n 12\n 3\nlonger than that\n 5\n");
  bytes.Ends();
  EXPECT_THAT(bytes.entries, ElementsAre(Kept{.text = "a\n 12", .cut = true, .lines = 2}, Kept{.text = " 3"},
                                         Kept{.text = "longer than that", .cut = true}, Kept{.text = " 5"}));
  EXPECT_EQ(lines.broken() + bytes.broken(), "");
}

TEST(Blocks, AreCutWhenALineOfTheirsIs) {
  AssembledStream stream({.join = {.enabled = true}});
  stream.Takes("a");
  stream.Takes("  b", true);
  stream.Ends();
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = "a\n  b", .cut = true, .lines = 2}));
}

TEST(Blocks, WaitForAFurtherLineButNotForEver) {
  AssembledStream stream({.join = {.enabled = true}});
  stream.Takes("a");
  stream.Idles(seconds(50));
  stream.Takes("  b");
  stream.Idles(seconds(51));
  EXPECT_THAT(stream.entries, IsEmpty());
  stream.Idles(seconds(52));
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = "a\n  b", .lines = 2}));
  stream.Takes("  c");
  stream.Ends();
  EXPECT_THAT(stream.Texts(), ElementsAre("a\n  b", "  c"));
}

TEST(Blocks, OfStreamsSideBySideDoNotMix) {
  AssembledStream stream({.framing = Framing::kCri, .join = {.enabled = true}});
  for (const auto& [text, name] : std::vector<std::pair<std::string, std::string>>{
           {"Error: a", "stderr"}, {"x", "stdout"}, {"    at f", "stderr"}, {"{\"level\":\"log\"}", "stdout"}, {"    at g", "stderr"}}) {
    stream.Takes(AsCri(text, {}, name)[0]);
  }
  stream.Ends();
  EXPECT_THAT(stream.Texts(), ElementsAre("x", "{\"level\":\"log\"}", "Error: a\n    at f\n    at g"));
}

TEST(Blocks, AreOfOneProcess) {
  AssembledStream stream({.framing = Framing::kEnvelope, .join = {.enabled = true}});
  stream.Takes(R"({"log":"a","key":"k","pid":1,"time_ns":5000000})");
  stream.Takes(R"({"log":"  b","key":"k","pid":1,"time_ns":6000000})");
  stream.Takes(R"({"log":"  c","key":"k","pid":2})");
  stream.Takes(R"({"log":"  whole\n  text","key":"k","pid":2})");
  stream.Ends();
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = "a\n  b", .lines = 2, .time_ms = 5, .pid = 1}, Kept{.text = "  c", .pid = 2},
                                          Kept{.text = "  whole\n  text", .pid = 2}));
}

TEST(Blocks, OfMoreStreamsThanAreRememberedEndEarly) {
  AssembledStream stream({.framing = Framing::kEnvelope, .join = {.enabled = true}});
  const auto take = [&](int key, const std::string& text) {
    stream.Takes(R"({"log":")" + text + R"(","key":")" + std::to_string(key) + "\"}");
  };
  for (int key = 0; key < 256; ++key) take(key, "head");
  take(0, "  more");
  EXPECT_THAT(stream.entries, IsEmpty());
  take(256, "head");
  EXPECT_THAT(stream.Texts(), ElementsAre("head"));  // of stream 1, the oldest
  take(1, "  more");
  take(0, "  more");
  EXPECT_EQ(stream.assembler().pending_lines(), 258U);
  stream.Ends();
  EXPECT_EQ(stream.broken(), "");
}

TEST(Blocks, OfAllStreamsTogetherAreBounded) {
  AssembledStream stream({.framing = Framing::kEnvelope, .join = {.enabled = true, .max_bytes = 100}, .max_line_bytes = 100});
  for (int key = 0; key < 100; ++key) stream.Takes(R"({"log":")" + std::string(90, 'x') + R"(","key":")" + std::to_string(key) + "\"}");
  EXPECT_EQ(stream.assembler().pending_lines(), 8U);  // 4 * 200 bytes
  EXPECT_EQ(stream.broken(), "");
}

TEST(ConsoleEntries, AreJoinedEvenWhereTextIsNot) {
  AssembledStream stream({});
  stream.Takes(kHead);
  stream.Takes("second line");
  stream.Takes(kNextHead);
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = std::string(kHead) + "\nsecond line", .lines = 2}));
  stream.Idles(seconds(1));
  stream.Idles(seconds(2));
  EXPECT_THAT(stream.Texts(), ElementsAre(std::string(kHead) + "\nsecond line", kNextHead));
  stream.Takes("text");
  EXPECT_EQ(stream.Texts().back(), "text");
  EXPECT_EQ(stream.broken(), "");
}

TEST(ConsoleEntries, AtTheirLimitsTakeLinesWithoutTheirText) {
  AssembledStream stream({.join = {.max_lines = 2}});
  stream.Takes(kHead);
  for (int i = 0; i < 5; ++i) stream.Takes("more");
  stream.Takes(kNextHead);
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = std::string(kHead) + "\nmore", .cut = true, .lines = 6}));

  for (int i = 0; i < 100; ++i) stream.Takes("more");
  EXPECT_EQ(stream.entries[1], (Kept{.text = std::string(kNextHead) + "\nmore", .cut = true, .lines = 20}));
  EXPECT_EQ(stream.entries.size(), 2U + 81U);  // ten times as many lines, then there is no end to wait for
  EXPECT_EQ(stream.broken(), "");
}

TEST(ConsoleEntries, EndBlocksOfText) {
  AssembledStream stream({.join = {.enabled = true}});
  stream.TakesLines("Error: a\n    at f\n" + std::string(kHead) + "\n" + kNextHead + "\n");
  stream.Ends();
  EXPECT_THAT(stream.Texts(), ElementsAre("Error: a\n    at f", kHead, kNextHead));
}

TEST(AnotherLife, GoesOnWhereTheFirstOneEnded) {
  AssembledStream stream({.framing = Framing::kCri, .join = {.enabled = true}});
  for (const std::string text : {"Query failed : {", "  params: [", "    1000", "  ]", "}", "}"}) {
    const auto parts = AsCri(text, {text.size() / 2}, "stderr");
    stream.Takes(AsCri(kHead, {})[0]);
    EXPECT_TRUE(stream.Restarts());
    stream.Takes(parts[0]);
    EXPECT_TRUE(stream.Restarts());
    stream.Takes(parts[1]);
    EXPECT_TRUE(stream.Restarts());
  }
  stream.Takes(AsCri("more of it", {})[0]);
  stream.Ends();
  EXPECT_THAT(stream.Texts(), ElementsAre(kHead, kHead, kHead, kHead, kHead, "Query failed : {\n  params: [\n    1000\n  ]\n}", "}",
                                          std::string(kHead) + "\nmore of it"));
  EXPECT_EQ(stream.broken(), "");
}

TEST(AnotherLife, BeginsEmptyWhenNothingWasPending) {
  AssembledStream stream({.join = {.enabled = true}});
  EXPECT_TRUE(stream.Restarts());
  EXPECT_TRUE(stream.assembler().Passes("{\"a\":1}"));
}

TEST(AnotherLife, RestoresNothingFromDamagedBytes) {
  const auto never = [](const Entry&) { FAIL(); };
  Assembler before({.framing = Framing::kEnvelope, .join = {.enabled = true}});
  before.Take(R"({"log":"a","key":"k","level":"warn","context":"c","pid":1,"time_ns":5000000})", false, never);
  before.Take(R"({"log":"a part","stream":"stdout"})", false, never);
  std::string saved;
  before.Save(saved);
  for (size_t i = 0; i < saved.size(); ++i) {
    Assembler after({.framing = Framing::kEnvelope, .join = {.enabled = true}});
    std::string damaged = saved;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_FALSE(after.Restore(damaged)) << i;
    EXPECT_FALSE(after.Restore(saved.substr(0, i)) && i != 0) << i;
    EXPECT_FALSE(after.Restore(saved + saved.substr(0, i + 1))) << i;
    EXPECT_EQ(after.pending_lines(), 0U);
  }
}

}  // namespace
}  // namespace logmill
