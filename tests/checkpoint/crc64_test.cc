#include "checkpoint/crc64.h"

#include <gtest/gtest.h>

#include <string>

namespace logmill {
namespace {

// Bit by bit, as the definition has it.
uint64_t PlainCrc64(std::string_view bytes) {
  uint64_t rest = ~uint64_t{0};
  for (const char byte : bytes) {
    rest ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0xC96C5795D7870F42 : 0);
  }
  return ~rest;
}

TEST(Crc64, IsTheOneOfXz) {
  EXPECT_EQ(Crc64("123456789"), 0x995DC9BBDF1939FAu);
  EXPECT_EQ(Crc64(""), 0u);
}

TEST(Crc64, AgreesWithThePlainWayAtEveryLengthAndInPieces) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    const uint64_t whole = PlainCrc64(bytes);
    ASSERT_EQ(Crc64(bytes), whole) << i;
    const std::string_view view = bytes;
    for (size_t cut = 0; cut <= bytes.size(); cut += 7) ASSERT_EQ(Crc64(view.substr(cut), Crc64(view.substr(0, cut))), whole) << i;
    bytes += static_cast<char>(i * 37);
  }
}

}  // namespace
}  // namespace logmill
