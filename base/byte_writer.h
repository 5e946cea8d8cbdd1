// Numbers and texts → bytes, the same on every machine. byte_reader.h reads them back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace logmill {

// 7 bits a byte, lowest first; all but the last byte have the high bit set. Writes 1 to kMaxVarintBytes and returns where they end.
inline constexpr size_t kMaxVarintBytes = 10;
inline char* StoreVarint(char* to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}
// 0, -1, 1, -2, ... as 0, 1, 2, 3, ..., so that small numbers of both signs are short as varints.
constexpr uint64_t ZigZag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }

// Appends to a string that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void Varint(uint64_t value) {
    char bytes[kMaxVarintBytes];
    out_.append(bytes, StoreVarint(bytes, value));
  }
  void Signed(int64_t value) { Varint(ZigZag(value)); }
  void Byte(uint8_t value) { out_ += static_cast<char>(value); }
  // Lowest byte first.
  void Fixed32(uint32_t value) { Fixed(value, 4); }
  void Fixed64(uint64_t value) { Fixed(value, 8); }
  // Its length, then its bytes.
  void Text(std::string_view text) {
    Varint(text.size());
    out_ += text;
  }

 private:
  void Fixed(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) Byte(static_cast<uint8_t>(value >> (8 * i)));
  }

  std::string& out_;
};

}  // namespace logmill
