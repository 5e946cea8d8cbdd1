// Bytes → numbers and texts, as byte_writer.h wrote them; any other bytes are survived.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace logmill {

// Once something could not be read, ok() is false for good and everything else that is asked for is 0 or "".
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      if (shift == 63 && byte > 1) break;
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }
  int64_t Signed() {
    const uint64_t value = Varint();
    return static_cast<int64_t>((value >> 1) ^ (0 - (value & 1)));
  }
  // A Varint that is at most `most`.
  uint64_t Bounded(uint64_t most) {
    const uint64_t value = Varint();
    if (value <= most) return value;
    Fail();
    return 0;
  }
  // How many things follow that take at least `bytes_each`: never more than there is room for.
  size_t Count(size_t bytes_each) { return static_cast<size_t>(Bounded(left_.size() / bytes_each)); }
  uint8_t Byte() { return static_cast<uint8_t>(Fixed(1)); }
  bool Bool() {
    const uint8_t byte = Byte();
    if (byte > 1) Fail();
    return byte == 1;
  }
  uint32_t Fixed32() { return static_cast<uint32_t>(Fixed(4)); }
  uint64_t Fixed64() { return Fixed(8); }
  // A view into the bytes.
  std::string_view Text() { return Take(Count(1)); }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t left() const { return left_.size(); }
  void Fail() {
    ok_ = false;
    left_ = {};
  }

 private:
  std::string_view Take(size_t bytes) {
    if (bytes > left_.size()) Fail();
    const std::string_view taken = left_.substr(0, ok_ ? bytes : 0);
    left_.remove_prefix(taken.size());
    return taken;
  }
  uint64_t Fixed(size_t bytes) {
    const std::string_view taken = Take(bytes);
    uint64_t value = 0;
    for (size_t i = 0; i < taken.size(); ++i) value |= uint64_t{static_cast<uint8_t>(taken[i])} << (8 * i);
    return value;
  }

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace logmill
