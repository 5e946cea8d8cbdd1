#include "collectors/interruption.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace logmill {
namespace {

using Wait = Interruption::Wait;

class InterruptionTest : public ::testing::Test {
 protected:
  InterruptionTest() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair_), 0); }
  ~InterruptionTest() override {
    ::close(pair_[0]);
    ::close(pair_[1]);
  }

  static Interruption::Time In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }
  static Interruption::Time Never() { return In(std::chrono::hours(24)); }

  Interruption interruption_;
  int pair_[2] = {-1, -1};
};

TEST_F(InterruptionTest, AwaitSeesBytesAndTheEndAndTheDeadline) {
  interruption_.Begin();
  EXPECT_EQ(interruption_.Await(pair_[0], POLLOUT, Never()), Wait::kReady);
  EXPECT_EQ(interruption_.Await(pair_[0], POLLIN, In(std::chrono::milliseconds(1))), Wait::kTimeout);
  EXPECT_EQ(interruption_.Await(pair_[0], POLLIN, In(std::chrono::milliseconds(-1))), Wait::kTimeout);
  ASSERT_EQ(::write(pair_[1], "a", 1), 1);
  EXPECT_EQ(interruption_.Await(pair_[0], POLLIN, Never()), Wait::kReady);
  EXPECT_FALSE(interruption_.interrupted());
}

TEST_F(InterruptionTest, AWaitIsInterruptedByAnotherThread) {
  interruption_.Begin();
  std::thread other([this] { interruption_.Interrupt(); });
  EXPECT_EQ(interruption_.Await(pair_[0], POLLIN, Never()), Wait::kInterrupted);
  other.join();
  EXPECT_EQ(interruption_.Await(pair_[0], POLLOUT, Never()), Wait::kInterrupted) << "until End()";
}

TEST_F(InterruptionTest, ABlockingCallOnAGuardedSocketEnds) {
  interruption_.Begin();
  interruption_.Guard(pair_[0]);
  std::thread other([this] { interruption_.Interrupt(); });
  char byte = 0;
  EXPECT_EQ(::read(pair_[0], &byte, 1), 0);
  other.join();
}

TEST_F(InterruptionTest, AnInterruptThatCameBeforeTheGuardCounts) {
  interruption_.Begin();
  interruption_.Interrupt();
  interruption_.Guard(pair_[0]);
  char byte = 0;
  EXPECT_EQ(::read(pair_[0], &byte, 1), 0);
}

TEST_F(InterruptionTest, WhatIsNotGuardedAnyMoreStaysOpen) {
  interruption_.Begin();
  interruption_.Guard(pair_[0]);
  interruption_.Unguard();
  interruption_.Interrupt();
  EXPECT_EQ(::write(pair_[0], "a", 1), 1);
}

TEST_F(InterruptionTest, AnInterruptOutsideTouchesNothing) {
  interruption_.Interrupt();
  interruption_.Begin();
  EXPECT_EQ(interruption_.Await(pair_[0], POLLOUT, Never()), Wait::kReady);
  interruption_.Guard(pair_[0]);
  interruption_.Interrupt();
  interruption_.End();
  interruption_.Interrupt();
  interruption_.Begin();
  EXPECT_FALSE(interruption_.interrupted());
  EXPECT_EQ(interruption_.Await(pair_[1], POLLOUT, Never()), Wait::kReady);
}

TEST_F(InterruptionTest, AGuardedSocketMayBeClosed) {
  interruption_.Begin();
  interruption_.Guard(pair_[0]);
  ::close(pair_[0]);
  pair_[0] = ::dup(pair_[1]);  // the same number, most likely
  interruption_.Interrupt();
  EXPECT_GE(::fcntl(pair_[0], F_GETFD), 0);
}

}  // namespace
}  // namespace logmill
