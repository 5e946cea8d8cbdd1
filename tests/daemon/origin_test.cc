#include "daemon/origin.h"

#include <gtest/gtest.h>

#include <set>

namespace logmill {
namespace {

constexpr FileId kFile{.device = 1, .inode = 2, .born_ns = 3};
constexpr FileId kOther{.device = 1, .inode = 4, .born_ns = 5};

TEST(FileOriginsTest, AFileIsKnownByItselfUnderAnyName) {
  FileOrigins origins("logs");
  EXPECT_EQ(origins.Of("/a", kFile, 0), OriginOfFile("logs", kFile, 0));
  EXPECT_EQ(origins.Of("/b", kFile, 0), OriginOfFile("logs", kFile, 0));
  EXPECT_NE(origins.Of("/a", kOther, 0), origins.Of("/a", kFile, 0));
  EXPECT_NE(origins.Of("/a", kFile, 1), origins.Of("/a", kFile, 0));
}

TEST(FileOriginsTest, EachContentHasItsOwn) {
  FileOrigins origins("logs");
  OriginId origin = origins.Of("/a", kFile, 0);
  std::set<OriginId> all{origin};
  for (int i = 0; i < 9; ++i) {
    origins.Truncated("/a", kFile, origin);
    origin = origins.Of("/a", kFile, 0);
    all.insert(origin);
  }
  EXPECT_EQ(all.size(), 10U);
}

TEST(FileOriginsTest, AnotherLifeComesToTheSame) {
  FileOrigins first("logs");
  FileOrigins second("logs");
  first.Truncated("/a", kFile, 7);
  second.Truncated("/a", FileId{}, 7);  // it was noticed, and in the checkpoint, before the file was found again
  EXPECT_EQ(second.Of("/a", kFile, 0), first.Of("/a", kFile, 0));
}

TEST(FileOriginsTest, WhatWasTruncatedIsNotTheNextFileThere) {
  FileOrigins origins("logs");
  origins.Truncated("/a", kFile, 7);
  EXPECT_EQ(origins.Of("/a", kOther, 0), OriginOfFile("logs", kOther, 0));
  origins.Truncated("/a", FileId{}, 7);
  origins.IsKnown("/a");
  EXPECT_EQ(origins.Of("/a", kOther, 0), OriginOfFile("logs", kOther, 0));
}

}  // namespace
}  // namespace logmill
