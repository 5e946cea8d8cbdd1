#include "metrics/exact_sum.h"

#include <bit>
#include <cmath>

namespace logmill {
namespace {

constexpr int kFractionBits = 64;
constexpr int kMantissaBits = 52;
constexpr int kExponentMask = 0x7ff;
constexpr int kExponentBias = 1023;
constexpr int kLargeExponent = kExponentBias + 62;
// The biased exponent at which a mantissa, taken as an integer, is the fixed-point number.
constexpr int kUnshifted = kExponentBias + kMantissaBits - kFractionBits;

// The magnitude of the double with these bits in units of 2^-64; the exponent is below kLargeExponent.
unsigned __int128 FixedMagnitude(uint64_t bits, int exponent) {
  if (exponent == 0) return 0;
  const uint64_t mantissa = (bits & ((1ull << kMantissaBits) - 1)) | (1ull << kMantissaBits);
  if (exponent >= kUnshifted) return static_cast<unsigned __int128>(mantissa) << (exponent - kUnshifted);
  const int shift = kUnshifted - exponent;
  return shift > kMantissaBits + 1 ? 0 : (mantissa + (1ull << (shift - 1))) >> shift;
}

// The 64 bits from the highest set one downwards, the last of them also set when any lower bit is; so that one rounding remains.
struct Leading {
  uint64_t bits;
  int exponent;
};

Leading LeadingBits(const std::array<uint64_t, 3>& words) {
  int top = 2;
  while (top > 0 && words[static_cast<size_t>(top)] == 0) --top;
  if (top == 0) return {words[0], 0};
  const uint64_t upper = words[static_cast<size_t>(top)];
  const uint64_t lower = words[static_cast<size_t>(top - 1)];
  const int shift = std::countl_zero(upper);
  uint64_t bits = shift == 0 ? upper : (upper << shift) | (lower >> (64 - shift));
  const bool rest = (lower << shift) != 0 || (top == 2 && words[0] != 0);
  if (rest) bits |= 1;
  return {bits, 64 * top - shift};
}

}  // namespace

ExactSum::ExactSum(const Words& words)
    : low_((static_cast<UInt>(words[1]) << 64) | words[0]), high_(words[2]), large_(std::bit_cast<double>(words[3])) {}

ExactSum::Words ExactSum::words() const {
  return {static_cast<uint64_t>(low_), static_cast<uint64_t>(low_ >> 64), high_, std::bit_cast<uint64_t>(large_)};
}

void ExactSum::AddFixed(UInt low, uint64_t high) {
  low_ += low;
  high_ += high + (low_ < low ? 1 : 0);
}

void ExactSum::Add(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  const int exponent = static_cast<int>(bits >> kMantissaBits) & kExponentMask;
  if (exponent >= kLargeExponent) {
    large_ += value;
    return;
  }
  const UInt magnitude = FixedMagnitude(bits, exponent);
  const bool negative = (bits >> 63) != 0 && magnitude != 0;
  AddFixed(negative ? -magnitude : magnitude, negative ? ~0ull : 0);
}

void ExactSum::AddCount(uint64_t count) { AddFixed(static_cast<UInt>(count) << kFractionBits, 0); }

void ExactSum::Add(const ExactSum& other) {
  AddFixed(other.low_, other.high_);
  large_ += other.large_;
}

double ExactSum::ToDouble() const {
  const bool negative = (high_ >> 63) != 0;
  const UInt low = negative ? -low_ : low_;
  const uint64_t high = negative ? ~high_ + (low_ == 0 ? 1 : 0) : high_;
  const Leading leading = LeadingBits({static_cast<uint64_t>(low), static_cast<uint64_t>(low >> 64), high});
  const double magnitude = std::ldexp(static_cast<double>(leading.bits), leading.exponent - kFractionBits);
  const double fixed = negative ? -magnitude : magnitude;
  return large_ == 0 ? fixed : fixed + large_;
}

}  // namespace logmill
