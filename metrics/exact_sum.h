// A sum of doubles that does not depend on the order of its parts, so that counting over many threads gives the same bits as
// counting over one.
#pragma once

#include <array>
#include <cstdint>

namespace logmill {

// Fixed point with 64 fractional bits in 192 bits of two's complement. A value whose magnitude is below 2^62 is rounded once to the
// nearest 2^-64 (halves away from zero); from there on sums are exact. Larger values go to an ordinary double beside it, whose
// rounding does depend on the order; infinities and NaN end up there too. A plain value: no thread safety of its own.
class ExactSum {
 public:
  // How the sum is stored in a cell: three words of fixed point, lowest first, then the bits of the large part.
  using Words = std::array<uint64_t, 4>;

  ExactSum() = default;
  explicit ExactSum(const Words& words);
  [[nodiscard]] Words words() const;

  void Add(double value);
  void AddCount(uint64_t count);
  void Add(const ExactSum& other);

  // The nearest double, rounded once (unless there is a large part). Never -0.
  [[nodiscard]] double ToDouble() const;

 private:
  using Int = __int128;
  using UInt = unsigned __int128;

  void AddFixed(UInt low, uint64_t high);

  UInt low_ = 0;
  uint64_t high_ = 0;  // the sign's word
  double large_ = 0;
};

}  // namespace logmill
