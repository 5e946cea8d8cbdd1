#include "checkpoint/crc64.h"

#include <array>
#include <cstddef>

namespace logmill {
namespace {

constexpr uint64_t kPolynomial = 0xC96C5795D7870F42;
constexpr size_t kSlices = 8;

using Tables = std::array<std::array<uint64_t, 256>, kSlices>;

// tables[k][byte]: what `byte` does to the remainder when k more bytes follow it.
constexpr Tables MakeTables() {
  Tables tables{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = rest;
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t shorter = tables[slice - 1][byte];
      tables[slice][byte] = (shorter >> 8) ^ tables[0][shorter & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

uint64_t LittleEndian(const char* at) {
  uint64_t word = 0;
  for (size_t i = 0; i < 8; ++i) word |= uint64_t{static_cast<uint8_t>(at[i])} << (8 * i);
  return word;
}

}  // namespace

uint64_t Crc64(std::string_view bytes, uint64_t before) {
  uint64_t rest = ~before;
  size_t at = 0;
  for (; at + kSlices <= bytes.size(); at += kSlices) {
    const uint64_t word = rest ^ LittleEndian(bytes.data() + at);
    rest = 0;
    for (size_t i = 0; i < kSlices; ++i) rest ^= kTables[kSlices - 1 - i][(word >> (8 * i)) & 0xFF];
  }
  for (; at < bytes.size(); ++at) rest = (rest >> 8) ^ kTables[0][(rest ^ static_cast<uint8_t>(bytes[at])) & 0xFF];
  return ~rest;
}

}  // namespace logmill
