#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace logmill {
namespace {

TEST(Bytes, NumbersAreReadAsTheyWereWritten) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const uint64_t value : {uint64_t{1} << shift, (uint64_t{1} << shift) - 1, ~(uint64_t{1} << shift)}) {
      std::string bytes;
      ByteWriter out(bytes);
      out.Varint(value);
      EXPECT_LE(bytes.size(), 10u);
      out.Signed(static_cast<int64_t>(value));
      out.Fixed64(value);
      out.Fixed32(static_cast<uint32_t>(value));
      ByteReader in(bytes);
      EXPECT_EQ(in.Varint(), value);
      EXPECT_EQ(in.Signed(), static_cast<int64_t>(value));
      EXPECT_EQ(in.Fixed64(), value);
      EXPECT_EQ(in.Fixed32(), static_cast<uint32_t>(value));
      EXPECT_TRUE(in.ok());
      EXPECT_EQ(in.left(), 0u);
    }
  }
}

TEST(Bytes, AreTheSameOnEveryMachine) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Varint(300);
  out.Signed(-2);
  out.Fixed32(0x01020304);
  out.Text("ab");
  EXPECT_EQ(bytes, std::string("\xAC\x02\x03\x04\x03\x02\x01\x02"
                               "ab"));
}

TEST(Bytes, ALengthBeyondTheEndFails) {
  std::string bytes;
  ByteWriter(bytes).Varint(1'000'000'000'000);
  ByteReader in(bytes);
  EXPECT_EQ(in.Text(), "");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.Fixed64(), 0u) << "and so does everything after it";
}

TEST(Bytes, ACountIsNeverMoreThanThereIsRoomFor) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Varint(3);
  bytes += "abcdef";
  EXPECT_EQ(ByteReader(bytes).Count(2), 3u);
  EXPECT_EQ(ByteReader(bytes).Count(3), 0u);
}

TEST(Bytes, ANumberThatDoesNotEndOrIsTooLargeFails) {
  for (const std::string& bytes : {std::string(), std::string("\x80"), std::string(9, '\x80') + "\x02", std::string(20, '\xFF')}) {
    ByteReader in(bytes);
    in.Varint();
    EXPECT_FALSE(in.ok());
  }
  ByteReader boolean(std::string_view("\x02"));
  boolean.Bool();
  EXPECT_FALSE(boolean.ok());
}

}  // namespace
}  // namespace logmill
