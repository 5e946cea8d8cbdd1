// Another file is put at the path of one that was read: brought by rsync, restored, or a rotated one that got its name back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/sources/followed_files.h"
#include "tests/sources/log_writer.h"

namespace logmill {
namespace {

using ::testing::_;
using ::testing::Each;
using ::testing::Pair;

class ReplacedFileTest : public ::testing::Test {
 protected:
  testing::FollowedFiles Follow(const std::string& pattern = "app.log") {
    return testing::FollowedFiles({.pattern = writer_.Path(pattern)});
  }
  testing::FollowedFiles FollowSome() {
    text_ = Some();
    writer_.Write(text_);
    return Follow();
  }
  // More than the head by which a file is known.
  std::string Some() {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(next_++) + "\n";
    return text;
  }
  void Bring(const std::string& text) {
    writer_.folder().Write(".app.log.Xyz", text);
    writer_.folder().Rename(".app.log.Xyz", "app.log");
  }
  void ExpectAllOnce(const testing::FollowedFiles& files) {
    EXPECT_EQ(files.lines().size(), static_cast<size_t>(next_));
    EXPECT_THAT(files.lines(), Each(Pair(_, 1)));
    EXPECT_EQ(files.lost(), 0U);
  }

  testing::LogWriter writer_;
  std::string text_;  // of the file at the path
  int next_ = 0;
};

TEST_F(ReplacedFileTest, OfALongerOneTheRestIsRead) {
  auto files = FollowSome();
  files.Settle();
  for (int i = 0; i < 4; ++i) {
    Bring(text_ += Some());
    files.Settle();
    ExpectAllOnce(files);
    if (i % 2 == 0) files.Restart();
  }
  writer_.Reopen();
  writer_.Write(Some());
  files.Settle();
  ExpectAllOnce(files);
}

TEST_F(ReplacedFileTest, BeforeTheOldOneHasEnded) {
  auto files = FollowSome();
  files.Find();
  files.Poll();
  for (int i = 0; i < 3; ++i) {
    Bring(text_ += Some());
    files.Find();
    files.Poll();
  }
  files.Settle();
  ExpectAllOnce(files);
}

TEST_F(ReplacedFileTest, OfAnEqualOneNothingIsReadUntilItGrows) {
  auto files = FollowSome();
  files.Settle();
  for (int i = 0; i < 3; ++i) {
    Bring(text_);
    files.Settle();
    ExpectAllOnce(files);
    writer_.Reopen();
    const std::string more = Some();
    writer_.Write(more);
    text_ += more;
    files.Settle();
    ExpectAllOnce(files);
  }
}

TEST_F(ReplacedFileTest, ARotatedOneThatGotItsNameBackHoldsNothingUp) {
  writer_.Write(Some());
  auto files = Follow("app.log*");
  files.Settle();
  for (int i = 0; i < 2; ++i) {
    writer_.Shift();
    writer_.RotateByRename("app.log.1");
    writer_.Reopen();
    writer_.Write(Some());
    files.Settle();
  }
  writer_.folder().Rename("app.log.1", "app.log");
  files.Restart();
  files.Find();
  EXPECT_FALSE(files.undecided());
  files.Settle();
  ExpectAllOnce(files);
}

}  // namespace
}  // namespace logmill
