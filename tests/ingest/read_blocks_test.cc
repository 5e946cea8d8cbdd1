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
  ReadBlocks blocks(kBytes);
  std::vector<std::shared_ptr<char[]>> taken;
  std::set<char*> places;
  for (size_t i = 0; i < 3 * ReadBlocks::kMostFree; ++i) {
    taken.push_back(blocks.Take());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(taken.back().get()) % ReadBlocks::kPage, 0U);
    std::memset(taken.back().get(), 'x', kBytes);
    places.insert(taken.back().get());
  }
  EXPECT_EQ(places.size(), taken.size());
}

TEST(ReadBlocksTest, WhatItsLastOwnerGivesUpIsUsedAgainTheLatestFirst) {
  ReadBlocks blocks(kBytes);
  std::shared_ptr<char[]> first = blocks.Take();
  std::shared_ptr<char[]> second = blocks.Take();
  std::shared_ptr<const char[]> lent = second;
  char* const places[] = {first.get(), second.get()};
  second.reset();
  first.reset();
  std::shared_ptr<char[]> third = blocks.Take();
  EXPECT_EQ(third.get(), places[0]) << "the other one is lent";
  lent.reset();
  EXPECT_EQ(blocks.Take().get(), places[1]);
}

TEST(ReadBlocksTest, OutliveIt) {
  std::optional<ReadBlocks> blocks(kBytes);
  std::shared_ptr<char[]> block = blocks->Take();
  blocks.reset();
  std::memset(block.get(), 'x', kBytes);
  EXPECT_EQ(block[kBytes - 1], 'x');
}

TEST(ReadBlocksTest, AnotherThreadGivesUp) {
  ReadBlocks blocks(kBytes);
  for (int i = 0; i < 1000; ++i) {
    std::shared_ptr<char[]> block = blocks.Take();
    std::memset(block.get(), i, 64);
    std::jthread reader([lent = std::shared_ptr<const char[]>(block), i] { EXPECT_EQ(lent[63], static_cast<char>(i)); });
    block = blocks.Take();
    std::memset(block.get(), i + 1, 64);
  }
}

}  // namespace
}  // namespace logmill
