// What a store holds, as plain values that outlive it: the checkpoint writes them down, and the next life begins with them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "metrics/family.h"

namespace logmill {

// One series, bit by bit. Which of the numbers mean something follows from the family's type.
struct SeriesState {
  std::vector<std::string> labels{};  // values, as the family's label_names; all kOverflowValue: the overflow series
  int64_t created_ms = 0;             // Unix milliseconds of its birth
  uint64_t writes = 0;                // increments and adds, sets, or observations
  std::array<uint64_t, 4> sum{};      // counter, histogram: ExactSum::words()
  uint64_t stamp = 0;                 // gauge: orders the sets of all gauges; 0: never set
  uint64_t last = 0;                  // gauge: the bits of the double that was set last
  std::vector<uint64_t> buckets{};    // histogram: observations by bucket, not cumulative, last one is +Inf

  friend bool operator==(const SeriesState&, const SeriesState&) = default;
};

struct FamilyState {
  std::string name{};
  MetricType type = MetricType::kCounter;
  std::vector<std::string> label_names{};
  std::vector<double> buckets{};      // upper bounds
  uint64_t fingerprint = 0;           // of the rules that feed it (rules/fingerprint.h)
  std::vector<SeriesState> series{};  // by first appearance

  friend bool operator==(const FamilyState&, const FamilyState&) = default;
};

struct StoreState {
  std::vector<FamilyState> families{};

  friend bool operator==(const StoreState&, const StoreState&) = default;
};

// What came back of a state, and what did not.
struct RestoreReport {
  struct Dropped {
    std::string metric;
    size_t series = 0;
    bool gone = false;  // no rule feeds this metric any more; else its rules count something else now
  };
  size_t series = 0;  // restored
  std::vector<Dropped> dropped{};

  [[nodiscard]] size_t DroppedSeries() const {
    size_t total = 0;
    for (const Dropped& family : dropped) total += family.series;
    return total;
  }
};

}  // namespace logmill
