#include "sources/docker_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sources/cursor_text.h"
#include "tests/sources/feed_reader.h"
#include "tests/sources/temporary_folder.h"
#include "tests/support/docker_engine.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;
using testing::DockerEngine;
using ::testing::ElementsAre;
using testing::FeedReader;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

constexpr int64_t kStart = 1'795'339'470'000'000'000;

// "stdout text" of each envelope.
std::vector<std::string> Texts(const std::vector<std::string>& lines) {
  std::vector<std::string> texts;
  for (const std::string& line : lines) {
    const size_t end = line.find("\",\"key\":\"");
    const size_t slash = line.find('/', end);
    texts.push_back(line.substr(slash + 1, 6) + ' ' + line.substr(8, end - 8));
  }
  return texts;
}

// Of one stream, in their order; between streams and containers there is none.
std::vector<std::string> Of(const std::string& stream, const std::vector<std::string>& texts) {
  std::vector<std::string> of;
  std::ranges::copy_if(texts, std::back_inserter(of), [&](const std::string& text) { return text.starts_with(stream); });
  return of;
}

class DockerReceiverTest : public ::testing::Test {
 protected:
  // A life of a receiver: until the end of its scope.
  struct Life {
    Life(DockerOptions options, std::string cursor = {}, size_t most_bytes = size_t{4} << 20) : reader(std::move(cursor), most_bytes) {
      auto started = StartDocker(std::move(options), reader.feed(), SystemClock());
      EXPECT_TRUE(started) << started.error();
      receiver = std::move(*started);
    }
    std::vector<std::string> Texts(size_t count) { return logmill::Texts(reader.Lines(count)); }
    FeedReader reader;
    std::unique_ptr<Receiver> receiver;
  };

  [[nodiscard]] DockerOptions Options() const {
    return {.socket = socket_, .list_every = milliseconds(20), .first_retry = milliseconds(1), .longest_retry = milliseconds(20)};
  }
  static void AwaitUp(const Life& life, bool up) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (life.receiver->up() != up && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(milliseconds(1));
    EXPECT_EQ(life.receiver->up(), up);
  }
  void Log(const std::string& id, int stream, const std::string& text) { engine_.Log(id, {stream, ++time_, text}); }

  TemporaryFolder folder_;
  std::string socket_ = folder_.Path("docker.sock");
  DockerEngine engine_{socket_};
  int64_t time_ = kStart;
};

TEST_F(DockerReceiverTest, ReadsBothStreamsOfTwoContainers) {
  engine_.WriteInPieces(3);
  engine_.AddContainer("aaaaaaaaaaaaaaaa", "web");
  engine_.AddContainer("bbbbbbbbbbbbbbbb", "worker");
  Log("aaaaaaaaaaaaaaaa", 1, "{\"level\":\"log\"}\n");
  Life life(Options());
  life.reader.AwaitCaughtUp();
  EXPECT_THAT(life.reader.ReadAll(),
              ElementsAre("{\"log\":\"{\\\"level\\\":\\\"log\\\"}\",\"key\":\"aaaaaaaaaaaa/stdout\",\"time_ns\":1795339470000000001}"));
  Log("bbbbbbbbbbbbbbbb", 2, "trouble\n");
  EXPECT_THAT(life.reader.Lines(2).back(), HasSubstr("\"key\":\"bbbbbbbbbbbb/stderr\""));
  Log("aaaaaaaaaaaaaaaa", 2, "more\n");
  EXPECT_EQ(life.Texts(3).back(), "stderr more");
  EXPECT_THAT(life.reader.Errors(0), ElementsAre());
}

TEST_F(DockerReceiverTest, TakesTheContainersThatAreWanted) {
  engine_.AddContainer("a", "gallery-server-1", false, "\"app\":\"gallery\",\"tier\":\"web\"");
  engine_.AddContainer("b", "gallery-server-2", false, "\"app\":\"gallery\"");
  engine_.AddContainer("c", "other", false, "\"app\":\"gallery\",\"tier\":\"web\"");
  for (const char* id : {"a", "b", "c"}) Log(id, 1, std::string(id) + "\n");
  DockerOptions options = Options();
  options.names = {"gallery-*"};
  options.labels = {"app=gallery", "tier"};
  Life life(options);
  life.reader.AwaitCaughtUp();
  EXPECT_THAT(Texts(life.reader.ReadAll()), ElementsAre("stdout a"));
}

TEST_F(DockerReceiverTest, FollowsAContainerAcrossItsRestarts) {
  engine_.AddContainer("a", "web");
  Log("a", 1, "first\n");
  Life life(Options());
  for (int i = 0; i < 3; ++i) {
    engine_.AwaitFollower("a");
    engine_.SetRunning("a", false);
    Log("a", 2, "last words\n");
    engine_.SetRunning("a", true);
    Log("a", 1, "again\n");
  }
  EXPECT_EQ(Of("stdout", life.Texts(7)), (std::vector<std::string>{"stdout first", "stdout again", "stdout again", "stdout again"}));
}

TEST_F(DockerReceiverTest, ReadsWhatAStoppedContainerLeft) {
  engine_.AddContainer("a", "web");
  engine_.SetRunning("a", false);
  Log("a", 1, "last words\n");
  Log("a", 1, "unfinish");
  Life life(Options());
  life.reader.AwaitCaughtUp();
  EXPECT_THAT(life.Texts(2), ElementsAre("stdout last words", "stdout unfinish"));
  EXPECT_THAT(life.reader.Lines(2).back(), HasSubstr("\"cut\":true"));
}

TEST_F(DockerReceiverTest, FindsContainersThatComeAlthoughNoEventTellsOfThem) {
  engine_.LoseEvents();
  Life life(Options());
  life.reader.AwaitCaughtUp();
  engine_.AddContainer("a", "web");
  Log("a", 1, "hello\n");
  EXPECT_THAT(life.Texts(1), ElementsAre("stdout hello"));
}

TEST_F(DockerReceiverTest, HearsOfContainersByEvents) {
  DockerOptions options = Options();
  options.list_every = std::chrono::hours(1);
  options.start = StartAt::kEnd;
  Life life(options);
  life.reader.AwaitCaughtUp();
  for (int i = 0; i < 5; ++i) {
    const std::string id = "a" + std::to_string(i);
    engine_.AddContainer(id, "web");  // the same name, another container
    Log(id, 1, "line\n");
    EXPECT_EQ(life.Texts(static_cast<size_t>(i) + 1).size(), static_cast<size_t>(i) + 1);
    engine_.Remove(id);
  }
}

TEST_F(DockerReceiverTest, ForgetsAContainerThatWasRemoved) {
  engine_.AddContainer("a", "web");
  Log("a", 1, "hello\n");
  Life life(Options());
  life.Texts(1);
  EXPECT_EQ(ReadCursors(life.reader.Cursor())->count("a"), 1u);
  engine_.Remove("a");
  engine_.AddContainer("b", "web");
  Log("b", 1, "new\n");
  life.Texts(2);
  // The old one goes in its own time.
  while (ReadCursors(life.reader.Cursor())->contains("a")) engine_.Rename("b", "web");
  EXPECT_TRUE(ReadCursors(life.reader.Cursor())->contains("b"));
}

TEST_F(DockerReceiverTest, ForgetsContainersThatWentBetweenTwoLives) {
  engine_.AddContainer("b", "web");
  Log("b", 1, "hello\n");
  Life life(Options(), WriteCursors({{"gone", "1 0 1 1 0 0"}}));
  life.reader.AwaitCaughtUp();
  EXPECT_FALSE(ReadCursors(life.reader.Cursor())->contains("gone"));
}

TEST_F(DockerReceiverTest, ARenamedContainerStaysTheSame) {
  engine_.AddContainer("a", "web");
  Log("a", 1, "one\n");
  DockerOptions options = Options();
  options.names = {"web", "web-old"};
  Life life(options);
  life.Texts(1);
  engine_.Rename("a", "web-old");
  Log("a", 1, "two\n");
  EXPECT_THAT(life.Texts(2), ElementsAre("stdout one", "stdout two"));
}

// Wherever in the stream the connection breaks: in a frame's head, in a time stamp, in a part, between two messages of the same time.
TEST_F(DockerReceiverTest, LosesAndRepeatsNothingWhereverTheConnectionBreaks) {
  const auto fill = [&](const std::string& id) {
    engine_.Log(id, {1, kStart, "one\n"});
    engine_.Log(id, {1, kStart, "same time\n"});
    engine_.Log(id, {1, kStart + 2, "part "});
    engine_.Log(id, {2, kStart + 1, "between\n"});
    engine_.Log(id, {1, kStart + 2, "end\n"});
    engine_.Log(id, {2, kStart + 3, "last\n"});
  };
  const std::vector<std::string> out = {"stdout one", "stdout same time", "stdout part end"};
  const std::vector<std::string> err = {"stderr between", "stderr last"};
  Life life(Options());
  size_t lines = 0;
  for (size_t broken = 1; broken < 270; broken += 7) {
    const std::string id = "c" + std::to_string(broken);
    engine_.BreakLogsAfter(broken);
    engine_.AddContainer(id, "web");
    fill(id);
    engine_.AwaitFollower(id);
    auto texts = life.Texts(lines + 5);
    texts.erase(texts.begin(), texts.begin() + static_cast<ptrdiff_t>(lines));
    lines += 5;
    ASSERT_EQ(Of("stdout", texts), out) << "broken after " << broken;
    ASSERT_EQ(Of("stderr", texts), err) << "broken after " << broken;
    engine_.Remove(id);
  }
}

TEST_F(DockerReceiverTest, GoesOnAfterTheEngineWasRestarted) {
  engine_.AddContainer("a", "web");
  Log("a", 1, "before\n");
  Life life(Options());
  life.Texts(1);
  size_t told = 0;
  for (size_t i = 0; i < 3; ++i) {
    engine_.Stop();
    Log("a", 1, "while it was gone\n");
    // Whether the connection breaks first or cannot be made is a race; it may be said that it broke, and then that it cannot be made.
    EXPECT_THAT(life.reader.Errors(told + 1).back(), HasSubstr(socket_ + ": "));
    AwaitUp(life, false);
    engine_.Start();
    Log("a", 1, "after\n");
    life.Texts(3 + 2 * i);
    AwaitUp(life, true);
    const std::vector<std::string>& errors = life.reader.Errors(told + 1);
    const std::set<std::string> kinds(errors.begin() + static_cast<ptrdiff_t>(told), errors.end());
    EXPECT_EQ(kinds.size(), errors.size() - told) << "trouble is said once: " << ::testing::PrintToString(errors);
    told = errors.size();
  }
  EXPECT_EQ(life.Texts(7).back(), "stdout after");
}

// Each line may be the last that a life has settled.
TEST_F(DockerReceiverTest, AnotherLifeGoesOnExactlyWhereTheFirstHadSettled) {
  engine_.AddContainer("a", "web");
  engine_.AddContainer("t", "console", true);
  for (int i = 0; i < 5; ++i) {
    engine_.Log("a", {1, kStart + i / 2, "out" + std::to_string(i) + "\n"});
    engine_.Log("a", {2, kStart + 3, "err-"});
    engine_.Log("a", {1, kStart + i / 2, "between" + std::to_string(i) + "\n"});
    engine_.Log("a", {2, kStart + 3, "err" + std::to_string(i) + "\n"});
    engine_.Log("t", {1, kStart + i, "tty" + std::to_string(i) + "\r\n"});
  }
  Life first(Options());
  const auto all = first.reader.Lines(20);
  auto expected = all;
  std::ranges::sort(expected);
  for (size_t settled = 0; settled <= all.size(); ++settled) {
    Life second(Options(), first.reader.CursorAfter(settled));
    auto both = std::vector(all.begin(), all.begin() + static_cast<ptrdiff_t>(settled));
    second.reader.AwaitCaughtUp();
    const auto& rest = second.reader.ReadAll();
    both.insert(both.end(), rest.begin(), rest.end());
    std::ranges::sort(both);
    ASSERT_EQ(both, expected) << "after " << settled;
  }
}

TEST_F(DockerReceiverTest, GoesOnWithWhatIsLeftWhenTheLogWasRotatedAway) {
  engine_.AddContainer("a", "web");
  for (int i = 0; i < 4; ++i) Log("a", 1, "old" + std::to_string(i) + "\n");
  Life first(Options());
  first.reader.Lines(4);
  const std::string cursor = first.reader.CursorAfter(2);
  engine_.LoseOldest("a", 3);
  Life second(Options(), cursor);
  second.reader.AwaitCaughtUp();
  EXPECT_THAT(Texts(second.reader.ReadAll()), ElementsAre("stdout old3"));
  Log("a", 1, "new\n");
  EXPECT_THAT(second.Texts(2), ElementsAre("stdout old3", "stdout new"));
}

TEST_F(DockerReceiverTest, BeginsAtTheEndOfWhatIsThereAndAtTheStartOfWhatComes) {
  const int64_t now = SystemClock().UnixMillis() * 1'000'000;
  engine_.AddContainer("a", "web");
  engine_.Log("a", {1, now - 1'000'000'000, "old\n"});
  DockerOptions options = Options();
  options.start = StartAt::kEnd;
  Life life(options);
  life.reader.AwaitCaughtUp();
  engine_.Log("a", {1, now + 1'000'000'000, "new\n"});
  EXPECT_THAT(life.Texts(1), ElementsAre("stdout new"));
  engine_.AddContainer("b", "web");
  engine_.Log("b", {1, kStart, "its first\n"});
  EXPECT_THAT(life.Texts(2), ElementsAre("stdout new", "stdout its first"));
}

// A life that saw nothing still knows where it began.
TEST_F(DockerReceiverTest, TheEndStaysWhereItWasInTheNextLife) {
  const int64_t now = SystemClock().UnixMillis() * 1'000'000;
  engine_.AddContainer("a", "web");
  engine_.Log("a", {1, now - 1'000'000'000, "old\n"});
  DockerOptions options = Options();
  options.start = StartAt::kEnd;
  Life first(options);
  first.reader.AwaitCaughtUp();
  engine_.Log("a", {1, now + 3'600'000'000'000, "while nobody looked\n"});
  Life second(options, first.reader.Cursor());
  EXPECT_THAT(second.Texts(1), ElementsAre("stdout while nobody looked"));
}

TEST_F(DockerReceiverTest, AFullFeedStopsTheReadingAndDropsNothing) {
  constexpr size_t kLines = 6000;
  engine_.AddContainer("a", "web");
  for (size_t i = 0; i < kLines; ++i) Log("a", 1, std::string(100, 'x') + std::to_string(i) + "\n");
  Life life(Options(), {}, 1000);
  life.reader.Lines(1);
  EXPECT_LT(engine_.bytes_written(), kLines * 130) << "the engine waits for its reader";
  EXPECT_LE(life.reader.feed().waiting_bytes(), 1000u);
  const auto& lines = life.reader.Lines(kLines);
  for (size_t i = 0; i < kLines; ++i) ASSERT_THAT(lines[i], HasSubstr("x" + std::to_string(i) + "\""));
}

TEST_F(DockerReceiverTest, CutsEnvelopesThatWouldBeTooLong) {
  engine_.AddContainer("a", "web");
  for (int i = 0; i < 10; ++i) engine_.Log("a", {1, kStart, std::string(16384, '\x01')});
  engine_.Log("a", {1, kStart, "\n"});
  DockerOptions options = Options();
  options.max_line_bytes = 1000;
  Life life(options);
  const std::string line = life.reader.Lines(1).front();
  EXPECT_LT(line.size(), 1000u);
  EXPECT_THAT(line, HasSubstr("\"cut\":true"));
}

TEST_F(DockerReceiverTest, AnEngineThatIsNotThereIsWaitedForButHoldsUpNobody) {
  engine_.Stop();
  DockerOptions options = Options();
  options.patience = milliseconds(0);
  Life life(options);
  life.reader.AwaitCaughtUp();
  EXPECT_THAT(life.reader.Errors(1), ElementsAre(HasSubstr("cannot connect: No such file or directory")));
  EXPECT_EQ(life.receiver->up(), false);
  engine_.Start();
  engine_.AddContainer("a", "web");
  Log("a", 1, "hello\n");
  EXPECT_THAT(life.Texts(1), ElementsAre("stdout hello"));
}

TEST_F(DockerReceiverTest, SurvivesAnEngineThatTalksNonsense) {
  engine_.AddContainer("a", "web");
  engine_.AddContainer("b", "web");
  Log("a", 1, "hello\n");
  engine_.AnswerListWith("[{\"Id\":\"../../a\"},{\"Id\":5},7,");
  Life life(Options());
  EXPECT_THAT(life.reader.Errors(1).back(), HasSubstr("no JSON array"));
  engine_.AnswerListWith("[{\"Id\":\"../../a\"},{\"Id\":5},{},{\"Id\":\"nobody\",\"Names\":7,\"Labels\":[1],\"State\":{}}]");
  life.reader.AwaitCaughtUp();
  engine_.AnswerLogsWith("\x01garbage that is no frame");
  engine_.AnswerListWith("");
  EXPECT_THAT(life.reader.Errors(3).back(), HasSubstr("no stream of frames")) << "once for each of two containers";
  engine_.AnswerLogsWith(std::string("\x01\0\0\0\xFF\xFF\xFF\xFF", 8) + std::string(1 << 20, 'x'));
  engine_.AddContainer("c", "web");
  engine_.AnswerLogsWith("");
  EXPECT_THAT(life.Texts(1).back(), HasSubstr("hello"));
}

TEST_F(DockerReceiverTest, AContainerWhoseLogCannotBeReadHoldsUpNobody) {
  engine_.AddContainer("aaaaaaaaaaaaaaaa", "web");
  Log("aaaaaaaaaaaaaaaa", 1, "hello\n");
  engine_.RefuseLogs(501);
  Life life(Options());
  life.reader.AwaitCaughtUp();
  EXPECT_THAT(life.reader.Errors(1), ElementsAre("aaaaaaaaaaaa: it answers 501: the log driver does not support reading"));
  engine_.RefuseLogs(0);
  EXPECT_THAT(life.Texts(1), ElementsAre("stdout hello"));
}

// Ends at once although the engine never answers, and although nobody reads the feed. (It would last for ever.)
TEST_F(DockerReceiverTest, EndsWhateverTheEngineDoes) {
  engine_.AddContainer("a", "web");
  for (int i = 0; i < 1000; ++i) Log("a", 1, std::string(1000, 'x') + "\n");
  {
    const Life full(Options(), {}, 10);
  }
  Life filled(Options(), {}, 10);
  filled.reader.Lines(1);
  filled.receiver.reset();
  engine_.Hang(true);
  {
    const Life hanging(Options());
  }
  engine_.Hang(false);
}

TEST(DockerOptions, ThatMakeNoSenseAreRefused) {
  Feed feed({.name = "test"});
  EXPECT_FALSE(StartDocker({.socket = ""}, feed, SystemClock()));
  const auto started = StartDocker({.socket = "/" + std::string(200, 'x')}, feed, SystemClock());
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("1 to 107 bytes"));
}

}  // namespace
}  // namespace logmill
