#include "shipping/back_off.h"

#include <algorithm>

namespace logmill {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kMostDoublings = 20;

}  // namespace

BackOff::BackOff(milliseconds first, milliseconds most, uint64_t jitter_seed) : first_(first), most_(most), jitter_(jitter_seed) {}

milliseconds BackOff::Next(milliseconds asked) {
  const uint64_t doublings = std::min(failures_++, kMostDoublings);
  const milliseconds longest = std::min(first_ * (int64_t{1} << doublings), most_);
  const milliseconds pause(std::uniform_int_distribution<int64_t>(longest.count() / 2, longest.count())(jitter_));
  return std::max(pause, std::min(asked, kMostAsked));
}

}  // namespace logmill
