// How long to wait before the next attempt.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace logmill {

// One thread.
class BackOff {
 public:
  // `first`: after the first failure; doubled each time up to `most`.
  BackOff(std::chrono::milliseconds first, std::chrono::milliseconds most, uint64_t jitter_seed);

  // After another failure: between half of what it is by doubling and all of it, and no less than the server asked for, which is heard up
  // to kMostAsked.
  std::chrono::milliseconds Next(std::chrono::milliseconds asked = {});
  // After a success.
  void Reset() { failures_ = 0; }

  [[nodiscard]] uint64_t failures() const { return failures_; }

  static constexpr std::chrono::milliseconds kMostAsked = std::chrono::minutes(10);

 private:
  const std::chrono::milliseconds first_;
  const std::chrono::milliseconds most_;
  std::mt19937_64 jitter_;
  uint64_t failures_ = 0;  // in a row
};

}  // namespace logmill
