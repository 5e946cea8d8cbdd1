#include "sources/feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "sources/cursor_text.h"

namespace logmill {
namespace {

std::string ReadSome(Feed& feed, size_t room = 1000) {
  std::string bytes(room, '\0');
  const ReadResult result = feed.Read(bytes);
  EXPECT_NE(result.status, ReadResult::Status::kError) << result.error;
  return bytes.substr(0, result.bytes);
}

std::string ReadError(Feed& feed) {
  char room[8];
  const ReadResult result = feed.Read(room);
  EXPECT_EQ(result.status == ReadResult::Status::kError, !result.error.empty());
  return result.error;
}

CursorMap CursorsAt(Feed& feed, uint64_t offset) { return ReadCursors(feed.CursorAt(offset)).value_or(CursorMap{{"damaged", ""}}); }

TEST(Feed, GivesTheLinesInOrderAndThenIdles) {
  Feed feed({.name = "test"});
  EXPECT_EQ(ReadSome(feed), "");
  EXPECT_TRUE(feed.Push("one\n"));
  EXPECT_TRUE(feed.Push("two\nthree\n"));
  EXPECT_EQ(feed.waiting_bytes(), 14u);
  EXPECT_EQ(ReadSome(feed, 5), "one\nt");
  EXPECT_TRUE(feed.Push("four\n"));
  EXPECT_EQ(ReadSome(feed), "wo\nthree\nfour\n");
  EXPECT_EQ(ReadSome(feed), "");
  EXPECT_EQ(feed.waiting_bytes(), 0u);
}

TEST(Feed, RefusesWhatDoesNotFitAndTakesItOnceThereIsRoom) {
  Feed feed({.name = "test", .most_bytes = 10});
  EXPECT_TRUE(feed.Push("12345\n"));
  EXPECT_FALSE(feed.Push("6789\n"));
  EXPECT_EQ(ReadSome(feed, 3), "123");
  EXPECT_TRUE(feed.Push("6789\n"));
  EXPECT_EQ(ReadSome(feed), "45\n6789\n");
}

TEST(Feed, TakesALineLongerThanItsLimitWhenNothingWaits) {
  Feed feed({.name = "test", .most_bytes = 10});
  const std::string longest = std::string(1000, 'x') + "\n";
  EXPECT_TRUE(feed.Push(longest));
  EXPECT_FALSE(feed.Push("\n"));
  EXPECT_EQ(ReadSome(feed, 2000), longest);
}

TEST(Feed, CountsCursorsAgainstItsLimit) {
  Feed feed({.name = "test", .most_bytes = 1000});
  size_t pushed = 0;
  while (feed.Push("x\n", "key", std::string(100, 'c'))) ++pushed;
  EXPECT_GT(pushed, 2u);
  EXPECT_LT(pushed, 10u);
  EXPECT_EQ(ReadSome(feed).size(), 2 * pushed);
  EXPECT_TRUE(feed.Push("x\n", "key", "c"));
}

TEST(Feed, ACursorHoldsOnceTheWholeOfItsLinesIsSettled) {
  Feed feed({.name = "test"});
  EXPECT_TRUE(feed.Push("one\n", "a", "a1"));
  EXPECT_TRUE(feed.Push("two\n", "b", "b1"));
  EXPECT_TRUE(feed.Push("three\nfour\n", "a", "a2"));
  EXPECT_EQ(ReadSome(feed).size(), 19u);
  EXPECT_EQ(CursorsAt(feed, 0), (CursorMap{}));
  EXPECT_EQ(CursorsAt(feed, 3), (CursorMap{}));
  EXPECT_EQ(CursorsAt(feed, 4), (CursorMap{{"a", "a1"}}));
  EXPECT_EQ(CursorsAt(feed, 8), (CursorMap{{"a", "a1"}, {"b", "b1"}}));
  EXPECT_EQ(CursorsAt(feed, 14), (CursorMap{{"a", "a1"}, {"b", "b1"}}));
  EXPECT_EQ(CursorsAt(feed, 19), (CursorMap{{"a", "a2"}, {"b", "b1"}}));
}

TEST(Feed, ReadingOnKeepsWhatItsReaderMayStillAskFor) {
  Feed feed({.name = "test"});
  EXPECT_TRUE(feed.Push("one\n", "a", "1"));
  EXPECT_TRUE(feed.Push("two\n", "a", "2"));
  EXPECT_EQ(ReadSome(feed, 6), "one\ntw");
  EXPECT_EQ(ReadSome(feed, 6), "o\n");
  EXPECT_EQ(CursorsAt(feed, 4), (CursorMap{{"a", "1"}}));
  EXPECT_EQ(CursorsAt(feed, 8), (CursorMap{{"a", "2"}}));
}

TEST(Feed, CursorsSurviveIntoAnotherLife) {
  Feed first({.name = "test"});
  EXPECT_TRUE(first.Push("one\n", "a", std::string("\0\n,:9", 5)));
  EXPECT_TRUE(first.Push("two\n", "", "plain"));
  ReadSome(first);
  Feed second({.name = "test", .cursor = first.CursorAt(8)});
  EXPECT_EQ(second.Cursors(), (CursorMap{{"a", std::string("\0\n,:9", 5)}, {"", "plain"}}));
  EXPECT_TRUE(second.Push("three\n", "a", "3"));
  EXPECT_EQ(CursorsAt(second, 0), second.Cursors()) << "offsets begin anew, cursors do not";
  ReadSome(second);
  EXPECT_EQ(CursorsAt(second, 6), (CursorMap{{"a", "3"}, {"", "plain"}}));
}

TEST(Feed, ACursorMovesWithoutLines) {
  Feed feed({.name = "test"});
  for (int i = 0; i < 100'000; ++i) EXPECT_TRUE(feed.Push("", "a", std::to_string(i)));
  EXPECT_EQ(CursorsAt(feed, 0), (CursorMap{{"a", "99999"}}));
}

TEST(Feed, ForgetsAKeyBehindItsLastLine) {
  Feed feed({.name = "test", .cursor = WriteCursors({{"old", "1"}})});
  EXPECT_TRUE(feed.Push("one\n", "a", "1"));
  feed.Forget("a");
  feed.Forget("old");
  ReadSome(feed);
  EXPECT_EQ(CursorsAt(feed, 3), (CursorMap{{"old", "1"}}));
  EXPECT_EQ(CursorsAt(feed, 4), (CursorMap{}));
}

TEST(Feed, WithoutReplayThereAreNoCursors) {
  Feed feed({.name = "test", .cursor = WriteCursors({{"a", "1"}}), .replayable = false});
  EXPECT_TRUE(feed.Cursors().empty());
  EXPECT_TRUE(feed.Push("one\n", "a", "2"));
  ReadSome(feed);
  EXPECT_EQ(feed.CursorAt(4), "");
  Position position;
  EXPECT_FALSE(ReadFeed(feed)->Locate(4, &position));
  EXPECT_EQ(position.cursor, "");
}

TEST(Feed, ReadsLikeAnySource) {
  Feed feed({.name = "docker"});
  const auto source = ReadFeed(feed);
  EXPECT_EQ(source->name(), "docker");
  EXPECT_TRUE(feed.Push("one\n", "a", "1"));
  EXPECT_EQ(source->LagBytes(), 4u);
  char room[16];
  EXPECT_EQ(source->Read(room).bytes, 4u);
  EXPECT_EQ(source->LagBytes(), 0u);
  Position position;
  EXPECT_TRUE(source->Locate(4, &position));
  EXPECT_EQ(ReadCursors(position.cursor), (CursorMap{{"a", "1"}}));
}

TEST(Feed, SaysTroubleOnceAndBeforeTheLines) {
  Feed feed({.name = "test"});
  EXPECT_TRUE(feed.Push("one\n"));
  feed.Fail("no such socket");
  feed.Fail("no such socket");
  EXPECT_EQ(ReadError(feed), "no such socket");
  EXPECT_EQ(ReadSome(feed), "one\n");
  for (int i = 0; i < 1000; ++i) feed.Fail(std::to_string(i));
  EXPECT_EQ(ReadError(feed), "0");
  int more = 0;
  while (!ReadError(feed).empty()) ++more;
  EXPECT_LT(more, 100);
}

TEST(Feed, WakesItsReaderWhenThereIsSomethingNew) {
  int wakes = 0;
  Feed feed({.name = "test", .wake = [&] { ++wakes; }});
  EXPECT_TRUE(feed.Push("", "a", "1"));
  EXPECT_EQ(wakes, 0);
  EXPECT_TRUE(feed.Push("one\n"));
  EXPECT_TRUE(feed.Push("two\n"));
  EXPECT_EQ(wakes, 1) << "nobody sleeps while something waits";
  feed.Fail("trouble");
  feed.CaughtUp();
  feed.CaughtUp();
  EXPECT_EQ(wakes, 3);
  EXPECT_TRUE(feed.caught_up());
}

TEST(Feed, AWaitingPushEndsWhenItIsStopped) {
  Feed feed({.name = "test", .most_bytes = 4});
  EXPECT_TRUE(feed.Push("one\n"));
  std::atomic<bool> pushed{true};
  std::jthread receiver([&](std::stop_token stop) { pushed = feed.PushWait(stop, "two\n"); });
  receiver.request_stop();
  receiver.join();
  EXPECT_FALSE(pushed);
  EXPECT_EQ(ReadSome(feed), "one\n");
  EXPECT_EQ(ReadSome(feed), "");
}

// The whole promise at once: a slow reader and a fast writer, reads of any size, and a cursor asked for at every settled line.
TEST(Feed, NothingIsLostBetweenTwoThreadsAndEveryCursorIsExact) {
  constexpr int kLines = 50'000;
  Feed feed({.name = "test", .most_bytes = 2000});
  std::jthread receiver([&](std::stop_token stop) {
    for (int i = 0; i < kLines; ++i) {
      const std::string number = std::to_string(i);
      ASSERT_TRUE(feed.PushWait(stop, number + "\n", i % 3 == 0 ? "three" : "others", number));
    }
    feed.CaughtUp();
  });
  std::mt19937 random(7);
  std::string pending;
  uint64_t settled = 0;
  CursorMap expected;
  for (int next = 0; next < kLines;) {
    pending += ReadSome(feed, 1 + random() % 100);
    for (size_t end; (end = pending.find('\n')) != std::string::npos; ++next) {
      ASSERT_EQ(pending.substr(0, end), std::to_string(next));
      expected[next % 3 == 0 ? "three" : "others"] = std::to_string(next);
      pending.erase(0, end + 1);
      settled += end + 1;
      if (random() % 10 == 0) {
        ASSERT_EQ(CursorsAt(feed, settled), expected);
      }
    }
  }
  receiver.join();
  EXPECT_TRUE(feed.caught_up());
  EXPECT_EQ(CursorsAt(feed, settled), expected);
}

TEST(CursorText, EveryDamageIsNoticed) {
  const std::string text = WriteCursors({{"3f2a", "2026-11-22T09:24:30.123456789Z 2"}, {"", "x"}});
  EXPECT_EQ(text.substr(0, text.size() - 16), "1;0:,1:x,4:3f2a,32:2026-11-22T09:24:30.123456789Z 2,");
  ASSERT_TRUE(ReadCursors(text));
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(ReadCursors(text.substr(0, i))) << "cut at " << i;
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(ReadCursors(changed)) << "changed at " << i;
  }
  EXPECT_FALSE(ReadCursors(text + "0"));
  Feed feed({.name = "test", .cursor = text.substr(1)});
  EXPECT_TRUE(feed.Cursors().empty());
  EXPECT_NE(ReadError(feed).find("damaged"), std::string::npos);
}

// A text can be wrong although its hash is right: somebody else wrote it.
TEST(CursorText, SurvivesNonsenseThatIsSignedCorrectly) {
  const auto sign = [](std::string text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : text) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
    return text + digits;
  };
  EXPECT_TRUE(ReadCursors(sign("1;")));
  EXPECT_TRUE(ReadCursors(sign("1;1:a,1:b,")));
  for (const char* text : {"1;1", "1;1:", "1;1:a", "1;1:a,", "1;1:a,2:b,", "1;99999999999999999999:a,1:b,", "1;18446744073709551615:a,1:b,",
                           "1;-1:a,", "1;:,:,", "1;1:a;1:b;", "2;1:a,1:b,"}) {
    EXPECT_FALSE(ReadCursors(sign(text))) << text;
  }
}

}  // namespace
}  // namespace logmill
