#include "sources/file_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/sources/followed_files.h"
#include "tests/sources/log_writer.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Lines = testing::FollowedFiles::Lines;

class FileSetTest : public ::testing::Test {
 protected:
  testing::FollowedFiles Follow(const char* pattern = "app.log") { return testing::FollowedFiles({.pattern = writer_.Path(pattern)}); }
  static Lines Seen(testing::FollowedFiles& files) {
    files.Find();
    files.Poll();
    return files.TakeLines();
  }
  // A file that is long enough to be known by its content whatever its name.
  static std::string Long(const std::string& line) { return line + std::string(5000, '.') + "\n"; }

  testing::LogWriter writer_;
};

TEST_F(FileSetTest, ReadsWhatIsThereAndWhatComes) {
  writer_.Write("one\n");
  auto files = Follow();
  EXPECT_THAT(Seen(files), ElementsAre(Pair("one", 1)));
  writer_.Write("two\nhal");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("two", 1)));
  writer_.Write("f\n");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("half", 1)));
}

TEST_F(FileSetTest, StartingAtTheEndSkipsWhatIsThereButNotWhatAppearsLater) {
  writer_.Write("old\n");
  testing::FollowedFiles files({.pattern = writer_.Path("*.log"), .start = StartAt::kEnd});
  EXPECT_THAT(Seen(files), ElementsAre());
  writer_.Write("new\n");
  writer_.folder().Write("other.log", "all of it\n");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("all of it", 1), Pair("new", 1)));
}

TEST_F(FileSetTest, ARenamedFileIsReadUntilItsWriterIsQuiet) {
  writer_.Write("one\n");
  auto files = Follow();
  EXPECT_THAT(Seen(files), ElementsAre(Pair("one", 1)));
  writer_.RotateByRename("app.log.1");
  writer_.folder().Append("app.log", "new\n");
  writer_.Write("late hal");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("new", 1)));
  writer_.Write("f\n");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("late half", 1)));
  EXPECT_EQ(files.streams(), 2U);
  files.Settle();
  EXPECT_EQ(files.streams(), 1U);
}

TEST_F(FileSetTest, SeveralRotationsBetweenTwoLooksHideNothing) {
  writer_.Write("1\n");
  auto files = Follow();
  EXPECT_THAT(Seen(files), ElementsAre(Pair("1", 1)));
  for (const char* line : {"2\n", "3\n", "4\n"}) {
    writer_.Shift();
    writer_.RotateByRename("app.log.1");
    writer_.Reopen();
    writer_.Write(line);
  }
  writer_.Compress("app.log.2");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("2", 1), Pair("3", 1), Pair("4", 1)));
}

TEST_F(FileSetTest, ARotationWhileNobodyLookedIsReadAfterTheRestart) {
  writer_.Write("1\n");
  auto files = Follow();
  Seen(files);
  files.Checkpoint();
  writer_.Write("2\n");
  writer_.Shift();
  writer_.RotateByRename("app.log.1");
  writer_.Reopen();
  writer_.Write("3\n");
  files.Kill();
  EXPECT_THAT(Seen(files), ElementsAre(Pair("2", 1), Pair("3", 1)));
}

TEST_F(FileSetTest, TheRestOfACompressedFileIsReadFromTheGzip) {
  writer_.Write("1\n2\n");
  auto files = Follow();
  Seen(files);
  files.Checkpoint();
  writer_.Write("3\n");
  writer_.RotateByRename("app.log-20261122");
  writer_.Reopen();
  writer_.Compress("app.log-20261122");
  files.Kill();
  EXPECT_THAT(Seen(files), ElementsAre(Pair("3", 1)));
  EXPECT_EQ(files.lost(), 0U);
}

TEST_F(FileSetTest, TheRestOfATruncatedFileIsReadFromItsCopy) {
  for (const char* pattern : {"app.log", "app.log*"}) {
    testing::LogWriter writer;
    writer.Write("1\nhal");
    testing::FollowedFiles files({.pattern = writer.Path(pattern)});
    EXPECT_THAT(Seen(files), ElementsAre(Pair("1", 1)));
    writer.Write("f\n2\n");
    writer.Copy("app.log.1");
    writer.Truncate();
    writer.Write("3 is longer than what was there\n");
    EXPECT_THAT(Seen(files), ElementsAre(Pair("2", 1), Pair("3 is longer than what was there", 1), Pair("half", 1)));
    files.Settle();
    EXPECT_THAT(files.TakeLines(), ElementsAre());
    EXPECT_EQ(files.lost(), 0U);
  }
}

// What stands before the place where reading goes on is the same: only the beginning tells.
TEST_F(FileSetTest, ATruncatedFileIsKnownByItsBeginningToo) {
  for (const size_t bytes : {size_t{200}, size_t{5000}, size_t{300'000}}) {
    const auto line = [bytes](const char* number) { return std::string(number) + std::string(bytes, 'x') + "\n"; };
    testing::LogWriter writer;
    writer.Write(line("1"));
    testing::FollowedFiles files({.pattern = writer.Path("app.log")});
    EXPECT_EQ(Seen(files).size(), 1U);
    writer.Copy("app.log.1");
    writer.Truncate();
    writer.Write(line("2") + "3\n");
    EXPECT_EQ(Seen(files), (testing::FollowedFiles::Lines{{line("2").substr(0, bytes + 1), 1}, {"3", 1}}));
    writer.Write("4\n");
    EXPECT_THAT(Seen(files), ElementsAre(Pair("4", 1)));
    EXPECT_EQ(files.lost(), 0U);
    EXPECT_EQ(files.truncations(), 1);
  }
}

// The beginning, and what was read, is the same: only the end of what was there, and is not read yet, tells.
TEST_F(FileSetTest, ATruncatedFileIsKnownByItsUnreadEndToo) {
  for (const size_t lines : {size_t{100}, size_t{2000}, size_t{20'000}}) {
    std::string same;
    for (size_t i = 0; i < lines; ++i) same += "the same line\n";
    testing::LogWriter writer;
    writer.Write(same + "old end\n");
    testing::FollowedFiles files({.pattern = writer.Path("app.log")});
    files.Find();
    files.ReadOnce(0, same.size() / 2);
    writer.Copy("app.log.1");
    writer.Truncate();
    writer.Write(same + "new end\n");
    EXPECT_EQ(Seen(files), (testing::FollowedFiles::Lines{{"the same line", static_cast<int>(2 * lines)}, {"old end", 1}, {"new end", 1}}));
    EXPECT_EQ(files.lost(), 0U);
    EXPECT_EQ(files.truncations(), 1);
  }
}

// Both are new, the copy has the name that is looked at first, and the log is not truncated yet.
TEST_F(FileSetTest, ACopyThatIsFoundBeforeItsOriginalIsNoFileOfItsOwn) {
  for (const bool truncated_soon : {false, true}) {
    testing::LogWriter writer;
    writer.folder().Remove("app.log");
    testing::FollowedFiles files({.pattern = writer.Path("app*.log")});
    files.Find();
    writer.Reopen();
    writer.Write("1\n2 and some more\n");
    writer.Copy("app-20261122.log");
    files.Find();
    if (truncated_soon) writer.Truncate();
    EXPECT_THAT(Seen(files), ElementsAre(Pair("1", 1), Pair("2 and some more", 1)));
    if (!truncated_soon) writer.Truncate();
    writer.Write("3\n");
    EXPECT_THAT(Seen(files), ElementsAre(Pair("3", 1)));
    files.Settle();
    EXPECT_THAT(files.TakeLines(), ElementsAre());
    EXPECT_EQ(files.lost(), 0U);
  }
}

TEST_F(FileSetTest, WithoutACopyTheLostBytesAreCounted) {
  writer_.Write("1\n");
  auto files = Follow();
  Seen(files);
  files.Checkpoint();
  writer_.Write("nobody will ever see this\n");
  files.Kill();
  files.Find();
  writer_.Truncate();
  files.Settle();
  EXPECT_EQ(files.lost(), 26U);
}

TEST_F(FileSetTest, ADeletedFileIsReadToItsEnd) {
  writer_.Write("1\n");
  auto files = Follow();
  Seen(files);
  writer_.Write("2\n");
  writer_.folder().Remove("app.log");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("2", 1)));
  files.Settle();
  EXPECT_EQ(files.streams(), 0U);
  EXPECT_EQ(files.lost(), 0U);
}

TEST_F(FileSetTest, RotationsAreCountedWheneverTheyAreSeen) {
  writer_.Write("1\n");
  auto files = Follow();
  Seen(files);
  files.Checkpoint();
  const auto rotate = [this](const char* line) {
    writer_.Shift();
    writer_.RotateByRename("app.log.1");
    writer_.Reopen();
    writer_.Write(line);
  };
  rotate("2\n");
  Seen(files);
  EXPECT_EQ(files.rotations(), 1);
  rotate("3\n");
  files.Kill();
  EXPECT_EQ(files.rotations(), 0);
  Seen(files);
  EXPECT_EQ(files.rotations(), 2);
  files.Restart();
  Seen(files);
  EXPECT_EQ(files.rotations(), 2);
  EXPECT_EQ(files.truncations(), 0);
}

TEST_F(FileSetTest, TruncationsAreCountedWheneverTheyAreSeen) {
  writer_.Write("1\n");
  auto files = Follow();
  Seen(files);
  files.Checkpoint();
  for (const char* line : {"2\n", "3\n"}) {
    writer_.Shift();
    writer_.Copy("app.log.1");
    writer_.Truncate();
    writer_.Write(line);
  }
  files.Kill();
  EXPECT_THAT(Seen(files), ElementsAre(Pair("2", 1), Pair("3", 1)));
  EXPECT_EQ(files.truncations(), 2);
  EXPECT_EQ(files.rotations(), 0);
}

TEST_F(FileSetTest, ADeletedFileThatComesAgainIsARotation) {
  writer_.Write("1\n");
  auto files = Follow();
  Seen(files);
  writer_.folder().Remove("app.log");
  files.Settle();
  EXPECT_EQ(files.rotations(), 0);
  writer_.Reopen();
  writer_.Write("2\n");
  EXPECT_EQ(Seen(files).count("2"), 1U);
  EXPECT_EQ(files.rotations(), 1);
}

TEST_F(FileSetTest, ManyGenerationsWhileNobodyLookedAreAllRead) {
  for (const char* pattern : {"app.log", "app.log*"}) {
    testing::LogWriter writer;
    writer.Write("0\n");
    testing::FollowedFiles files({.pattern = writer.Path(pattern)});
    Seen(files);
    files.Checkpoint();
    for (int i = 1; i <= 25; ++i) {
      writer.Shift();
      writer.RotateByRename("app.log.1");
      writer.Reopen();
      writer.Write(std::to_string(i) + "\n");
      if (i % 3 == 0) writer.Compress("app.log.1");
    }
    files.Kill();
    const Lines lines = Seen(files);
    EXPECT_EQ(lines.size(), 25U);
    for (const auto& [line, count] : lines) EXPECT_EQ(count, 1) << line;
    EXPECT_EQ(files.rotations() + files.truncations(), 25);  // what a .gz was is a guess by its time
  }
}

TEST_F(FileSetTest, ManyRotatedFilesThatAGlobMatchesStayKnown) {
  auto files = Follow("app.log*");
  for (int i = 1; i <= 30; ++i) {
    writer_.Write(std::to_string(i) + "\n");
    EXPECT_EQ(Seen(files).size(), 1U) << i;
    writer_.RotateByRename("app.log-" + std::to_string(20260000 + i));
    writer_.Reopen();
  }
  files.Settle();
  files.Restart();
  files.Settle();
  EXPECT_THAT(files.TakeLines(), ElementsAre());
}

TEST_F(FileSetTest, RotatedFilesAreFoundInOtherFolders) {
  testing::TemporaryFolder elsewhere;
  testing::FollowedFiles files({.pattern = writer_.Path("app.log"), .rotated = {elsewhere.Path("app.log*")}});
  writer_.Write("1\n");
  Seen(files);
  files.Checkpoint();
  std::filesystem::create_directory(writer_.Path("old"));
  for (const std::string& place : {writer_.Path("old/app.log.1"), elsewhere.Path("app.log-20261122")}) {
    writer_.Write("rest before " + place.substr(place.size() - 3) + "\n");
    std::filesystem::rename(writer_.Path("app.log"), place);
    writer_.Reopen();
  }
  writer_.Write("now\n");
  files.Kill();
  EXPECT_THAT(Seen(files), ElementsAre(Pair("now", 1), Pair("rest before 122", 1), Pair("rest before g.1", 1)));
}

TEST_F(FileSetTest, AFileThatMayNotBeReadForAWhileIsReadOn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become nobody";
  writer_.Write("1\n");
  auto files = Follow();
  Seen(files);
  files.Restart();
  writer_.Write("2\n");
  std::filesystem::permissions(writer_.Path(""), std::filesystem::perms(0755));
  std::filesystem::permissions(writer_.Path("app.log"), std::filesystem::perms::none);
  ASSERT_EQ(::seteuid(65534), 0);
  Seen(files);
  EXPECT_THAT(files.errors(), ::testing::Contains("app.log: Permission denied"));
  files.Restart();
  Seen(files);
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_THAT(Seen(files), ElementsAre(Pair("2", 1)));
  EXPECT_EQ(files.lost(), 0U);
  EXPECT_EQ(files.rotations(), 0);
}

TEST_F(FileSetTest, AFileWithTwoNamesIsReadOnce) {
  writer_.Write("1\n");
  std::filesystem::create_hard_link(writer_.Path("app.log"), writer_.Path("hard.log"));
  std::filesystem::create_symlink("app.log", writer_.Path("soft.log"));
  auto files = Follow("*.log");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("1", 1)));
  files.Restart();
  EXPECT_THAT(Seen(files), ElementsAre());
}

TEST_F(FileSetTest, ALinkThatLeadsElsewhereIsARotation) {
  writer_.Write("1\n");
  std::filesystem::create_symlink("app.log", writer_.Path("link"));
  auto files = Follow("link");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("1", 1)));
  writer_.Write("2\n");
  writer_.folder().Write("next.log", "3\n");
  std::filesystem::remove(writer_.Path("link"));
  std::filesystem::create_symlink("next.log", writer_.Path("link"));
  EXPECT_THAT(Seen(files), ElementsAre(Pair("2", 1), Pair("3", 1)));
}

TEST_F(FileSetTest, ADirectoryOrAFifoIsAnErrorUntilAFileTakesItsPlace) {
  writer_.folder().Remove("app.log");
  std::filesystem::create_directory(writer_.Path("app.log"));
  auto files = Follow();
  Seen(files);
  EXPECT_THAT(files.errors(), ElementsAre("app.log: is a directory"));
  writer_.folder().Remove("app.log");
  ASSERT_EQ(::mkfifo(writer_.Path("app.log").c_str(), 0600), 0);
  Seen(files);
  EXPECT_EQ(files.errors().back(), "app.log: is not a regular file");
  writer_.folder().Remove("app.log");
  writer_.folder().Append("app.log", "at last\n");
  EXPECT_THAT(Seen(files), ElementsAre(Pair("at last", 1)));
}

TEST_F(FileSetTest, ACompressedFileIsRefused) {
  writer_.folder().Write("app.log", "\x1f\x8b rest");
  auto files = Follow();
  Seen(files);
  EXPECT_THAT(files.errors(), ElementsAre("app.log: is compressed, which only `logmill replay` reads"));
}

TEST_F(FileSetTest, NoMoreFilesAreOpenedThanAllowed) {
  for (const char* name : {"a.log", "b.log", "c.log"}) writer_.folder().Write(name, std::string(name) + "\n");
  auto files = Follow("?.log");
  files.Find(2);
  EXPECT_EQ(files.streams(), 2U);
  files.Find(2);
  EXPECT_EQ(files.streams(), 3U);
}

TEST_F(FileSetTest, AFileThatWasBroughtAgainIsReadOn) {
  writer_.Write(Long("1"));
  auto files = Follow();
  Seen(files);
  files.Checkpoint();
  const std::string all = testing::ReadWhole(writer_.Path("app.log"));
  writer_.folder().Write("new", all + "2\n");
  writer_.folder().Rename("new", "app.log");
  files.Kill();
  EXPECT_EQ(Seen(files).count("2"), 1U);
}

}  // namespace
}  // namespace logmill
