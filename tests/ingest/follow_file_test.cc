#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "ingest/source.h"
#include "tests/ingest/temporary_folder.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using Status = ReadResult::Status;

class FollowFileTest : public ::testing::Test {
 protected:
  void Follow(StartAt start) { source_ = FollowFile(folder_.Path("app.log"), start, registry_, clock_); }
  void Append(std::string_view bytes) { folder_.Append("app.log", bytes); }
  // Polls until the file that lost its name has been quiet for long enough.
  void ExpectEndWhenQuiet() {
    EXPECT_EQ(Poll(), "(idle)");
    clock_.Advance(kQuietTime);
    EXPECT_EQ(Poll(), "(end)");
    source_.reset();
  }
  void Rotate() { folder_.Rename("app.log", "app.log.1"); }

  ReadResult Read() {
    std::array<char, 64> room;
    ReadResult result = source_->Read(room);
    last_.assign(room.data(), result.bytes);
    return result;
  }
  // The next bytes, or what came instead of them.
  std::string Poll() {
    const ReadResult result = Read();
    switch (result.status) {
      case Status::kData:
        return last_;
      case Status::kIdle:
        return "(idle)";
      case Status::kBreak:
        return "(truncated)";
      case Status::kMoved:
        return "(moved)";
      case Status::kEnd:
        return "(end)";
      case Status::kError:
        return "(" + result.error.substr(result.error.rfind('/') + 1) + ")";
    }
    return "";
  }

  testing::TemporaryFolder folder_;
  FileRegistry registry_;
  FakeClock clock_;
  std::unique_ptr<Source> source_;
  std::string last_;
};

TEST_F(FollowFileTest, ARenamedFileIsNotReadAgainUnderItsNewName) {
  Append("old\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "old\n");
  Rotate();
  Append("new\n");
  EXPECT_EQ(Poll(), "(moved)");
  std::unique_ptr<Source> app_log = std::move(source_);
  source_ = FollowFile(folder_.Path("app.log.1"), StartAt::kStart, registry_, clock_);
  EXPECT_EQ(Poll(), "(idle)") << "the other source has it";
  EXPECT_EQ(source_->LagBytes(), 0U);
  app_log.reset();
  folder_.Append("app.log.1", "late\n");
  EXPECT_EQ(Poll(), "late\n") << "what a slow writer still wrote to it";
  EXPECT_EQ(Poll(), "(idle)");
}

TEST_F(FollowFileTest, AnotherFileWithTheSameInodeIsNew) {
  Append("one\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "one\n");
  source_.reset();
  // Where the file system knows no time of birth, a new file may look like this: same inode, other content.
  folder_.Write("app.log", "two\nthree\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "two\nthree\n");
}

TEST_F(FollowFileTest, AFileThatWasLeftIsReadOn) {
  Append("one\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "one\n");
  source_.reset();
  Append("two\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "two\n");
}

TEST_F(FollowFileTest, ReadsWhatIsThereAndWhatComes) {
  Append("one\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(source_->LagBytes(), 4U);
  EXPECT_EQ(Poll(), "one\n");
  EXPECT_EQ(Poll(), "(idle)");
  Append("two\n");
  EXPECT_EQ(source_->LagBytes(), 4U);
  EXPECT_EQ(Poll(), "two\n");
  EXPECT_EQ(source_->LagBytes(), 0U);
  EXPECT_EQ(source_->name(), folder_.Path("app.log"));
}

TEST_F(FollowFileTest, StartingAtTheEndSkipsWhatIsThere) {
  Append("old\n");
  Follow(StartAt::kEnd);
  EXPECT_EQ(Poll(), "(idle)");
  Append("new\n");
  EXPECT_EQ(Poll(), "new\n");
}

TEST_F(FollowFileTest, AFileThatAppearsLaterIsReadFromItsStartInAnyCase) {
  Follow(StartAt::kEnd);
  EXPECT_EQ(Poll(), "(idle)");
  Append("first\n");
  EXPECT_EQ(Poll(), "first\n");
}

TEST_F(FollowFileTest, ARotatedFileIsReadOnUntilItsWriterIsQuiet) {
  Append("a\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "a\n");
  Append("b\n");
  Rotate();
  folder_.Append("app.log.1", "c\n");
  Append("d\n");
  EXPECT_EQ(source_->LagBytes(), 6U);
  EXPECT_EQ(Poll(), "b\nc\n");
  EXPECT_EQ(Poll(), "(moved)");
  folder_.Append("app.log.1", "late");
  EXPECT_EQ(Poll(), "late");
  EXPECT_EQ(Poll(), "(idle)");
  clock_.Advance(kQuietTime / 2);
  folder_.Append("app.log.1", "r\n");
  EXPECT_EQ(Poll(), "r\n");
  clock_.Advance(kQuietTime / 2);
  ExpectEndWhenQuiet();
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "d\n");
  EXPECT_EQ(Poll(), "(idle)");
}

TEST_F(FollowFileTest, TheWriterMayGoOnInTheOldFileWhileTheNewOneIsEmpty) {
  Append("a\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "a\n");
  Rotate();
  Append("");
  EXPECT_EQ(Poll(), "(idle)");
  clock_.Advance(10 * kQuietTime);
  folder_.Append("app.log.1", "late\n");
  EXPECT_EQ(Poll(), "late\n");
  EXPECT_EQ(Poll(), "(idle)");
  Append("new\n");
  EXPECT_EQ(Poll(), "(moved)");
  ExpectEndWhenQuiet();
}

TEST_F(FollowFileTest, ADeletedFileIsLetGoWhenItsWriterIsQuiet) {
  Append("a\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "a\n");
  folder_.Remove("app.log");
  ExpectEndWhenQuiet();
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "(idle)") << "the path is waited for";
  Append("b\n");
  EXPECT_EQ(Poll(), "b\n");
}

TEST_F(FollowFileTest, ACompressedFileIsRefused) {
  folder_.Write("app.log", "\x1f\x8b rest");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "(app.log: is compressed, which only `logmill replay` reads)");
}

TEST_F(FollowFileTest, ATruncatedFileIsReadFromItsStart) {
  Append("a long line\n");
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "a long line\n");
  folder_.Write("app.log", "short\n");
  EXPECT_EQ(Poll(), "(truncated)");
  EXPECT_EQ(Poll(), "short\n");
  folder_.Write("app.log", "");
  EXPECT_EQ(Poll(), "(truncated)");
  EXPECT_EQ(Poll(), "(idle)");
}

TEST_F(FollowFileTest, ADirectoryOrAFifoIsAnErrorUntilAFileTakesItsPlace) {
  std::filesystem::create_directory(folder_.Path("app.log"));
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "(app.log: is a directory)");
  folder_.Remove("app.log");
  ASSERT_EQ(::mkfifo(folder_.Path("app.log").c_str(), 0600), 0);
  EXPECT_EQ(Poll(), "(app.log: is not a regular file)");
  folder_.Remove("app.log");
  Append("at last\n");
  EXPECT_EQ(Poll(), "at last\n");
}

TEST_F(FollowFileTest, AFileThatMayNotBeReadIsTriedAgain) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser may read everything";
  Append("secret\n");
  ASSERT_EQ(::chmod(folder_.Path("app.log").c_str(), 0), 0);
  Follow(StartAt::kStart);
  EXPECT_EQ(Poll(), "(app.log: Permission denied)");
  ASSERT_EQ(::chmod(folder_.Path("app.log").c_str(), 0600), 0);
  EXPECT_EQ(Poll(), "secret\n");
}

class FollowDescriptorTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(ends_.data()), 0); }
  void TearDown() override {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  std::array<int, 2> ends_{};
  std::array<char, 64> room_{};
};

TEST_F(FollowDescriptorTest, NeverWaits) {
  const auto source = FollowDescriptor(ends_[0], "stdin");
  EXPECT_EQ(source->name(), "stdin");
  EXPECT_EQ(source->Read(room_).status, Status::kIdle);
  ASSERT_EQ(::write(ends_[1], "abc", 3), 3);
  EXPECT_EQ(source->LagBytes(), 3U);
  const ReadResult result = source->Read(room_);
  EXPECT_EQ(result.status, Status::kData);
  EXPECT_EQ(std::string(room_.data(), result.bytes), "abc");
  EXPECT_EQ(source->Read(room_).status, Status::kIdle);
  ::close(ends_[1]);
  ends_[1] = -1;
  EXPECT_EQ(source->Read(room_).status, Status::kEnd);
  EXPECT_EQ(source->Read(room_).status, Status::kEnd);
}

TEST_F(FollowDescriptorTest, ADescriptorThatIsNotOpenIsAnError) {
  const auto source = FollowDescriptor(987654, "stdin");
  const ReadResult result = source->Read(room_);
  EXPECT_EQ(result.status, Status::kError);
  EXPECT_EQ(result.error, "stdin: is not open");
}

}  // namespace
}  // namespace logmill
