// A clock that tests set.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace logmill {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] int64_t UnixMillis() const override { return unix_ms_; }
  [[nodiscard]] std::chrono::nanoseconds Monotonic() const override { return std::chrono::nanoseconds(monotonic_ns_); }

  void Advance(std::chrono::milliseconds by) {
    unix_ms_ += by.count();
    monotonic_ns_ += std::chrono::nanoseconds(by).count();
  }

 private:
  std::atomic<int64_t> unix_ms_{1'795'338'275'310};
  std::atomic<int64_t> monotonic_ns_{0};
};

}  // namespace logmill
