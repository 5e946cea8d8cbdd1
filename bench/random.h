// splitmix64: the same numbers from the same seed on every machine and compiler, which <random>'s distributions do not promise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace logmill::bench {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // 0 <= result < limit; limit > 0. The bias towards small numbers is below 2^-32 for the limits used here.
  uint64_t Below(uint64_t limit) { return Next() % limit; }

  // One element of an array.
  template <typename T, size_t N>
  const T& Pick(const T (&from)[N]) {
    return from[Below(N)];
  }

 private:
  uint64_t state_;
};

}  // namespace logmill::bench
