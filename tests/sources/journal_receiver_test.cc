#include "sources/journal_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sources/cursor_text.h"
#include "tests/sources/feed_reader.h"
#include "tests/sources/temporary_folder.h"
#include "tests/support/journal_files.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using testing::FeedReader;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JournalEntry;
using testing::TemporaryFolder;
using testing::WriteJournal;

constexpr int64_t kStart = 1'795'339'470'000'000;

class JournalReceiverTest : public ::testing::Test {
 protected:
  struct Life {
    explicit Life(JournalOptions options, std::string cursor = {}, size_t most_bytes = size_t{4} << 20)
        : reader(std::move(cursor), most_bytes) {
      auto started = StartJournal(std::move(options), reader.feed(), SystemClock());
      EXPECT_TRUE(started) << started.error();
      receiver = std::move(*started);
    }
    FeedReader reader;
    std::unique_ptr<Receiver> receiver;
  };

  [[nodiscard]] JournalOptions Options() const { return {.directory = folder_.Path("journal"), .retry = std::chrono::milliseconds(5)}; }

  void SetUp() override { std::filesystem::create_directory(folder_.Path("journal")); }

  // Entries "first", "first"+1, ... in the file.
  void Write(const std::string& file, int first, int count) {
    std::vector<JournalEntry> entries;
    for (int i = first; i < first + count; ++i) entries.push_back({kStart + i, {{"MESSAGE", std::to_string(i)}}});
    Write(file, entries);
  }
  void Write(const std::string& file, const std::vector<JournalEntry>& entries) {
    ASSERT_TRUE(WriteJournal(folder_.Path("journal/" + file), entries)) << "is systemd-journal-remote installed?";
  }
  static std::vector<std::string> Numbers(const std::vector<std::string>& lines) {
    std::vector<std::string> numbers;
    for (const std::string& line : lines) numbers.push_back(line.substr(8, line.find('"', 8) - 8));
    return numbers;
  }

  TemporaryFolder folder_;
};

TEST_F(JournalReceiverTest, SaysWhatAnEntrySays) {
  Write("a.journal",
        {{kStart,
          {{"MESSAGE", "Accepted publickey for \"root\""},
           {"PRIORITY", "6"},
           {"SYSLOG_IDENTIFIER", "sshd"},
           {"_SYSTEMD_UNIT", "ssh.service"},
           {"_PID", "812"}}},
         {kStart + 1, {{"MESSAGE", std::string("bin\xFF\0ary\nof two lines", 20)}, {"PRIORITY", "2"}, {"_SYSTEMD_UNIT", "x.service"}}},
         {kStart + 2, {{"NO_MESSAGE", "here"}}},
         {kStart + 3, {{"MESSAGE", ""}, {"PRIORITY", "9"}, {"_PID", "x"}}}});
  Life life(Options());
  EXPECT_THAT(
      life.reader.Lines(3),
      ElementsAre(
          "{\"log\":\"Accepted publickey for \\\"root\\\"\",\"key\":\"sshd[812]\",\"time_ns\":1795339470000000000,\"level\":\"log\","
          "\"context\":\"sshd\",\"pid\":812}",
          "{\"log\":\"bin\xEF\xBF\xBD\\u0000ary\\nof two line\",\"key\":\"x.service[]\",\"time_ns\":1795339470000001000,"
          "\"level\":\"fatal\",\"context\":\"x.service\"}",
          "{\"log\":\"\",\"key\":\"[x]\",\"time_ns\":1795339470000003000}"));
  life.reader.AwaitCaughtUp();
  EXPECT_THAT(life.reader.Errors(0), IsEmpty());
}

TEST_F(JournalReceiverTest, GivesEachPriorityItsLevel) {
  std::vector<JournalEntry> entries;
  for (int i = 0; i < 8; ++i) entries.push_back({kStart + i, {{"MESSAGE", "x"}, {"PRIORITY", std::to_string(i)}}});
  Write("a.journal", entries);
  Life life(Options());
  const char* const expected[] = {"fatal", "fatal", "fatal", "error", "warn", "log", "log", "debug"};
  const auto& lines = life.reader.Lines(8);
  ASSERT_EQ(lines.size(), 8u);
  for (size_t i = 0; i < 8; ++i) EXPECT_THAT(lines[i], HasSubstr("\"level\":\"" + std::string(expected[i]) + '"'));
}

TEST_F(JournalReceiverTest, TakesTheUnitsAndMatchesThatAreWanted) {
  const auto entry = [](int i, std::string unit, std::string transport) {
    return JournalEntry{kStart + i,
                        {{"MESSAGE", std::to_string(i)}, {"_SYSTEMD_UNIT", std::move(unit)}, {"_TRANSPORT", std::move(transport)}}};
  };
  Write("a.journal", {entry(0, "a.service", "stdout"), entry(1, "b.socket", "stdout"), entry(2, "c.service", "stdout"),
                      entry(3, "a.service", "syslog"), entry(4, "a.service", "journal")});
  JournalOptions options = Options();
  options.units = {"a", "b.socket"};
  options.matches = {"_TRANSPORT=stdout", "_TRANSPORT=journal"};
  Life life(options);
  life.reader.AwaitCaughtUp();
  EXPECT_THAT(Numbers(life.reader.ReadAll()), ElementsAre("0", "1", "4"));
}

TEST_F(JournalReceiverTest, FollowsTheJournalThroughItsRotation) {
  Write("system.journal", 0, 3);
  Life life(Options());
  life.reader.Lines(3);
  Write("system.journal", 3, 3);
  life.reader.Lines(6);
  std::filesystem::rename(folder_.Path("journal/system.journal"), folder_.Path("journal/system@old.journal"));
  Write("system.journal", 6, 3);
  life.reader.Lines(9);
  Write("system.journal", 9, 1);
  EXPECT_THAT(Numbers(life.reader.Lines(10)), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  EXPECT_THAT(life.reader.Errors(0), IsEmpty());
}

TEST_F(JournalReceiverTest, AnotherLifeGoesOnExactlyWhereTheFirstHadSettled) {
  Write("system.journal", 0, 5);
  Life first(Options());
  first.reader.Lines(5);
  std::filesystem::rename(folder_.Path("journal/system.journal"), folder_.Path("journal/system@old.journal"));
  Write("system.journal", 5, 3);
  for (size_t settled = 0; settled <= 5; ++settled) {
    Life second(Options(), first.reader.CursorAfter(settled));
    second.reader.AwaitCaughtUp();
    const auto numbers = Numbers(second.reader.ReadAll());
    ASSERT_EQ(numbers.size(), 8 - settled);
    EXPECT_EQ(numbers.front(), std::to_string(settled));
    EXPECT_EQ(numbers.back(), "7");
    EXPECT_THAT(second.reader.Errors(0), IsEmpty());
  }
}

TEST_F(JournalReceiverTest, GoesOnWithTheOldestThatIsLeftWhenItsPlaceWasVacuumed) {
  Write("system@old.journal", 0, 5);
  Life first(Options());
  first.reader.Lines(5);
  Write("system.journal", 5, 3);
  std::filesystem::remove(folder_.Path("journal/system@old.journal"));
  Life second(Options(), first.reader.CursorAfter(2));
  EXPECT_THAT(second.reader.Errors(1), ElementsAre(HasSubstr("the entry that was read last is gone")));
  EXPECT_THAT(Numbers(second.reader.Lines(3)), ElementsAre("5", "6", "7"));
}

TEST_F(JournalReceiverTest, BeginsAtTheEndAndStaysThereInTheNextLife) {
  Write("system.journal", 0, 3);
  JournalOptions options = Options();
  options.start = StartAt::kEnd;
  Life first(options);
  first.reader.AwaitCaughtUp();
  EXPECT_THAT(first.reader.ReadAll(), IsEmpty());
  const std::string cursor = first.reader.Cursor();
  Write("system.journal", 3, 2);
  EXPECT_THAT(Numbers(first.reader.Lines(2)), ElementsAre("3", "4"));
  Life second(options, cursor);
  EXPECT_THAT(Numbers(second.reader.Lines(2)), ElementsAre("3", "4"));
}

TEST_F(JournalReceiverTest, TheEndOfAnEmptyJournalIsItsStart) {
  JournalOptions options = Options();
  options.start = StartAt::kEnd;
  Life first(options);
  first.reader.AwaitCaughtUp();
  const std::string cursor = first.reader.Cursor();
  Write("system.journal", 0, 2);
  EXPECT_THAT(Numbers(first.reader.Lines(2)), ElementsAre("0", "1"));
  Life second(options, cursor);
  EXPECT_THAT(Numbers(second.reader.Lines(2)), ElementsAre("0", "1"));
}

TEST_F(JournalReceiverTest, CutsLongMessagesAndSaysSo) {
  Write("a.journal", {{kStart, {{"MESSAGE", std::string(1 << 20, 'x')}}}, {kStart + 1, {{"MESSAGE", "short"}}}});
  JournalOptions options = Options();
  options.max_line_bytes = 10'000;
  Life life(options);
  const auto& lines = life.reader.Lines(2);
  EXPECT_LT(lines[0].size(), 10'000u);
  EXPECT_GT(lines[0].size(), 9'900u);
  EXPECT_THAT(lines[0], HasSubstr("\"cut\":true"));
  EXPECT_THAT(lines[1], HasSubstr("\"short\""));
}

TEST_F(JournalReceiverTest, AFullFeedStopsTheReadingAndDropsNothing) {
  Write("a.journal", 0, 3000);
  Life life(Options(), {}, 500);
  const auto numbers = Numbers(life.reader.Lines(3000));
  for (size_t i = 0; i < 3000; ++i) ASSERT_EQ(numbers[i], std::to_string(i));
  Life full(Options(), {}, 500);  // nobody reads it, and it ends all the same
}

TEST_F(JournalReceiverTest, WaitsForAJournalThatIsNotThere) {
  JournalOptions options = Options();
  options.directory = folder_.Path("later");
  options.patience = std::chrono::milliseconds(0);
  Life life(options);
  life.reader.AwaitCaughtUp();
  EXPECT_THAT(life.reader.Errors(1), ElementsAre(options.directory + ": cannot be opened: No such file or directory"));
  EXPECT_EQ(life.receiver->up(), false);
  Write("a.journal", 0, 1);
  std::filesystem::rename(folder_.Path("journal"), options.directory);
  EXPECT_THAT(Numbers(life.reader.Lines(1)), ElementsAre("0"));
  EXPECT_EQ(life.receiver->up(), true);
}

TEST_F(JournalReceiverTest, SurvivesAFileThatIsNoJournal) {
  Write("a.journal", 0, 2);
  folder_.Write("journal/b.journal", std::string(100'000, 'x'));
  folder_.Write("journal/c.journal", "");
  Life life(Options());
  life.reader.AwaitCaughtUp();
  EXPECT_THAT(Numbers(life.reader.ReadAll()), ElementsAre("0", "1"));
}

TEST_F(JournalReceiverTest, SurvivesACursorThatIsNone) {
  Write("a.journal", 0, 2);
  Life life(Options(), WriteCursors({{"", "nonsense"}}));
  EXPECT_THAT(Numbers(life.reader.Lines(2)), ElementsAre("0", "1"));
  EXPECT_THAT(life.reader.Errors(1), ElementsAre(HasSubstr("gone")));
}

TEST(JournalOptions, MatchesThatAreNoneAreRefused) {
  Feed feed({.name = "test"});
  for (const char* match : {"", "x", "=x", "lower=x", "A B=x"}) {
    EXPECT_FALSE(StartJournal({.matches = {match}}, feed, SystemClock())) << match;
  }
}

}  // namespace
}  // namespace logmill
