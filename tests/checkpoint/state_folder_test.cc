#include "checkpoint/state_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>

#include "checkpoint/checkpoint_frame.h"
#include "tests/checkpoint/faulty_calls.h"
#include "tests/checkpoint/sample_checkpoint.h"
#include "tests/sources/temporary_folder.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class StateFolderTest : public ::testing::Test {
 protected:
  std::unique_ptr<StateFolder> Open() {
    auto folder = StateFolder::Open(path_);
    EXPECT_TRUE(folder) << folder.error();
    return folder ? std::move(*folder) : nullptr;
  }

  // A life that writes one checkpoint.
  void Write(uint64_t generation) {
    const auto folder = Open();
    EXPECT_TRUE(folder->Load());
    EXPECT_TRUE(folder->Write(EncodeCheckpoint(SampleCheckpoint(generation))));
  }

  StateFolder::Loaded Load() {
    auto loaded = Open()->Load();
    EXPECT_TRUE(loaded) << loaded.error();
    return loaded ? std::move(*loaded) : StateFolder::Loaded();
  }

  [[nodiscard]] std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
    return names;
  }

  void Damage(const std::string& name) const { std::filesystem::resize_file(path_ + "/" + name, 50); }

  testing::TemporaryFolder temporary_;
  const std::string path_ = temporary_.Path("state");
};

TEST_F(StateFolderTest, IsMadeForItsOwnerOnly) {
  Open();
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  EXPECT_THAT(Load().damaged, IsEmpty());
  EXPECT_FALSE(Load().checkpoint);
}

TEST_F(StateFolderTest, HoldsTheLastCheckpointAndTheOneBefore) {
  for (uint64_t generation = 1; generation <= 3; ++generation) Write(generation);
  EXPECT_EQ(Load().checkpoint->generation, 3u);
  EXPECT_THAT(Files(), UnorderedElementsAre("checkpoint", "checkpoint.previous", "lock"));
  EXPECT_EQ(ReadCheckpointFile(path_ + "/checkpoint.previous").content->generation, 2u);
}

TEST_F(StateFolderTest, BelongsToOneProcess) {
  const auto folder = Open();
  const auto second = StateFolder::Open(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(),
            path_ + " is in use by another logmill (pid " + std::to_string(::getpid()) + "); stop it, or set `state` to another folder");
}

TEST_F(StateFolderTest, IsFreeAgainAfterwards) {
  Open();
  EXPECT_NE(Open(), nullptr);
}

TEST_F(StateFolderTest, SaysWhatToDoWhenItCannotBeUsed) {
  EXPECT_THAT(StateFolder::Open(temporary_.Path("no/such/parent")).error(), HasSubstr("make the folder that it is to be in"));
  temporary_.Write("file", "x");
  EXPECT_THAT(StateFolder::Open(temporary_.Path("file")).error(), HasSubstr("it has to be a folder"));
}

TEST_F(StateFolderTest, ADamagedCheckpointIsSetAsideAndTheOneBeforeIsUsed) {
  Write(1);
  Write(2);
  Damage("checkpoint");
  const StateFolder::Loaded loaded = Load();
  EXPECT_EQ(loaded.checkpoint->generation, 1u);
  EXPECT_THAT(loaded.damaged, ElementsAre(path_ + "/checkpoint is damaged: its checksum is wrong; it is kept as checkpoint.damaged-1"));
  EXPECT_THAT(Files(), UnorderedElementsAre("checkpoint.damaged-1", "checkpoint.previous", "lock"));
  EXPECT_THAT(Load().damaged, IsEmpty()) << "said once";
  Write(2);
  EXPECT_EQ(Load().checkpoint->generation, 2u);
  EXPECT_EQ(ReadCheckpointFile(path_ + "/checkpoint.previous").content->generation, 1u) << "the whole one was not lost on the way";
}

TEST_F(StateFolderTest, WhenBothAreDamagedItBeginsAnew) {
  Write(1);
  Write(2);
  Damage("checkpoint");
  Damage("checkpoint.previous");
  const StateFolder::Loaded loaded = Load();
  EXPECT_FALSE(loaded.checkpoint);
  EXPECT_EQ(loaded.damaged.size(), 2u);
}

TEST_F(StateFolderTest, FewDamagedOnesAreKeptTheNewest) {
  for (int i = 1; i <= 5; ++i) {
    Write(1);
    Damage("checkpoint");
    Load();
  }
  std::vector<std::string> files = Files();
  std::erase_if(files, [](const std::string& name) { return !name.starts_with("checkpoint.damaged-"); });
  EXPECT_THAT(files, UnorderedElementsAre("checkpoint.damaged-3", "checkpoint.damaged-4", "checkpoint.damaged-5"));
}

TEST_F(StateFolderTest, AnUnfinishedTemporaryFileIsNoDamage) {
  Write(1);
  std::filesystem::copy_file(path_ + "/checkpoint", path_ + "/checkpoint.tmp");
  Damage("checkpoint.tmp");
  const StateFolder::Loaded loaded = Load();
  EXPECT_EQ(loaded.checkpoint->generation, 1u);
  EXPECT_THAT(loaded.damaged, IsEmpty());
}

TEST_F(StateFolderTest, TheNewestWholeOneIsUsedWhateverItsName) {
  Write(1);
  for (const char* name : {"/checkpoint.tmp", "/checkpoint.previous"}) {
    std::filesystem::remove(path_ + "/checkpoint.previous");
    std::ofstream(path_ + name) << EncodeCheckpoint(SampleCheckpoint(5));
    EXPECT_EQ(Load().checkpoint->generation, 5u) << name;
  }
}

TEST_F(StateFolderTest, AFileOfANewerVersionIsLeftAlone) {
  std::string newer = EncodeCheckpoint(SampleCheckpoint(9));
  newer[checkpoint_frame::kVersionAt] = 2;
  std::string checksum;
  for (int i = 0; i < 8; ++i) checksum += static_cast<char>(checkpoint_frame::CheckpointChecksum(newer) >> (8 * i));
  newer.replace(checkpoint_frame::kChecksumAt, checksum.size(), checksum);
  for (const std::string name : {"checkpoint", "checkpoint.tmp", "checkpoint.previous"}) {
    std::filesystem::remove_all(path_);
    Write(1);
    std::ofstream(path_ + "/" + name) << newer;
    const auto loaded = Open()->Load();
    ASSERT_FALSE(loaded) << name;
    EXPECT_THAT(loaded.error(), HasSubstr("was written by a newer Logmill"));
    EXPECT_THAT(loaded.error(), HasSubstr("run that version again"));
    EXPECT_EQ(testing::ReadWhole(path_ + "/" + name), newer);
  }
}

TEST_F(StateFolderTest, WhatIsNoFileIsSetAsideToo) {
  Write(1);
  Write(2);
  std::filesystem::remove(path_ + "/checkpoint");
  std::filesystem::create_directory(path_ + "/checkpoint");
  EXPECT_EQ(Load().checkpoint->generation, 1u);
  Write(2);
  EXPECT_EQ(Load().checkpoint->generation, 2u);
}

TEST_F(StateFolderTest, ADamagedOneThatCannotBeSetAsideDoesNoHarm) {
  Write(1);
  Write(2);
  Damage("checkpoint");
  FaultyCalls calls(path_);
  {
    const auto folder = *StateFolder::Open(path_, &calls);
    calls.FailAt(0, EROFS);
    const auto loaded = folder->Load();
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->checkpoint->generation, 1u);
    EXPECT_THAT(loaded->damaged, ElementsAre(HasSubstr("cannot be set aside")));
    calls.FailAt(4, EIO);
    EXPECT_FALSE(folder->Write(EncodeCheckpoint(SampleCheckpoint(2))));
    EXPECT_EQ(ReadCheckpointFile(path_ + "/checkpoint.previous").content->generation, 1u) << "not replaced by the damaged one";
  }
  EXPECT_EQ(Load().checkpoint->generation, 2u);
}

TEST_F(StateFolderTest, AFullDiskIsSaidAndItsRoomGivenBack) {
  Write(1);
  FaultyCalls calls(path_);
  const auto folder = *StateFolder::Open(path_, &calls);
  ASSERT_TRUE(folder->Load());
  calls.FailAt(1, ENOSPC);
  const auto written = folder->Write(EncodeCheckpoint(SampleCheckpoint(2)));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error(),
            "cannot write the checkpoint in " + path_ + ": No space left on device; make room there, or set `state` to another folder");
  EXPECT_THAT(Files(), UnorderedElementsAre("checkpoint", "lock"));
}

}  // namespace
}  // namespace logmill
