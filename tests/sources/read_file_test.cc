#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <random>
#include <string>
#include <thread>

#include "sources/source.h"
#include "tests/sources/temporary_folder.h"

namespace logmill {
namespace {

using Status = ReadResult::Status;

std::string Gzip(std::string_view text) {
  z_stream zlib{};
  deflateInit2(&zlib, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&zlib, text.size()) + 64, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(result.data());
  zlib.avail_out = static_cast<uInt>(result.size());
  deflate(&zlib, Z_FINISH);
  result.resize(zlib.total_out);
  deflateEnd(&zlib);
  return result;
}

// Everything, and at its end " (end)" or the error.
std::string Drain(Source& source, size_t room_bytes = 1000) {
  std::string all;
  std::string room(room_bytes, '\0');
  for (;;) {
    const ReadResult result = source.Read(room);
    if (result.status == Status::kEnd) return all + " (end)";
    if (result.status == Status::kError) return all + " (" + result.error.substr(result.error.rfind('/') + 1) + ")";
    all.append(room.data(), result.bytes);
  }
}

class ReadFileTest : public ::testing::Test {
 protected:
  std::string ReadBack(std::string_view bytes, size_t room_bytes = 1000) {
    folder_.Write("x.log", bytes);
    return Drain(**ReadFile(folder_.Path("x.log")), room_bytes);
  }
  testing::TemporaryFolder folder_;
};

TEST_F(ReadFileTest, PlainFilesOfAnySize) {
  EXPECT_EQ(ReadBack(""), " (end)");
  EXPECT_EQ(ReadBack("x"), "x (end)");
  EXPECT_EQ(ReadBack("some lines\nand more\n", 3), "some lines\nand more\n (end)");
  EXPECT_EQ(ReadBack(std::string(300'000, 'y')), std::string(300'000, 'y') + " (end)");
}

TEST_F(ReadFileTest, GzipIsRecognisedWhateverTheName) {
  std::string text;
  std::mt19937 random(3);
  while (text.size() < 400'000) text += std::to_string(random()) + "\n";
  EXPECT_EQ(ReadBack(Gzip(text)), text + " (end)");
  EXPECT_EQ(ReadBack(Gzip("")), " (end)");
  EXPECT_EQ(ReadBack(Gzip("tiny"), 1), "tiny (end)");
}

TEST_F(ReadFileTest, ConcatenatedMembersAreOneStreamAndZeroesArePadding) {
  EXPECT_EQ(ReadBack(Gzip("one\n") + Gzip("") + Gzip("two\n") + std::string(1000, '\0')), "one\ntwo\n (end)");
}

TEST_F(ReadFileTest, DamagedGzipGivesWhatCouldBeReadAndSaysWhatIsWrong) {
  const std::string good = Gzip("some text that is good\n");
  EXPECT_EQ(ReadBack(good.substr(0, good.size() - 3)), "some text that is good\n (x.log: damaged gzip data: it ends too early)");
  EXPECT_EQ(ReadBack("\x1f\x8b"), " (x.log: damaged gzip data: it ends too early)");
  std::string bad_sum = good;
  bad_sum[good.size() - 8] ^= 1;
  EXPECT_EQ(ReadBack(bad_sum), "some text that is good\n (x.log: damaged gzip data: incorrect data check)");
  EXPECT_EQ(ReadBack(good + "not gzip"), "some text that is good\n (x.log: damaged gzip data: incorrect header check)");
}

TEST_F(ReadFileTest, AnErrorIsFollowedByTheEnd) {
  folder_.Write("x.log", "\x1f\x8b");
  const auto source = *ReadFile(folder_.Path("x.log"));
  std::array<char, 64> room;
  EXPECT_EQ(source->Read(room).status, Status::kError);
  EXPECT_EQ(source->Read(room).status, Status::kEnd);
}

TEST_F(ReadFileTest, AMissingFileOrADirectoryIsAnErrorAtOnce) {
  EXPECT_EQ(ReadFile(folder_.Path("none")).error(), folder_.Path("none") + ": No such file or directory");
  EXPECT_EQ(ReadFile(folder_.Path("")).error(), folder_.Path("") + ": is a directory");
}

TEST_F(ReadFileTest, ARangeIsJustThatRange) {
  folder_.Write("x.log", "0123456789");
  const std::string path = folder_.Path("x.log");
  EXPECT_EQ(Drain(**ReadFileRange(path, 2, 7), 2), "23456 (end)");
  EXPECT_EQ(Drain(**ReadFileRange(path, 8, 1000)), "89 (end)");
  EXPECT_EQ(Drain(**ReadFileRange(path, 20, 30)), " (end)");
  EXPECT_EQ(Drain(**ReadFileRange(path, 7, 2)), " (end)");
  EXPECT_EQ((*ReadFileRange(path, 2, 7))->LagBytes(), 5U);
  EXPECT_FALSE(ReadFileRange(folder_.Path("none"), 0, 1).has_value());
  EXPECT_FALSE(ReadFileRange("/dev/null", 0, 1).has_value());
}

TEST_F(ReadFileTest, ARangeOfAFileThatShrankEnds) {
  folder_.Write("x.log", "0123456789");
  const auto source = *ReadFileRange(folder_.Path("x.log"), 0, 10);
  folder_.Write("x.log", "01");
  EXPECT_EQ(Drain(*source), "01 (end)");
}

TEST_F(ReadFileTest, ADescriptorIsReadToItsEndPlainOrGzipEvenByteByByte) {
  for (const std::string& bytes : {std::string("plain\n"), Gzip("packed\n")}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    std::thread writer([&] {
      for (const char byte : bytes) ASSERT_EQ(::write(ends[1], &byte, 1), 1);
      ::close(ends[1]);
    });
    const auto source = ReadDescriptor(ends[0], "stdin");
    EXPECT_EQ(Drain(*source), bytes[0] == 'p' ? "plain\n (end)" : "packed\n (end)");
    writer.join();
    ::close(ends[0]);
  }
}

}  // namespace
}  // namespace logmill
