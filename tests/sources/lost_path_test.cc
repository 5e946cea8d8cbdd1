// Files that have lost their path, and whose path has no other file yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string_view>

#include "tests/sources/followed_files.h"
#include "tests/sources/log_writer.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Lines = testing::FollowedFiles::Lines;

class LostPathTest : public ::testing::Test {
 protected:
  testing::FollowedFiles Follow() { return testing::FollowedFiles({.pattern = writer_.Path("app.log")}); }
  static Lines Seen(testing::FollowedFiles& files) {
    files.Find();
    files.Poll();
    return files.TakeLines();
  }

  testing::LogWriter writer_;
};

TEST_F(LostPathTest, AFileThatIsAwayFromItsPathIsAskedAgainBecauseNoWatchTellsOfItsWriter) {
  writer_.Write("one\n");
  auto files = Follow();
  Seen(files);
  EXPECT_FALSE(files.waiting());
  writer_.RotateByRename("app.log.1");
  for (const char* there : {"nothing", "a folder", "an empty file"}) {
    if (there == std::string_view("a folder")) std::filesystem::create_directory(writer_.Path("app.log"));
    if (there == std::string_view("an empty file")) writer_.Create();
    Seen(files);
    EXPECT_TRUE(files.waiting()) << there;
    writer_.Write("more\n");
    EXPECT_THAT(Seen(files), ElementsAre(Pair("more", 1))) << there;
    EXPECT_TRUE(files.waiting()) << there;
    std::filesystem::remove(writer_.Path("app.log"));
  }
  writer_.folder().Rename("app.log.1", "app.log");
  Seen(files);
  EXPECT_FALSE(files.waiting());
}

TEST_F(LostPathTest, WhatWasEmptyIsNotLookedForAsLongAsWhatHasARest) {
  for (const char* before : {"", "1\n"}) {
    testing::LogWriter writer;
    writer.Write(before);
    testing::FollowedFiles files({.pattern = writer.Path("app.log")});
    files.Find();
    files.Checkpoint();
    writer.RotateByRename("app.log.1");
    writer.folder().Remove("app.log.1");
    writer.Reopen();
    writer.Write("new\n");
    files.Kill();
    EXPECT_THAT(Seen(files), ElementsAre(Pair("new", 1)));
    EXPECT_EQ(files.streams(), 2U);
    files.Wait(kQuietTime);
    files.Poll();
    EXPECT_EQ(files.streams(), *before == '\0' ? 1U : 2U);
    files.Settle();
    EXPECT_EQ(files.streams(), 1U);
    EXPECT_EQ(files.lost(), *before == '\0' ? 0U : 2U);
  }
}

TEST_F(LostPathTest, WhatCameIntoAnEmptyFileThatWasCompressedIsReadAtOnce) {
  auto files = Follow();
  Seen(files);
  files.Checkpoint();
  writer_.Write("1\n");
  writer_.RotateByRename("app.log.1");
  writer_.Reopen();
  writer_.Compress("app.log.1");
  files.Kill();
  EXPECT_THAT(Seen(files), ElementsAre(Pair("1", 1)));
  files.Wait(kQuietTime);
  files.Poll();
  EXPECT_EQ(files.streams(), 1U);
  files.Settle();
  EXPECT_THAT(files.TakeLines(), ElementsAre());
  EXPECT_EQ(files.lost(), 0U);
}

TEST_F(LostPathTest, WhatIsFollowedByARotatedNameIsFoundCompressed) {
  writer_.Write("1\n2\n3\n");
  writer_.RotateByRename("app.log.1");
  writer_.Reopen();
  writer_.Write("4\n");
  testing::FollowedFiles files({.pattern = writer_.Path("app.log*")});
  files.Find();
  files.ReadOnce(0, 2);
  files.ReadOnce(1, 2);
  files.Checkpoint();
  writer_.Shift();
  writer_.RotateByRename("app.log.1");
  writer_.Reopen();
  writer_.Compress("app.log.2");
  files.Kill();
  files.Settle();
  EXPECT_THAT(files.lines(), ElementsAre(Pair("1", 1), Pair("2", 1), Pair("3", 1), Pair("4", 1)));
  EXPECT_EQ(files.lost(), 0U);
}

}  // namespace
}  // namespace logmill
