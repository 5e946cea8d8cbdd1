// A log that is written to while it is copied and truncated, and a daemon that is killed meanwhile: what is in the copy and was read is
// not counted again, what was not read is read from the copy.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>

#include "tests/sources/followed_files.h"
#include "tests/sources/log_writer.h"

namespace logmill {
namespace {

// How many bytes a line has, and how the log is found.
class CopytruncateTest : public ::testing::TestWithParam<std::tuple<size_t, const char*>> {
 protected:
  void Write(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      std::string line = std::to_string(++number_) + " ";
      while (line.size() < std::get<0>(GetParam())) line += std::to_string(number_) + " ";
      text += line + "\n";
    }
    writer_.Write(text);
  }
  // One read of the only stream: nothing says that this was all there is.
  void ReadOnce() { files_.ReadOnce(0, size_t{1} << 20); }
  void Look() {
    files_.Find();
    files_.Poll();
  }
  void KillAndLook() {
    files_.Kill();
    Look();
  }
  // How often each line was seen, by number.
  std::map<int, int> Seen() {
    files_.Settle();
    std::map<int, int> seen;
    for (const auto& [line, count] : files_.lines()) seen[std::stoi(line)] += count;
    return seen;
  }
  [[nodiscard]] std::map<int, int> AllOnce() const {
    std::map<int, int> all;
    for (int i = 1; i <= number_; ++i) all[i] = 1;
    return all;
  }

  testing::LogWriter writer_;
  testing::FollowedFiles files_{{.pattern = writer_.Path(std::get<1>(GetParam()))}};
  int number_ = 0;
};

// The daemon was ahead of the copy, and its last checkpoint is of a moment before the truncation: which it only learns after it was killed.
TEST_P(CopytruncateTest, ACopyThatEndsBeforeWhatWasReadIsKnownAfterAKill) {
  for (const bool compressed : {false, true}) {
    Write(8);
    Look();
    writer_.Shift();
    Write(8);
    writer_.Copy("app.log.1");
    Write(5);
    ReadOnce();
    files_.Checkpoint();
    if (compressed) writer_.Compress("app.log.1");
    writer_.Truncate();
    Write(1);
    KillAndLook();
    EXPECT_EQ(Seen(), AllOnce()) << (compressed ? "compressed" : "plain");
    EXPECT_EQ(files_.lost(), 0U);
  }
}

// The same before anything was read: what the copy has is read from it, what came after it is lost.
TEST_P(CopytruncateTest, ACopyThatEndsBeforeWhatWasSeenIsReadAfterAKill) {
  Write(1);
  Look();
  writer_.Truncate();
  Look();
  Write(8);
  Look();
  files_.Checkpoint();
  Write(8);
  writer_.Copy("app.log.1");
  const int copied = number_;
  Write(5);
  files_.Kill();
  files_.Find();
  files_.Checkpoint();
  writer_.Truncate();
  KillAndLook();
  for (const auto& [line, count] : Seen()) EXPECT_EQ(count, 1) << line;
  EXPECT_EQ(Seen().size(), static_cast<size_t>(copied));
  EXPECT_GT(files_.lost(), 0U);
}

// The file at the path was never seen before, and what copies it has not truncated it yet.
TEST_P(CopytruncateTest, ACopyInTheMakingOfAFileThatIsFoundIsNoGeneration) {
  Write(3);
  Look();
  files_.Checkpoint();
  writer_.Shift();
  writer_.RotateByRename("app.log.1");
  writer_.Reopen();
  Write(8);
  writer_.Shift();
  writer_.Copy("app.log.1");
  KillAndLook();
  Write(2);
  Look();
  EXPECT_EQ(Seen(), AllOnce());
  writer_.Truncate();
  Write(4);
  Look();
  EXPECT_EQ(Seen(), AllOnce());
}

// The path has an empty file, because it was truncated: its writer goes on with that one, not with the copy that was written to last.
TEST_P(CopytruncateTest, ACopyDoesNotKeepThePath) {
  Write(3);
  Look();
  files_.Checkpoint();
  writer_.Shift();
  writer_.RotateByRename("app.log.1");
  writer_.Reopen();
  Write(8);
  writer_.Shift();
  writer_.Copy("app.log.1");
  writer_.Truncate();
  KillAndLook();
  Write(4);
  writer_.Shift();
  writer_.RotateByRename("app.log.1");
  writer_.Reopen();
  Write(4);
  files_.Checkpoint();
  KillAndLook();
  EXPECT_EQ(Seen(), AllOnce());
}

// It was looked for in vain, while another one read what its file has now.
TEST_P(CopytruncateTest, WhatWasNotFoundDoesNotMakeAnotherFileForgotten) {
  Write(3);
  Look();
  files_.Checkpoint();
  writer_.Truncate();
  Write(1);
  writer_.RotateByRename("app.log.1");
  writer_.Reopen();
  Write(2);
  KillAndLook();
  files_.Wait(kQuietTime);
  files_.Poll();  // the renamed file ends before the search does
  EXPECT_EQ(Seen(), AllOnce());
}

// What was read from it is more than the .gz has, which is all there will ever be.
TEST_P(CopytruncateTest, TheGzipOfAShorterCopyIsReadOnce) {
  Write(4);
  Look();
  Write(1);
  writer_.Copy("app.log.1");
  const int copied = number_;
  Write(1);
  files_.ReadOnce(0, 1);
  writer_.Truncate();
  writer_.Compress("app.log.1");
  Look();
  auto seen = Seen();
  EXPECT_EQ(seen.size(), static_cast<size_t>(copied));
  for (const auto& [line, count] : seen) EXPECT_EQ(count, 1) << line;
}

// Copies end behind the head of the file, or within.
INSTANTIATE_TEST_SUITE_P(Lines, CopytruncateTest,
                         ::testing::Combine(::testing::Values(size_t{1000}, size_t{150}), ::testing::Values("app.log", "app.log*")));

}  // namespace
}  // namespace logmill
