// CRC-64 as in xz (polynomial of ECMA-182, reflected): finds every damage of up to 64 bits in a row, and misses others once in 2^64.
#pragma once

#include <cstdint>
#include <string_view>

namespace logmill {

// Of `bytes` after those that gave `before`. About 1.5 GB/s.
uint64_t Crc64(std::string_view bytes, uint64_t before = 0);

}  // namespace logmill
