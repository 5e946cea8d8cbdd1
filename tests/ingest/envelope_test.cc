// Lines in envelopes: Docker's files, Kubernetes' files, and the lines of a Feed.
#include "sources/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/assembler.h"
#include "tests/ingest/assembler_support.h"

namespace logmill {
namespace {

using testing::AsCri;
using testing::AsDocker;
using testing::AssembledStream;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Kept;

constexpr int64_t kTimeMs = 1795339470123;

AssembledStream Docker(size_t max_line_bytes = 1 << 20) {
  return AssembledStream({.framing = Framing::kDocker, .max_line_bytes = max_line_bytes});
}
AssembledStream Cri() { return AssembledStream({.framing = Framing::kCri}); }

TEST(DockerLine, GivesItsTextAndItsTime) {
  AssembledStream stream = Docker();
  stream.Takes(R"({"log":"{\"level\":\"log\",\"message\":\"a\\nb\"}\n","stream":"stdout","time":"2026-11-22T09:24:30.123456789Z"})");
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = R"({"level":"log","message":"a\nb"})", .time_ms = kTimeMs}));
}

TEST(DockerLine, MayHaveItsKeysInAnyOrderAndMoreOfThem) {
  AssembledStream stream = Docker();
  stream.Takes(R"({"log":"a\n","stream":"stderr","attrs":{"env":"x","n":{"log":"no\n"}},"time":"2026-11-22T09:24:30.123456789Z"})");
  stream.Takes(R"( { "time" : "2026-11-22T10:24:30.123+01:00", "stream":"stdout", "\u006cog" : "\u00e4 \u003cb\u003e \"c\"\r\n" } )");
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = "a", .time_ms = kTimeMs}, Kept{.text = "\u00e4 <b> \"c\"", .time_ms = kTimeMs}));
}

TEST(DockerLine, KeepsEmptyLinesAndLosesOneLineEndOnly) {
  AssembledStream stream = Docker();
  stream.Takes(R"({"log":"\n","stream":"stdout","time":"2026-11-22T09:24:30Z"})");
  stream.Takes(R"({"log":"a \n","stream":"stdout","time":"2026-11-22T09:24:30Z"})");
  stream.Takes(R"({"log":"b\n\n","stream":"stdout","time":"2026-11-22T09:24:30Z"})");
  EXPECT_THAT(stream.Texts(), ElementsAre("", "a ", "b\n"));
}

TEST(DockerLine, OfAnotherKindIsRejectedAndChangesNothing) {
  AssembledStream stream = Docker();
  stream.Takes(AsDocker("first|second", {5})[0]);
  for (const std::string line :
       {"", "plain text", "{}", "[]", R"({"level":"log","message":"a"})", R"({"log":5,"stream":"stdout","time":"x"})",
        R"({"log":"a\n","stream":"stdout","time":"2026-11-22T09:24:30Z"}x)", R"({"log":"a\n")", "{\"log\":\"\xff\\n\"}",
        R"({"log":"\q\n","stream":"stdout"})", R"({"stream":"stdout","time":5})"}) {
    EXPECT_EQ(stream.Takes(line), Reject::kNoEnvelope) << line;
  }
  EXPECT_EQ(stream.Takes(R"({"log":"too lo)", true), Reject::kTooLong);
  stream.Takes(AsDocker("first|second", {5})[1]);
  EXPECT_THAT(stream.Texts(), ElementsAre("first|second"));
  EXPECT_EQ(stream.rejected, 12U);
  EXPECT_EQ(stream.broken(), "");
}

TEST(DockerLine, WithoutAReadableTimeIsStillOne) {
  AssembledStream stream = Docker();
  stream.Takes(R"({"log":"a\n","stream":"stdout","time":"yesterday"})");
  stream.Takes(R"({"log":"b\n"})");
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = "a"}, Kept{.text = "b"}));
}

TEST(DockerParts, AreJoinedByStream) {
  AssembledStream stream = Docker();
  const auto out = AsDocker(R"({"message":"out of the first part and the second"})", {20, 30});
  const auto err = AsDocker("an error in two parts", {11}, "stderr");
  for (const std::string& line : {out[0], err[0], out[1], err[1], out[2]}) EXPECT_EQ(stream.Takes(line), Reject::kNone);
  EXPECT_THAT(stream.entries,
              ElementsAre(Kept{.text = "an error in two parts", .lines = 2, .time_ms = kTimeMs},
                          Kept{.text = R"({"message":"out of the first part and the second"})", .lines = 3, .time_ms = kTimeMs}));
  EXPECT_EQ(stream.broken(), "");
}

TEST(DockerParts, MayBeEmptyAndEndAnywhere) {
  AssembledStream stream = Docker();
  stream.Takes(R"({"stream":"stdout","time":"2026-11-22T09:24:30.123456789Z"})");  // Docker leaves an empty `log` out
  stream.Takes(R"({"log":"exactly 16 KiB\r","stream":"stdout","time":"2026-11-22T09:24:30.123456789Z"})");
  EXPECT_THAT(stream.entries, IsEmpty());
  stream.Takes(R"({"log":"\n","stream":"stdout","time":"2026-11-22T09:24:30.123456789Z"})");
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = "exactly 16 KiB", .lines = 3, .time_ms = kTimeMs}));
}

// What Docker did to a character that its cut went through: a U+FFFD for each byte, in the file already.
TEST(DockerParts, ACharacterThatDockerCutIsLost) {
  AssembledStream stream = Docker();
  stream.Takes(R"({"log":"{\"message\":\"a\ufffd","stream":"stdout","time":"2026-11-22T09:24:30.123456789Z"})");
  stream.Takes(R"({"log":"\ufffd\ufffdb\"}\n","stream":"stdout","time":"2026-11-22T09:24:30.123456789Z"})");
  EXPECT_THAT(stream.Texts(), ElementsAre("{\"message\":\"a\uFFFD\uFFFD\uFFFDb\"}"));
}

TEST(DockerParts, TogetherAreNoLongerThanALineMayBe) {
  AssembledStream stream = Docker(10);
  for (const std::string& line : AsDocker("0123456789abcdef", {4, 8, 12})) stream.Takes(line);
  for (const std::string& line : AsDocker("0123456789", {5})) stream.Takes(line);
  for (const std::string& line : AsDocker("0123456789a", {})) stream.Takes(line);
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = "0123456789", .cut = true, .lines = 4, .time_ms = kTimeMs},
                                          Kept{.text = "0123456789", .lines = 2, .time_ms = kTimeMs},
                                          Kept{.text = "0123456789", .cut = true, .time_ms = kTimeMs}));
  EXPECT_EQ(stream.broken(), "");
}

TEST(DockerParts, ThatNeverEndAreGivenUpAfterALongTime) {
  using std::chrono::seconds;
  AssembledStream stream = Docker();
  stream.Takes(AsDocker("begun|never ended", {5})[0]);
  stream.Idles(seconds(100));
  stream.Idles(seconds(109));
  EXPECT_THAT(stream.entries, IsEmpty());
  stream.Idles(seconds(110));
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = "begun", .cut = true, .time_ms = kTimeMs}));

  stream.Takes(AsDocker("begun again|", {5})[0]);
  stream.Ends();
  EXPECT_EQ(stream.entries.back(), (Kept{.text = "begun", .cut = true, .time_ms = kTimeMs}));
  EXPECT_EQ(stream.broken(), "");
}

TEST(CriLine, GivesItsTextAndItsTime) {
  AssembledStream stream = Cri();
  stream.Takes("2026-11-22T09:24:30.123456789Z stdout F {\"level\":\"log\"}");
  stream.Takes("2026-11-22T10:24:30.123456789+01:00 stderr F:some:tags  two  spaces ");
  stream.Takes("2026-11-22T09:24:30.123456789Z stdout F ");
  stream.Takes("2026-11-22T09:24:30.123456789Z stdout F");
  EXPECT_THAT(stream.entries,
              ElementsAre(Kept{.text = "{\"level\":\"log\"}", .time_ms = kTimeMs}, Kept{.text = " two  spaces ", .time_ms = kTimeMs},
                          Kept{.text = "", .time_ms = kTimeMs}, Kept{.text = "", .time_ms = kTimeMs}));
}

TEST(CriLine, OfAnotherKindIsRejected) {
  AssembledStream stream = Cri();
  for (const std::string line :
       {"", "text", "2026-11-22T09:24:30Z", "2026-11-22T09:24:30Z stdout", "2026-11-22T09:24:30Z stdout X text",
        "2026-11-22T09:24:30Z stdlog F text", "2026-13-22T09:24:30Z stdout F text", " 2026-11-22T09:24:30Z stdout F text",
        "2026-11-22T09:24:30Z  stdout F text", "2026-11-22T09:24:30Z stdout PF text", "{\"log\":\"a\\n\"}"}) {
    EXPECT_EQ(stream.Takes(line), Reject::kNoEnvelope) << line;
  }
  EXPECT_EQ(stream.broken(), "");
}

TEST(CriParts, AreJoinedByteForByte) {
  AssembledStream stream = Cri();
  const std::string text = "{\"message\":\"gr\u00fc\u00dfe \U0001F600\"}";
  std::vector<size_t> everywhere;
  for (size_t i = 1; i < text.size(); ++i) everywhere.push_back(i);
  const auto other = AsCri("other", {2}, "stderr");
  stream.Takes(other[0]);
  for (const std::string& line : AsCri(text, everywhere)) stream.Takes(line);
  stream.Takes(other[1]);
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = text, .lines = static_cast<uint32_t>(text.size()), .time_ms = kTimeMs},
                                          Kept{.text = "other", .lines = 2, .time_ms = kTimeMs}));
}

TEST(CriParts, OfWhichOneWasCutMakeACutLine) {
  AssembledStream stream = Cri();
  const auto lines = AsCri("begin and end", {5});
  stream.Takes(lines[0], true);
  stream.Takes(lines[1]);
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = "begin and end", .cut = true, .lines = 2, .time_ms = kTimeMs}));
}

TEST(OwnEnvelope, SaysWhatIsKnownFromOutside) {
  AssembledStream stream({.framing = Framing::kEnvelope});
  stream.Takes(R"({"log":"text","key":"3f2a/stderr","time_ns":1795339470123456789,"level":"warn","context":"ss\u0068d","pid":812})");
  stream.Takes(R"({"log":"two\nlines\n","key":""})");
  stream.Takes(R"({"log":"before 1970","key":"","time_ns":-1})");
  stream.Takes(R"({"log":"the beg","key":"","cut":true})");
  stream.Takes(R"({"key":"a"})");
  EXPECT_THAT(stream.entries,
              ElementsAre(Kept{.text = "text", .time_ms = kTimeMs, .level = "warn", .context = "sshd", .pid = 812},
                          Kept{.text = "two\nlines"}, Kept{.text = "before 1970", .time_ms = -1}, Kept{.text = "the beg", .cut = true}));
  EXPECT_EQ(stream.rejected, 1U);
  EXPECT_EQ(stream.broken(), "");
}

TEST(OwnEnvelope, GivesBackWhatWasPutIn) {
  AssembledStream stream({.framing = Framing::kEnvelope});
  const std::string text = "\"quoted\" \\ and\ttwo\nlines \x01 \u00e4 \U0001F600 \xff";
  std::string line;
  AppendEnvelope({.text = text, .key = "a/b", .time_ns = 5'999'999, .level = "error", .context = "\"c\"", .pid = -3, .cut = true}, line);
  AppendEnvelope({.text = ""}, line);
  stream.TakesLines(line);
  EXPECT_THAT(stream.entries, ElementsAre(Kept{.text = text.substr(0, text.size() - 1) + "\uFFFD",
                                               .cut = true,
                                               .time_ms = 5,
                                               .level = "error",
                                               .context = "\"c\"",
                                               .pid = -3},
                                          Kept{.text = ""}));
}

}  // namespace
}  // namespace logmill
