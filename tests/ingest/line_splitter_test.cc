#include "ingest/line_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/ingest/plain_way.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using testing::PlainLine;
using testing::SplitInPieces;
using testing::SplitPlainly;

class Stream {
 public:
  explicit Stream(LineSplitter::Options options, uint64_t offset = 0) : splitter(options, offset) {}

  void Comes(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::span<char> room = splitter.Room();
      const size_t size = std::min(room.size(), bytes.size());
      std::memcpy(room.data(), bytes.data(), size);
      splitter.Advance(size);
      bytes.remove_prefix(size);
      Line line;
      while (splitter.Next(&line)) Keep(line);
    }
  }
  void Ends() {
    Line line;
    if (splitter.Finish(&line)) Keep(line);
  }
  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const PlainLine& line : lines) texts.push_back(line.text);
    return texts;
  }

  LineSplitter splitter;
  std::vector<PlainLine> lines;

 private:
  void Keep(const Line& line) { lines.push_back({std::string(line.text), line.offset, line.size, line.cut, line.terminated}); }
};

TEST(LineSplitter, GivesLinesWithTheirPlaceInTheStream) {
  Stream stream({}, 100);
  stream.Comes("one\ntwo\r\n\nfour");
  EXPECT_THAT(stream.Texts(), ElementsAre("one", "two", ""));
  EXPECT_EQ(stream.lines[1], (PlainLine{"two", 104, 5, false, true}));
  EXPECT_EQ(stream.splitter.offset(), 110U);
  EXPECT_EQ(stream.splitter.pending_bytes(), 4U);
  stream.Comes("teen\n");
  EXPECT_EQ(stream.lines[3], (PlainLine{"fourteen", 110, 9, false, true}));
}

TEST(LineSplitter, StripsOneCarriageReturnBeforeTheNewlineAndNoOther) {
  Stream stream({});
  stream.Comes("a\rb\r\r\n\r\n\rc\n");
  stream.Comes("split\r");
  stream.Comes("\n");
  EXPECT_THAT(stream.Texts(), ElementsAre("a\rb\r", "", "\rc", "split"));
}

TEST(LineSplitter, TheLastLineWithoutNewlineComesAtTheEnd) {
  Stream stream({});
  stream.Comes("whole\nhalf\r");
  stream.Ends();
  EXPECT_EQ(stream.lines[1], (PlainLine{"half\r", 6, 5, false, false}));
  EXPECT_EQ(stream.splitter.pending_bytes(), 0U);
  stream.Ends();
  EXPECT_EQ(stream.lines.size(), 2U);
}

TEST(LineSplitter, AnotherFileBeginsAtItsOwnOffset) {
  Stream stream({});
  stream.Comes("old\nforgotten");
  stream.splitter.Restart(0);
  stream.Comes("new\n");
  EXPECT_EQ(stream.lines[1], (PlainLine{"new", 0, 4, false, true}));
}

TEST(LineSplitter, ReadsIntoPageAlignedMemory) {
  Stream stream({});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(stream.splitter.Room().data()) % 4096, 0U);
    stream.Comes(std::string(static_cast<size_t>(i), 'x') + "\nrest");
  }
}

TEST(LineSplitter, CutsALineThatIsLongerThanTheLimit) {
  Stream stream({.max_line_bytes = 4, .read_bytes = 4096});
  stream.Comes("1234\n12345\n1234\r\n12345\r\nok\n");
  EXPECT_THAT(stream.Texts(), ElementsAre("1234", "1234", "1234", "1234", "ok"));
  std::vector<bool> cut;
  for (const PlainLine& line : stream.lines) cut.push_back(line.cut);
  EXPECT_THAT(cut, ElementsAre(false, true, false, true, false));
  EXPECT_EQ(stream.lines[3].size, 7U);
}

TEST(LineSplitter, AnEndlessLineCostsBoundedMemoryAndItsNeighboursNothing) {
  constexpr size_t kHuge = 64 << 20;
  LineSplitter splitter({.max_line_bytes = 1000, .read_bytes = 64 << 10});
  Line line;
  size_t given = 0;
  const char* lowest = splitter.Room().data();
  const char* highest = lowest;
  while (given < kHuge) {
    const std::span<char> room = splitter.Room();
    lowest = std::min<const char*>(lowest, room.data());
    highest = std::max<const char*>(highest, room.data() + room.size());
    std::memset(room.data(), given == 0 ? 'a' : 'b', room.size());
    splitter.Advance(room.size());
    given += room.size();
    ASSERT_FALSE(splitter.Next(&line));
  }
  EXPECT_EQ(splitter.pending_bytes(), given);
  EXPECT_LE(highest - lowest, 64 << 10);
  std::memcpy(splitter.Room().data(), "\nnext\n", 6);
  splitter.Advance(6);
  ASSERT_TRUE(splitter.Next(&line));
  EXPECT_TRUE(line.cut);
  EXPECT_EQ(line.text, std::string(1000, 'a'));
  EXPECT_EQ(line.size, given + 1);
  ASSERT_TRUE(splitter.Next(&line));
  EXPECT_EQ(line.text, "next");
  EXPECT_EQ(line.offset, given + 1);
}

// One byte a read and a long line: work that grew with the square of the line's length would take minutes here.
TEST(LineSplitter, ALongLineThatComesByteByByteIsLinear) {
  const std::string stream = std::string(3 << 20, 'x') + "\nend\n";
  EXPECT_EQ(SplitInPieces(stream, 1 << 20, 64 << 10, [] { return 1; }), SplitPlainly(stream, 1 << 20));
}

TEST(LineSplitter, LendsWhatItReadsMuchOf) {
  LineSplitter splitter({.max_line_bytes = 60'000, .read_bytes = 16 << 10});
  const auto comes = [&](size_t bytes) {
    std::memset(splitter.Room().data(), 'x', bytes);
    splitter.Advance(bytes);
    return splitter.Lend();
  };
  EXPECT_EQ(comes(1000).owner, nullptr) << "little";
  EXPECT_EQ(comes(8'000).bytes.size(), 9'000U);
  EXPECT_EQ(comes(10'000).bytes.size(), 19'000U) << "what was there was carried into another block";
  EXPECT_EQ(comes(10'000).owner, nullptr) << "most of it would only be carried on";
}

TEST(LineSplitter, WhatIsLentStaysAsItIs) {
  struct Lent {
    std::string_view text;
    std::string copy;
    std::shared_ptr<const char[]> owner;
  };
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    std::string stream;
    const size_t newline_one_in = 2 + random() % 3000;
    while (stream.size() < 100'000) stream += random() % newline_one_in == 0 ? '\n' : static_cast<char>('a' + random() % 26);
    LineSplitter splitter({.max_line_bytes = 20'000, .read_bytes = 8192});
    std::vector<Lent> all;
    for (size_t at = 0; at < stream.size();) {
      const std::span<char> room = splitter.Room();
      const size_t size = std::min({room.size(), stream.size() - at, 1 + random() % 12'000});
      std::memcpy(room.data(), stream.data() + at, size);
      at += size;
      splitter.Advance(size);
      const LentBytes lent = random() % 3 > 0 ? splitter.Lend() : LentBytes();
      for (Line line; splitter.Next(&line);) {
        ASSERT_EQ(line.text, stream.substr(line.offset, line.text.size()));
        if (lent.owner != nullptr) all.push_back({line.text, std::string(line.text), lent.owner});
      }
      for (const Lent& one : all) ASSERT_EQ(one.text, one.copy) << round;
      if (random() % 4 == 0) all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    }
  }
}

TEST(LineSplitter, AgreesWithTheNaiveWayOnRandomStreamsAndPieces) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string stream;
    const size_t size = random() % 20000;
    const size_t newline_one_in = 2 + random() % (round % 2 == 0 ? 40 : 9000);
    while (stream.size() < size) stream += random() % newline_one_in == 0 ? '\n' : random() % 9 == 0 ? '\r' : 'x';
    const size_t limit = 1 + random() % (round % 3 == 0 ? 30 : 12000);
    const size_t piece = 1 + random() % (round % 5 == 0 ? 5000 : 600);
    ASSERT_EQ(SplitInPieces(stream, limit, 4096, [&] { return random() % piece; }), SplitPlainly(stream, limit)) << "round " << round;
  }
}

}  // namespace
}  // namespace logmill
