#include "sources/file_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace logmill {
namespace {

FilePosition Read(const FileId& id, uint64_t bytes) { return {.path = "/logs/app.log", .id = id, .read = bytes, .tail = {}}; }

constexpr FileId kFile{.device = 1, .inode = 2, .born_ns = 3};

TEST(FileRegistryTest, AFileBelongsToOneAndIsRememberedWhenItIsLeft) {
  FileRegistry registry;
  EXPECT_TRUE(registry.Take(kFile));
  EXPECT_FALSE(registry.Take(kFile));
  registry.Leave(Read(kFile, 10));
  EXPECT_FALSE(registry.IsTaken(kFile));
  ASSERT_TRUE(registry.Known(kFile));
  EXPECT_EQ(registry.Known(kFile)->read, 10U);
  EXPECT_EQ(registry.LeftOf("/logs/app.log").size(), 1U);
  EXPECT_TRUE(registry.Take(kFile));
  EXPECT_FALSE(registry.Known(kFile));
  registry.Release(kFile);
  EXPECT_FALSE(registry.IsTaken(kFile));
}

TEST(FileRegistryTest, ExpectedFilesAreKeptForTheirReader) {
  FileRegistry registry;
  registry.Expect(kFile);
  EXPECT_FALSE(registry.Take(kFile));
  registry.Expected(kFile);
  EXPECT_TRUE(registry.Take(kFile));
  registry.Remember(Read(kFile, 5));
  EXPECT_FALSE(registry.Known(kFile)) << "whoever reads it knows better";
}

TEST(FileRegistryTest, GenerationsOfOneFileAreRememberedUpToALimit) {
  FileRegistry registry;
  for (uint64_t inode = 1; inode <= 1030; ++inode) registry.Leave(Read({.device = 1, .inode = inode}, inode));
  const std::vector<FilePosition> left = registry.Left();
  ASSERT_EQ(left.size(), 1024U);
  EXPECT_EQ(left.front().id.inode, 7U);
}

TEST(FileRegistryTest, EachLogHasItsOwnGenerations) {
  FileRegistry registry;
  const auto path = [](uint64_t folder) { return "/logs/" + std::to_string(folder) + "/app.log"; };
  for (uint64_t inode = 1; inode <= 3000; ++inode) {
    registry.Leave({.path = path(inode % 100), .id = {.device = 1, .inode = inode}, .read = inode, .tail = {}});
  }
  EXPECT_EQ(registry.Left().size(), 3000U);
  EXPECT_EQ(registry.LeftOf(path(7)).size(), 30U);
  EXPECT_TRUE(registry.LeftOf("/logs/app.log").empty());
  EXPECT_EQ(registry.LogsCalled("app.log").size(), 100U);
  EXPECT_TRUE(registry.LogsCalled("other.log").empty());
}

TEST(FileRegistryTest, WhatIsStillThereIsRememberedLongest) {
  FileRegistry registry;
  registry.Leave(Read(kFile, 10));
  for (uint64_t inode = 100; inode < 3000; ++inode) {
    registry.Leave(Read({.device = 1, .inode = inode}, inode));
    ASSERT_TRUE(registry.Known(kFile)) << "whoever lists the folder asks for it";
  }
  EXPECT_FALSE(registry.Known({.device = 1, .inode = 100}));
}

// Files of which nobody knows which they were: each worker's sources bring those of the checkpoint.
TEST(FileRegistryTest, WhatHasNoIdIsRememberedOnce) {
  FileRegistry registry;
  for (int worker = 0; worker < 2; ++worker) {
    registry.Remember(Read({}, 10));
    registry.Remember(Read({}, 11));
  }
  EXPECT_EQ(registry.Left().size(), 2U);
}

TEST(FileRegistryTest, NoTwoThreadsHaveTheSameFile) {
  FileRegistry registry;
  std::array<std::atomic<int>, 8> readers{};
  std::atomic<int> shared{0};
  const auto work = [&] {
    for (size_t i = 0; i < 20'000; ++i) {
      const size_t at = i % readers.size();
      const FileId id{.device = 1, .inode = at + 1};
      if (!registry.Take(id)) continue;
      if (readers[at].fetch_add(1) != 0) ++shared;
      readers[at].fetch_sub(1);
      if (i % 3 == 0) registry.Release(id);
      if (i % 3 != 0) registry.Leave(Read(id, i));
      (void)registry.LeftOf("/logs/app.log");
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  threads.clear();
  EXPECT_EQ(shared, 0);
}

}  // namespace
}  // namespace logmill
