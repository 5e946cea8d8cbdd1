// Time, injected, so that tests never wait for it.
#pragma once

#include <chrono>
#include <cstdint>

namespace logmill {

// Thread-safe. The program uses `SystemClock()`, tests one that they set.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since the Unix epoch (wall clock, may step).
  [[nodiscard]] virtual int64_t UnixMillis() const = 0;
  // Never steps back; only differences mean anything.
  [[nodiscard]] virtual std::chrono::nanoseconds Monotonic() const = 0;
};

// The real one; lives as long as the program.
const Clock& SystemClock();

}  // namespace logmill
