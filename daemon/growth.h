// By how much numbers have grown from one look to the next.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace logmill {

using Readings = std::map<std::string, double>;  // by name

class Growth {
 public:
  // What it means when a number has fallen: a counter began again at 0, so all that it shows is new; of a gauge, nothing is new.
  enum class Kind : uint8_t { kCounter, kGauge };

  explicit Growth(Kind kind) : kind_(kind) {}

  // The sum of what each of `now` has grown since the last look. One that the last look did not have has not grown: it may be old.
  double Take(Readings now);

 private:
  [[nodiscard]] double Of(double before, double now) const;

  const Kind kind_;
  Readings last_;
};

}  // namespace logmill
