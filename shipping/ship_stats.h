// The numbers of logmill_ship_* of one destination: a copy of one moment.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "shipping/destination.h"

namespace logmill {

struct ShipStats {
  static constexpr std::array<double, 8> kBatchBounds{1, 10, 50, 100, 250, 500, 1000, 5000};              // records
  static constexpr std::array<double, 9> kDurationBounds{0.005, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10, 30};  // seconds

  // Records.
  uint64_t sent = 0;
  uint64_t refused = 0;
  uint64_t dropped_full = 0;
  uint64_t dropped_old = 0;
  uint64_t filtered = 0;
  uint64_t damaged = 0;
  // Requests.
  uint64_t ok = 0;
  uint64_t retried = 0;
  uint64_t split = 0;
  uint64_t refused_requests = 0;  // of which nothing was taken
  std::array<uint64_t, kRetryReasons> retries{};
  uint64_t bytes = 0;
  std::array<uint64_t, kBatchBounds.size() + 1> batch_records{};
  uint64_t batch_records_sum = 0;
  std::array<uint64_t, kDurationBounds.size() + 1> durations{};
  double durations_sum = 0;
  // Now.
  bool up = false;
  uint64_t backlog_records = 0;
  uint64_t backlog_bytes = 0;
  double backlog_oldest_seconds = 0;
  std::string last_error = {};  // "" after a success
};

}  // namespace logmill
