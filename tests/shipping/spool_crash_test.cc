// A process that appends is killed at any moment: what it was told to be in the spool is there, in its order, once.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/shipping/sample_records.h"
#include "tests/sources/temporary_folder.h"

namespace logmill {
namespace {

struct Told {
  uint64_t next = 1;      // everything before was appended
  uint64_t released = 1;  // everything from here on has to stay
};

SpoolOptions Options(const std::string& path) { return {.folder = path, .segment_bytes = 20'000}; }

// The life of the process that is killed. Every record's number is its sequence number.
void AppendForever(const std::string& path, int out, unsigned seed) {
  std::minstd_rand random(seed);
  auto spool = Spool::Open(Options(path), SystemClock());
  if (!spool) ::_exit(1);
  Told told{.next = (*spool)->next_sequence(), .released = (*spool)->first_sequence()};
  SpoolBatch batch((*spool)->key());
  for (;;) {
    const size_t count = 1 + random() % 20;
    for (size_t i = 0; i < count; ++i) batch.Add(testing::SampleRecord(told.next + i, random() % 900).record);
    if (!(*spool)->Append(batch)) ::_exit(2);
    told.next += count;
    if (random() % 16 == 0) told.released = std::max(told.released, told.next - std::min<uint64_t>(told.next - 1, random() % 200));
    if (::write(out, &told, sizeof told) != sizeof told) ::_exit(3);
    (*spool)->Release(told.released);
  }
}

// Reads what it tells, kills it after so many of these, and returns the last of all.
Told KillAfter(pid_t child, int in, size_t tells, size_t yields) {
  Told told;
  Told last;
  for (; tells > 0 && ::read(in, &told, sizeof told) == sizeof told; --tells) last = told;
  for (; yields > 0; --yields) std::this_thread::yield();
  EXPECT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
  while (::read(in, &told, sizeof told) == sizeof told) last = told;
  return last;
}

TEST(SpoolCrash, WhatWasAppendedIsThereInOrderAndOnce) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.Path("spool");
  std::minstd_rand random(1);
  uint64_t released = 1;
  for (unsigned life = 0; life < 60; ++life) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) AppendForever(path, ends[1], life + 1);
    ::close(ends[1]);
    const Told told = KillAfter(child, ends[0], random() % 100, random() % 30);
    ::close(ends[0]);

    const auto spool = Spool::Open(Options(path), SystemClock());
    ASSERT_TRUE(spool) << spool.error();
    ASSERT_GE((*spool)->next_sequence(), told.next);
    released = std::max(released, told.released);
    ASSERT_LE((*spool)->first_sequence(), released);
    SpoolReader reader(**spool, (*spool)->first_sequence());
    ASSERT_EQ(testing::ReadNumbers(reader), testing::Range((*spool)->first_sequence(), (*spool)->next_sequence()));
    ASSERT_EQ(reader.missing_records() + reader.damaged_bytes(), 0U);
  }
}

}  // namespace
}  // namespace logmill
