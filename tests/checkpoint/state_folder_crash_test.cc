// Whatever fails, and whenever the machine stops: the next start finds the old checkpoint or the new one, whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>

#include "checkpoint/state_folder.h"
#include "tests/checkpoint/faulty_calls.h"
#include "tests/checkpoint/sample_checkpoint.h"
#include "tests/sources/temporary_folder.h"

namespace logmill {
namespace {

using ::testing::IsEmpty;

constexpr int kCalls = 7;  // create, write, sync, close, rename, rename, sync the folder

std::string Bytes(uint64_t generation) { return EncodeCheckpoint(SampleCheckpoint(generation)); }

// A folder that `before` checkpoints were written to, and then is written by calls that fail.
class Life {
 public:
  explicit Life(uint64_t before) {
    std::filesystem::create_directory(path_);
    folder_ = *StateFolder::Open(path_, &calls);
    EXPECT_TRUE(folder_->Load());
    for (uint64_t generation = 1; generation <= before; ++generation) EXPECT_TRUE(folder_->Write(Bytes(generation)));
  }

  bool Write(uint64_t generation) { return folder_->Write(Bytes(generation)).has_value(); }

  // Begins another life, whose calls work, and returns the generation that it finds; 0: none.
  uint64_t Restart() {
    calls.Reset();
    folder_.reset();
    folder_ = *StateFolder::Open(path_, &calls);
    const auto loaded = folder_->Load();
    EXPECT_TRUE(loaded);
    EXPECT_THAT(loaded->damaged, IsEmpty());
    if (!loaded->checkpoint) return 0;
    EXPECT_EQ(loaded->checkpoint->series, SampleCheckpoint().series);
    return loaded->checkpoint->generation;
  }

 private:
  testing::TemporaryFolder temporary_;
  const std::string path_ = temporary_.Path("state");

 public:
  FaultyCalls calls{path_};

 private:
  std::unique_ptr<StateFolder> folder_;
};

TEST(StateFolderCrash, AWriteTakesTheseCalls) {
  Life life(2);
  life.calls.Reset();
  ASSERT_TRUE(life.Write(3));
  EXPECT_EQ(life.calls.calls, kCalls);
}

TEST(StateFolderCrash, AfterAnyCallTheOldOrTheNewOneIsThere) {
  for (const uint64_t before : {0u, 1u, 2u, 3u}) {
    for (int call = 0; call <= kCalls; ++call) {
      Life life(before);
      life.calls.CrashAt(call);
      const bool written = life.Write(before + 1);
      const uint64_t found = life.Restart();
      ASSERT_TRUE(found == before + 1 || (found == before && !written))
          << before << " written, crash at call " << call << ", found " << found;
      ASSERT_TRUE(life.Write(before + 2));
      ASSERT_EQ(life.Restart(), before + 2);
    }
  }
}

TEST(StateFolderCrash, SoItIsAfterAPowerLossWhateverTheDiskForgot) {
  for (const uint64_t before : {0u, 1u, 2u}) {
    for (int call = 0; call <= kCalls; ++call) {
      for (const size_t renames : {0u, 1u, 2u}) {
        for (const size_t bytes : {size_t{0}, size_t{30}, size_t{200}, SIZE_MAX}) {
          Life life(before);
          life.calls.CrashAt(call);
          const bool written = life.Write(before + 1);
          life.calls.LosePower(renames, bytes);
          const uint64_t found = life.Restart();
          ASSERT_TRUE(found == before + 1 || (found == before && !written))
              << before << " written, call " << call << ", renames " << renames << ", bytes " << bytes << ", found " << found;
          ASSERT_TRUE(life.Write(before + 2));
          ASSERT_EQ(life.Restart(), before + 2);
        }
      }
    }
  }
}

TEST(StateFolderCrash, AfterAnyErrorTheNextWriteWorks) {
  for (const int error : {ENOSPC, EIO, EDQUOT, EROFS}) {
    for (int call = 0; call < kCalls; ++call) {
      Life life(2);
      life.calls.FailAt(call, error);
      ASSERT_FALSE(life.Write(3)) << "call " << call;
      life.calls.Reset();
      ASSERT_TRUE(life.Write(4)) << "call " << call;
      ASSERT_EQ(life.Restart(), 4u) << "call " << call;
    }
  }
}

TEST(StateFolderCrash, AfterAnyErrorAndAnyCrashTheLastWholeOneIsThere) {
  for (int first = 0; first < kCalls; ++first) {
    for (int second = 0; second <= 2 * kCalls; ++second) {
      Life life(2);
      life.calls.FailAt(first, EIO);
      ASSERT_FALSE(life.Write(3));
      life.calls.CrashAt(second);
      const bool written = life.Write(4);
      const uint64_t found = life.Restart();
      ASSERT_TRUE(written ? found == 4 : found >= 2) << "error at " << first << ", crash at " << second << ", found " << found;
      ASSERT_TRUE(life.Write(5));
      ASSERT_EQ(life.Restart(), 5u);
    }
  }
}

TEST(StateFolderCrash, ErrorAfterErrorLosesNothing) {
  for (int call = 0; call < kCalls; ++call) {
    Life life(2);
    for (uint64_t generation = 3; generation < 8; ++generation) {
      life.calls.FailAt(call, ENOSPC);
      life.Write(generation);
    }
    ASSERT_GE(life.Restart(), 2u) << "call " << call;
  }
}

TEST(StateFolderCrash, ShortWritesAreContinued) {
  Life life(0);
  life.calls.most_bytes = 7;
  ASSERT_TRUE(life.Write(1));
  ASSERT_EQ(life.Restart(), 1u);
}

TEST(StateFolderCrash, AWriteThatASignalInterruptsIsRepeated) {
  Life life(1);
  life.calls.FailAt(1, EINTR);
  ASSERT_TRUE(life.Write(2));
  ASSERT_EQ(life.Restart(), 2u);
}

}  // namespace
}  // namespace logmill
