#include "ingest/read_blocks.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace logmill {
namespace {

constexpr size_t kBytes = 2 * ReadBlocks::kPage;

TEST(ReadBlocksTest, BeginOnAPageAndAreDifferent) {
  ReadBlocks blocks;
  std::vector<std::shared_ptr<char[]>> taken;
  std::set<char*> places;
  for (size_t i = 0; i < 3 * ReadBlocks::kMostFree; ++i) {
    taken.push_back(blocks.Take(kBytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(taken.back().get()) % ReadBlocks::kPage, 0U);
    std::memset(taken.back().get(), 'x', kBytes);
    places.insert(taken.back().get());
  }
  EXPECT_EQ(places.size(), taken.size());
}

TEST(ReadBlocksTest, WhatItsLastOwnerGivesUpIsUsedAgainTheLatestFirst) {
  ReadBlocks blocks;
  std::shared_ptr<char[]> first = blocks.Take(kBytes);
  std::shared_ptr<char[]> second = blocks.Take(kBytes);
  std::shared_ptr<const char[]> lent = second;
  char* const places[] = {first.get(), second.get()};
  second.reset();
  first.reset();
  std::shared_ptr<char[]> third = blocks.Take(kBytes);
  EXPECT_EQ(third.get(), places[0]) << "the other one is lent";
  lent.reset();
  EXPECT_EQ(blocks.Take(kBytes).get(), places[1]);
}

TEST(ReadBlocksTest, CopiesShareThem) {
  ReadBlocks blocks;
  ReadBlocks copy = blocks;
  char* const place = blocks.Take(kBytes).get();
  EXPECT_EQ(copy.Take(kBytes).get(), place);
}

TEST(ReadBlocksTest, EachSizeHasItsOwn) {
  ReadBlocks blocks;
  char* const small = blocks.Take(kBytes).get();
  std::shared_ptr<char[]> large = blocks.Take(2 * kBytes);
  std::memset(large.get(), 'x', 2 * kBytes);
  char* const place = large.get();
  large.reset();
  EXPECT_EQ(blocks.Take(kBytes).get(), small);
  EXPECT_EQ(blocks.Take(2 * kBytes).get(), place);
}

// A sanitizer sees those that are used after they were freed, and those that never are.
TEST(ReadBlocksTest, TheOldestFreeOnesAreGivenUp) {
  ReadBlocks blocks;
  std::vector<std::shared_ptr<char[]>> taken;
  for (size_t i = 0; i < ReadBlocks::kMostFree; ++i) taken.push_back(blocks.Take(2 * kBytes));
  taken.clear();
  for (size_t i = 0; i < ReadBlocks::kMostFree; ++i) taken.push_back(blocks.Take(kBytes));
  std::vector<char*> places;
  for (const auto& block : taken) places.push_back(block.get());
  for (auto& block : taken) block.reset();
  for (size_t i = ReadBlocks::kMostFree; i-- > 0;) {
    taken[i] = blocks.Take(kBytes);
    EXPECT_EQ(taken[i].get(), places[i]) << i;
    std::memset(taken[i].get(), 'x', kBytes);
  }
}

TEST(ReadBlocksTest, OutliveIt) {
  std::optional<ReadBlocks> blocks(std::in_place);
  std::shared_ptr<char[]> block = blocks->Take(kBytes);
  blocks.reset();
  std::memset(block.get(), 'x', kBytes);
  EXPECT_EQ(block[kBytes - 1], 'x');
}

TEST(ReadBlocksTest, AnotherThreadGivesUp) {
  ReadBlocks blocks;
  for (int i = 0; i < 1000; ++i) {
    std::shared_ptr<char[]> block = blocks.Take(kBytes);
    std::memset(block.get(), i, 64);
    std::jthread reader([lent = std::shared_ptr<const char[]>(block), i] { EXPECT_EQ(lent[63], static_cast<char>(i)); });
    block = blocks.Take(kBytes);
    std::memset(block.get(), i + 1, 64);
  }
}

}  // namespace
}  // namespace logmill
