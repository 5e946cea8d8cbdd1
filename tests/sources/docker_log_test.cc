#include "sources/docker_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "sources/docker_time.h"
#include "tests/support/docker_engine.h"

namespace logmill {
namespace {

using testing::ContainerMessage;
using ::testing::ElementsAre;
using testing::EngineBytes;
using testing::EngineTime;
using ::testing::IsEmpty;
using Skip = DockerLog::Skip;
using Status = DockerLog::Status;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStart = 1'795'339'470 * kSecond;

// A log as the engine keeps it, and whoever reads it: in one go, or with breaks.
class Reader {
 public:
  explicit Reader(DockerCursor cursor = {}, size_t max_message_bytes = 100'000, bool terminal = false)
      : log_({.max_message_bytes = max_message_bytes}, cursor), terminal_(terminal) {}

  void Begin(Skip skip = Skip::kToMark) { log_.Begin(terminal_, skip); }
  Status Take(std::string_view bytes) {
    return log_.Take(bytes, [this](const DockerMessage& message) { return Visit(message); });
  }
  Status Take(const ContainerMessage& message) { return Take(EngineBytes(message, terminal_)); }
  Status Finish() {
    return log_.Finish([this](const DockerMessage& message) { return Visit(message); });
  }
  DockerLog& log() { return log_; }
  std::vector<std::string> texts;     // "out text", "err text", with "!" when cut
  std::vector<DockerCursor> cursors;  // behind each of them

 private:
  bool Visit(const DockerMessage& message) {
    texts.push_back((message.stream == DockerStream::kStderr ? "err " : "out ") + std::string(message.text) + (message.cut ? "!" : ""));
    cursors.push_back(log_.cursor());
    return true;
  }
  DockerLog log_;
  bool terminal_;
};

TEST(DockerTime, ReadsWhatEnginesWrite) {
  EXPECT_EQ(ParseDockerTime("2026-11-22T09:24:30.123456789Z"), kStart + 123'456'789);
  EXPECT_EQ(ParseDockerTime("2026-11-22T09:24:30.1Z"), kStart + 100'000'000);
  EXPECT_EQ(ParseDockerTime("2026-11-22T09:24:30Z"), kStart);
  EXPECT_EQ(ParseDockerTime("2026-11-22T10:54:30.5+01:30"), kStart + kSecond / 2);
  EXPECT_EQ(ParseDockerTime("2026-11-22T04:24:30-05:00"), kStart);
  EXPECT_EQ(ParseDockerTime("1970-01-01T00:00:00Z"), 0);
  for (const char* text :
       {"", "2026", "2026-11-22T09:24:30", "2026-13-22T09:24:30Z", "2026-02-30T09:24:30Z", "2026-11-22 09:24:30Z", "2026-11-22T24:24:30Z",
        "2026-11-22T09:60:30Z", "2026-11-22T09:24:30.Z", "2026-11-22T09:24:30Zx", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z",
        "2026-11-22T09:24:30+1:00", "2026-11-22T09:24:30.000000000000000000000000000000Z"}) {
    EXPECT_FALSE(ParseDockerTime(text)) << text;
  }
  EXPECT_EQ(FormatDockerSince(kStart + 7), "1795339470.000000007");
  EXPECT_EQ(FormatDockerSince(0), "0");
}

TEST(DockerCursor, IsTheSameAfterItWasText) {
  const DockerCursor cursor{.floor_ns = 3, .since_ns = kStart, .marks = {{{kStart + 1, 2}, {INT64_MAX, UINT64_MAX}}}};
  EXPECT_EQ(cursor.Text(), "1795339470000000000 3 1795339470000000001 2 9223372036854775807 18446744073709551615");
  const auto read = DockerCursor::Parse(cursor.Text());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->Text(), cursor.Text());
  for (const char* text : {"", "1", "1 2 3 4 5", "1 2 3 4 5 ", "1 2 3 4 5 6 ", "1 2 3 4 5 6 7", "1 2 x 4 5 6", "-1 2 3 4 5 6",
                           "1 2 3 -4 5 6", "1  2 3 4 5 6", "99999999999999999999 2 3 4 5 6"}) {
    EXPECT_FALSE(DockerCursor::Parse(text)) << text;
  }
}

TEST(DockerLog, TellsTheTwoStreamsApart) {
  Reader reader;
  reader.Begin();
  EXPECT_EQ(reader.Take({1, kStart, "hello\n"}), Status::kTaken);
  EXPECT_EQ(reader.Take({2, kStart + 1, "trouble\r\n"}), Status::kTaken);
  EXPECT_EQ(reader.Take({1, kStart + 2, "\n"}), Status::kTaken);
  EXPECT_THAT(reader.texts, ElementsAre("out hello", "err trouble", "out "));
}

TEST(DockerLog, JoinsPartsWithinTheirStream) {
  Reader reader;
  reader.Begin();
  EXPECT_EQ(reader.Take({1, kStart, std::string(16384, 'a')}), Status::kTaken);
  EXPECT_EQ(reader.Take({2, kStart + 1, "between\n"}), Status::kTaken);
  EXPECT_EQ(reader.Take({1, kStart, "end\n"}), Status::kTaken);
  EXPECT_THAT(reader.texts, ElementsAre("err between", "out " + std::string(16384, 'a') + "end"));
  EXPECT_LE(reader.cursors[0].since_ns, kStart) << "the part is asked for again as long as its message is not whole";
}

TEST(DockerLog, OfATerminalTakesTheTimeStampsOutOfLongLines) {
  Reader reader({}, 100'000, true);
  reader.Begin();
  const std::string part(16384, 'a');
  const std::string mentions = EngineTime(kStart) + " in the text\r\n";
  EXPECT_EQ(reader.Take({1, kStart, part}), Status::kTaken);
  EXPECT_EQ(reader.Take({1, kStart, "\xEF\xBF\xBD" + part}), Status::kTaken) << "longer, where the engine replaced something";
  EXPECT_EQ(reader.Take({1, kStart, "end\r\n"}), Status::kTaken);
  EXPECT_EQ(reader.Take({1, kStart, mentions}), Status::kTaken);
  EXPECT_THAT(reader.texts, ElementsAre("out " + part + "\xEF\xBF\xBD" + part + "end", "out " + mentions.substr(0, mentions.size() - 2)));
}

TEST(DockerLog, CutsWhatIsTooLongAndSaysSo) {
  Reader reader({}, 10);
  reader.Begin();
  EXPECT_EQ(reader.Take({1, kStart, "0123456789\n"}), Status::kTaken);
  EXPECT_EQ(reader.Take({1, kStart, "0123456789\r\n"}), Status::kTaken);
  EXPECT_EQ(reader.Take({1, kStart, "0123456789x\n"}), Status::kTaken);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(reader.Take({1, kStart, std::string(16384, 'y')}), Status::kTaken);
  EXPECT_EQ(reader.Take({1, kStart, "z\n"}), Status::kTaken);
  EXPECT_THAT(reader.texts, ElementsAre("out 0123456789", "out 0123456789", "out 0123456789!", "out yyyyyyyyyy!"));
}

TEST(DockerLog, GivesWhatNeverEndedWhenTheContainerIsOver) {
  Reader reader;
  reader.Begin();
  EXPECT_EQ(reader.Take({1, kStart, "half a li"}), Status::kTaken);
  EXPECT_THAT(reader.texts, IsEmpty());
  EXPECT_EQ(reader.Finish(), Status::kTaken);
  EXPECT_THAT(reader.texts, ElementsAre("out half a li!"));
  Reader later(reader.cursors.back());
  later.Begin();
  EXPECT_EQ(later.Take({1, kStart, "half a li"}), Status::kTaken);
  EXPECT_EQ(later.Take({1, kStart + 1, "started again\n"}), Status::kTaken);
  EXPECT_THAT(later.texts, ElementsAre("out started again"));
}

TEST(DockerLog, HearsTheEngineItself) {
  Reader reader;
  reader.Begin();
  EXPECT_EQ(reader.Take({3, kStart, "error from daemon in stream"}), Status::kTaken);
  EXPECT_THAT(reader.texts, IsEmpty());
  EXPECT_NE(reader.log().TakeEngineError().find("error from daemon"), std::string::npos);
  EXPECT_EQ(reader.log().TakeEngineError(), "");
}

TEST(DockerLog, RefusesWhatIsNoFrame) {
  for (const std::string& bytes :
       {std::string("HTTP/1.1 500 Oops"), std::string("\x04\0\0\0\0\0\0\1x", 9), std::string("\x01\0\1\0\0\0\0\1x", 9)}) {
    Reader reader;
    reader.Begin();
    EXPECT_EQ(reader.Take(bytes), Status::kNoFrames);
    EXPECT_THAT(reader.texts, IsEmpty());
  }
}

TEST(DockerLog, AFrameOfFourGigabytesCostsNoMemory) {
  Reader reader({}, 1000);
  reader.Begin();
  EXPECT_EQ(reader.Take(std::string("\x01\0\0\0\xFF\xFF\xFF\xFF", 8) + EngineTime(kStart) + ' '), Status::kTaken);
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 4095; ++i) ASSERT_EQ(reader.Take(megabyte), Status::kTaken);
  EXPECT_THAT(reader.texts, IsEmpty());
}

// Messages of one time: how many were taken decides.
TEST(DockerLog, GoesOnBetweenMessagesOfTheSameTime) {
  const std::vector<ContainerMessage> log = {
      {1, kStart, "a\n"}, {1, kStart, "a\n"}, {2, kStart, "b\n"}, {1, kStart, "a\n"}, {1, kStart + 1, "c\n"}};
  Reader first;
  first.Begin();
  for (const auto& message : log) EXPECT_EQ(first.Take(message), Status::kTaken);
  for (size_t i = 0; i < log.size(); ++i) {
    Reader second(first.cursors[i]);
    second.Begin();
    for (const auto& message : log) EXPECT_EQ(second.Take(message), Status::kTaken);
    EXPECT_EQ(second.texts, std::vector(first.texts.begin() + static_cast<ptrdiff_t>(i) + 1, first.texts.end())) << "after " << i;
  }
}

TEST(DockerLog, ReadingThatBeganAtTheEndNeverGoesBackBeforeIt) {
  Reader reader({.floor_ns = kStart, .since_ns = kStart, .marks = {}});
  reader.Begin();
  EXPECT_EQ(reader.Take({1, kStart + 5, "new\n"}), Status::kTaken);
  EXPECT_EQ(reader.cursors[0].since_ns, kStart);
}

TEST(DockerLog, NoticesThatTheLastMessageTakenIsGone) {
  const DockerCursor cursor{.floor_ns = 0, .since_ns = kStart - 10 * kSecond, .marks = {{{kStart, 2}, {}}}};
  Reader reader(cursor);
  reader.Begin();
  EXPECT_EQ(reader.Take({1, kStart + 1, "soon after\n"}), Status::kTaken);
  EXPECT_EQ(reader.log().AtEnd(), Status::kMarkGone);
  reader.Begin();
  EXPECT_EQ(reader.Take({1, kStart + 11 * kSecond, "long after\n"}), Status::kMarkGone);
  EXPECT_THAT(reader.texts, IsEmpty());
  reader.Begin(Skip::kByTime);
  EXPECT_EQ(reader.Take({1, kStart, "one of two\n"}), Status::kTaken);
  EXPECT_EQ(reader.Take({1, kStart + 1, "soon after\n"}), Status::kTaken);
  EXPECT_EQ(reader.log().AtEnd(), Status::kTaken);
  EXPECT_THAT(reader.texts, ElementsAre("out soon after"));
}

TEST(DockerLog, AClockThatIsSetBackRepeatsNothing) {
  const std::vector<ContainerMessage> log = {{1, kStart + 5 * kSecond, "late\n"}, {1, kStart, "early\n"}, {1, kStart + 1, "next\n"}};
  Reader first;
  first.Begin();
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(first.Take(log[i]), Status::kTaken);
  Reader second(first.cursors.back());
  second.Begin();
  for (const auto& message : log) EXPECT_EQ(second.Take(message), Status::kTaken);
  EXPECT_EQ(second.log().AtEnd(), Status::kTaken);
  EXPECT_THAT(second.texts, ElementsAre("out next"));
}

// The whole promise: any log, read in pieces of any size, with connections that break anywhere and lives that end anywhere.
TEST(DockerLog, EveryMessageComesOnceWhateverBreaks) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    const bool terminal = random() % 4 == 0;
    std::vector<ContainerMessage> log;
    std::vector<std::string> expected[2];
    std::string open[2];
    int64_t open_ns[2] = {};
    int64_t newest[2] = {};
    int64_t now = kStart;
    for (int i = 0; i < 60; ++i) {
      now += static_cast<int64_t>(random() % 3) * (random() % 10 == 0 ? 3 * kSecond : 1);
      const int stream = terminal || random() % 2 == 0 ? 1 : 2;
      const auto index = static_cast<size_t>(stream - 1);
      // Between the streams the order may differ from that of the times; within one it does not.
      int64_t time = std::max(newest[index], now - static_cast<int64_t>(random() % 1000));
      if (!open[index].empty()) time = open_ns[index];
      newest[index] = time;
      std::string text = "m" + std::to_string(i);
      open[index] += text;
      const bool part = !terminal && random() % 4 == 0;
      open_ns[index] = time;
      if (!part) expected[index].push_back((stream == 2 ? "err " : "out ") + std::exchange(open[index], {}));
      log.push_back({stream, time, text + (part ? "" : "\n")});
    }
    std::vector<std::string> got[2];
    DockerCursor cursor;
    for (bool whole = false; !whole;) {
      std::string bytes;
      for (const auto& message : log) {
        if (message.time_ns >= cursor.since_ns) bytes += EngineBytes(message, terminal);
      }
      Reader reader(cursor, 100'000, terminal);
      reader.Begin();
      size_t stop_at = random() % (bytes.size() + bytes.size() / 4 + 1);
      whole = stop_at >= bytes.size();
      for (size_t at = 0; at < std::min(stop_at, bytes.size());) {
        const size_t piece = std::min<size_t>(1 + random() % 50, std::min(stop_at, bytes.size()) - at);
        ASSERT_EQ(reader.Take(std::string_view(bytes).substr(at, piece)), Status::kTaken);
        at += piece;
      }
      // What was taken when this life ended: all, or only so much that was settled.
      const size_t settled = whole || random() % 2 == 0 ? reader.texts.size() : random() % (reader.texts.size() + 1);
      for (size_t i = 0; i < settled; ++i) got[reader.texts[i].starts_with("err") ? 1 : 0].push_back(reader.texts[i]);
      if (settled > 0) cursor = reader.cursors[settled - 1];
      if (whole) {
        ASSERT_EQ(reader.log().AtEnd(), Status::kTaken);
      }
    }
    ASSERT_EQ(got[0], expected[0]) << "round " << round;
    ASSERT_EQ(got[1], expected[1]) << "round " << round;
  }
}

}  // namespace
}  // namespace logmill
