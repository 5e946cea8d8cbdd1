#include "daemon/checkpointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/checkpoint/faulty_calls.h"
#include "tests/checkpoint/sample_checkpoint.h"
#include "tests/sources/temporary_folder.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    EXPECT_TRUE(folder_->Load());
    checkpointer_ = Make(5s);
  }

  std::unique_ptr<Checkpointer> Make(std::chrono::milliseconds interval) {
    return std::make_unique<Checkpointer>(
        CheckpointerOptions{.interval = interval,
                            .generation = 10,
                            .version = "9.9",
                            .gather = [this] { return Gather(); },
                            .on_error = [this](const std::string& sentence) { said_.push_back(sentence); },
                            .on_recovery = [this](const std::string& sentence) { said_.push_back(sentence); }},
        *folder_, clock_);
  }

  std::optional<Checkpoint> Gather() {
    clock_.Advance(gathering_takes_);
    if (while_gathering_) while_gathering_();
    if (!can_gather_) return std::nullopt;
    Checkpoint checkpoint;
    checkpoint.counts = {{"lines", lines_}};
    return checkpoint;
  }

  [[nodiscard]] Checkpoint OnDisk() const { return *ReadCheckpointFile(folder_->path() + "/checkpoint").content; }

  testing::TemporaryFolder temporary_;
  FaultyCalls calls_{temporary_.Path("state")};
  std::unique_ptr<StateFolder> folder_ = *StateFolder::Open(temporary_.Path("state"), &calls_);
  FakeClock clock_;
  bool can_gather_ = true;
  std::chrono::milliseconds gathering_takes_{0};
  std::function<void()> while_gathering_;
  uint64_t lines_ = 1;
  std::vector<std::string> said_;
  std::unique_ptr<Checkpointer> checkpointer_;
};

TEST_F(CheckpointerTest, WritesWhatIsGathered) {
  EXPECT_TRUE(checkpointer_->WriteNow());
  const Checkpoint checkpoint = OnDisk();
  EXPECT_EQ(checkpoint.generation, 11u);
  EXPECT_EQ(checkpoint.version, "9.9");
  EXPECT_EQ(checkpoint.written_ms, clock_.UnixMillis());
  EXPECT_THAT(checkpoint.counts, ElementsAre(std::pair<std::string, uint64_t>("lines", 1)));
  const CheckpointStats& stats = checkpointer_->stats();
  EXPECT_EQ(stats.written, 1u);
  EXPECT_EQ(stats.size_bytes, std::filesystem::file_size(folder_->path() + "/checkpoint"));
  EXPECT_EQ(stats.up_to_date_ms, clock_.UnixMillis());
}

TEST_F(CheckpointerTest, WritesNothingWhenNothingChanged) {
  checkpointer_->WriteNow();
  const int64_t written_ms = OnDisk().written_ms;
  clock_.Advance(5s);
  EXPECT_TRUE(checkpointer_->WriteNow());
  EXPECT_EQ(OnDisk().written_ms, written_ms);
  EXPECT_EQ(checkpointer_->stats().skipped, 1u);
  EXPECT_EQ(checkpointer_->stats().up_to_date_ms, clock_.UnixMillis()) << "the one on disk still holds everything";
  ++lines_;
  checkpointer_->WriteNow();
  EXPECT_EQ(OnDisk().generation, 12u);
}

TEST_F(CheckpointerTest, AnErrorIsSaidOnceAndRetried) {
  calls_.CrashAt(1);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(checkpointer_->WriteNow());
  ASSERT_EQ(said_.size(), 2u) << "cannot write, then cannot create";
  EXPECT_THAT(said_[0], HasSubstr("cannot write the checkpoint"));
  EXPECT_EQ(checkpointer_->stats().failed, 3u);
  EXPECT_EQ(checkpointer_->stats().up_to_date_ms, 0);
  calls_.Reset();
  EXPECT_TRUE(checkpointer_->WriteNow());
  EXPECT_THAT(said_.back(), HasSubstr("is written again"));
  EXPECT_EQ(OnDisk().generation, 14u) << "each try has a number of its own";
  calls_.FailAt(0, EIO);
  ++lines_;
  EXPECT_FALSE(checkpointer_->WriteNow());
  EXPECT_EQ(said_.size(), 4u) << "a new row of errors";
}

TEST_F(CheckpointerTest, AfterAnErrorTheSameIsNotTakenForWritten) {
  checkpointer_->WriteNow();
  calls_.FailAt(5, EIO);
  ++lines_;
  EXPECT_FALSE(checkpointer_->WriteNow());
  calls_.Reset();
  EXPECT_TRUE(checkpointer_->WriteNow());
  EXPECT_EQ(checkpointer_->stats().skipped, 0u);
  EXPECT_EQ(OnDisk().counts[0].second, 2u);
}

TEST_F(CheckpointerTest, WhatCannotBeGatheredIsNotWritten) {
  can_gather_ = false;
  EXPECT_FALSE(checkpointer_->WriteNow());
  EXPECT_EQ(calls_.calls, 0);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(CheckpointerTest, WaitsForTheIntervalOrAsLongAsTheLastOneWasExpensive) {
  EXPECT_EQ(checkpointer_->Wait(), 5s);
  clock_.Advance(5s);
  EXPECT_EQ(checkpointer_->Wait(), 0s);
  gathering_takes_ = 20ms;
  checkpointer_->WriteNow();
  EXPECT_EQ(checkpointer_->Wait(), 5s - 20ms);
  gathering_takes_ = 200ms;
  checkpointer_->WriteNow();
  EXPECT_EQ(checkpointer_->Wait(), 10s - 200ms) << "2 % of the time";
  EXPECT_EQ(checkpointer_->stats().duration_seconds, 0.02) << "of the last one written, not skipped";
}

TEST_F(CheckpointerTest, ARequestIsServedAtOnceButNotAtAnyPrice) {
  checkpointer_->RequestSoon();
  EXPECT_LE(checkpointer_->Wait(), 0s);
  gathering_takes_ = 20ms;
  checkpointer_->WriteNow();
  EXPECT_EQ(checkpointer_->Wait(), 5s - 20ms) << "it is served";
  checkpointer_->RequestSoon();
  EXPECT_EQ(checkpointer_->Wait(), 1s - 20ms);
}

TEST_F(CheckpointerTest, ARequestThatComesDuringACheckpointGetsItsOwn) {
  while_gathering_ = [this] { checkpointer_->RequestSoon(); };
  checkpointer_->WriteNow();
  EXPECT_LE(checkpointer_->Wait(), 0s);
}

TEST_F(CheckpointerTest, RunServesRequestsAndStops) {
  auto patient = Make(1h);
  std::atomic<int> gathered{0};
  while_gathering_ = [&] {
    ++lines_;
    ++gathered;
    gathered.notify_all();
  };
  {
    const std::jthread thread([&](std::stop_token stop) { patient->Run(stop); });
    for (int round = 0; round < 3; ++round) {
      patient->RequestSoon();
      gathered.wait(round);
      while (patient->stats().written + patient->stats().skipped <= static_cast<uint64_t>(round)) std::this_thread::yield();
    }
  }
  EXPECT_EQ(patient->stats().written, 3u);
}

TEST_F(CheckpointerTest, RunWritesByItself) {
  auto busy = Make(0ms);
  std::atomic<int> gathered{0};
  while_gathering_ = [&] {
    ++gathered;
    gathered.notify_all();
  };
  const std::jthread thread([&](std::stop_token stop) { busy->Run(stop); });
  for (int seen = 0; seen < 10; seen = gathered) gathered.wait(seen);
}

}  // namespace
}  // namespace logmill
