// A log that is written to while it is copied and truncated, and a daemon that is killed meanwhile: what is in the copy and was read is
// not counted again, what was not read is read from the copy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/sources/followed_files.h"
#include "tests/sources/log_writer.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Lines = testing::FollowedFiles::Lines;

class CopytruncateTest : public ::testing::TestWithParam<int> {
 protected:
  // Of GetParam() bytes and more each.
  void Write(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      const std::string line = std::to_string(++number_) + " " + std::string(static_cast<size_t>(GetParam()), 'x');
      text += line + "\n";
      ++written_[line];
    }
    writer_.Write(text);
  }
  // No second read tells that this was all there is.
  void ReadAll() { files_.ReadOnce(0, size_t{1} << 20); }
  void Look() {
    files_.Find();
    files_.Poll();
  }
  // The same as the daemon in its first look after it was started again.
  void KillAndSettle() {
    files_.Kill();
    Look();
    files_.Settle();
  }

  testing::LogWriter writer_;
  testing::FollowedFiles files_{{.pattern = writer_.Path("app.log")}};
  Lines written_;
  int number_ = 0;
};

// The daemon was ahead of the copy, and its checkpoint is of a moment before the truncation.
TEST_P(CopytruncateTest, ACopyThatEndsBeforeWhatWasReadIsKnownAfterAKill) {
  for (const bool compressed : {false, true}) {
    Write(8);
    Look();
    writer_.Shift();
    Write(8);
    writer_.Copy("app.log.1");
    Write(5);
    ReadAll();
    files_.Checkpoint();
    if (compressed) writer_.Compress("app.log.1");
    writer_.Truncate();
    Write(1);
    KillAndSettle();
    EXPECT_EQ(files_.lines(), written_) << (compressed ? "compressed" : "plain");
    EXPECT_EQ(files_.lost(), 0U);
  }
}

// A line has so many bytes: all of the file is beyond its head, or within.
INSTANTIATE_TEST_SUITE_P(Lines, CopytruncateTest, ::testing::Values(1000, 150));

}  // namespace
}  // namespace logmill
