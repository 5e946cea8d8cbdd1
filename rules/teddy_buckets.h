// Which four bytes of a literal Teddy looks for, and in which of its eight buckets they stand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace logmill {

// A bucket lets a text's byte through when some window of it has its low half and some window its high half, so a bucket is the better the
// rarer its bytes are and the more alike its windows. Places one literal after the other where it adds the least to the work of the scan.
class TeddyBuckets {
 public:
  static constexpr size_t kWindow = 4;
  static constexpr size_t kBuckets = 8;

  struct Position {
    size_t bucket;
    size_t offset;  // of the window in the literal
  };
  // `literal` is not empty.
  Position Place(std::string_view literal);

  // Literals to compare at one byte of a text, when the text's bytes are as common as in English logs and independent of each other.
  [[nodiscard]] double expected_comparisons() const;

 private:
  // The halves of bytes that the windows have at one place: bit h of a half h.
  struct Halves {
    uint16_t low = 0;
    uint16_t high = 0;
  };
  using Window = std::array<Halves, kWindow>;
  struct Bucket {
    Window window;  // of all its literals together
    size_t literals = 0;

    [[nodiscard]] Bucket With(const Window& other) const;
    [[nodiscard]] double Comparisons() const;
  };

  static Window WindowOf(std::string_view bytes);

  std::array<Bucket, kBuckets> buckets_;
};

}  // namespace logmill
