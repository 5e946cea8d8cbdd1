// Numbers in bytes, the lowest byte first, at any address.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace logmill {

template <std::unsigned_integral Number>
Number LoadLittle(const char* from) {
  Number number;
  std::memcpy(&number, from, sizeof number);
  if constexpr (std::endian::native == std::endian::big) number = std::byteswap(number);
  return number;
}

template <std::unsigned_integral Number>
void StoreLittle(char* to, Number number) {
  if constexpr (std::endian::native == std::endian::big) number = std::byteswap(number);
  std::memcpy(to, &number, sizeof number);
}

}  // namespace logmill
