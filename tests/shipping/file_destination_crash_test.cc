// A process that ships to a file is killed at any moment, again and again: every record stands in the files once, in its order.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>

#include "shipping/file_destination.h"
#include "shipping/shipper.h"
#include "tests/shipping/numbered_records.h"
#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

using std::chrono::microseconds;

constexpr uint64_t kRecords = 5000;
constexpr int kKeep = 1000;

std::unique_ptr<Spool> OpenSpool(const TemporaryFolder& folder) {
  auto spool = Spool::Open({.folder = folder.Path("spool")}, SystemClock());
  return spool ? std::move(*spool) : nullptr;
}

// In a process of its own, with one thread: never returns.
[[noreturn]] void Ship(const TemporaryFolder& folder, int ready) {
  const auto spool = OpenSpool(folder);
  Shipper shipper({.name = "file", .folder = folder.Path("destinations"), .batch_records = 50},
                  MakeFileDestination({.path = folder.Path("out"), .max_bytes = 3000, .keep = kKeep, .raw = true}), *spool, SystemClock());
  const char byte = 0;
  if (write(ready, &byte, 1) != 1) _exit(1);
  while (shipper.stats().backlog_records > 0) shipper.Step();
  _exit(0);
}

// Whether the process ended by itself; it is killed after so long.
bool ShipUntilKilled(const TemporaryFolder& folder, std::optional<microseconds> life) {
  std::array<int, 2> ready{};
  EXPECT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) Ship(folder, ready[1]);
  close(ready[1]);
  char byte = 0;
  EXPECT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  if (life) {
    usleep(static_cast<useconds_t>(life->count()));
    kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(FileDestinationCrashTest, EveryRecordStandsThereOnce) {
  const TemporaryFolder folder;
  {
    const auto spool = OpenSpool(folder);
    ASSERT_NE(spool, nullptr);
    SpoolBatch batch(spool->key());
    const NumberedRecords records(1, kRecords, SystemClock().UnixMillis());
    for (const ShipRecord& record : records.all()) batch.Add(record);
    ASSERT_TRUE(spool->Append(batch).has_value());
  }
  std::mt19937_64 random(1);
  int killed = 0;
  for (int life = 0; life < 30; ++life) killed += ShipUntilKilled(folder, microseconds(random() % 8000)) ? 0 : 1;
  EXPECT_GT(killed, 3);
  EXPECT_TRUE(ShipUntilKilled(folder, std::nullopt));
  std::vector<std::string> lines;
  for (int number = kKeep; number >= 0; --number) {
    for (std::string& line : folder.Lines(number == 0 ? "out" : "out." + std::to_string(number))) lines.push_back(std::move(line));
  }
  ASSERT_EQ(lines.size(), kRecords);
  for (uint64_t number = 1; number <= kRecords; ++number) ASSERT_EQ(lines[number - 1], "line " + std::to_string(number));
}

}  // namespace
}  // namespace logmill
