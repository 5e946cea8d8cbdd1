// What asks for values on a schedule: the database, the queues, the host, other programs' metrics.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/telemetry.h"

namespace logmill {

// What one refresh gave: a page until the next one.
struct Collected {
  std::array<std::vector<prometheus::MetricFamily>, kEndpointCount> families;  // by Endpoint
  uint64_t rows = 0;                                                           // of the answers: what the refresh cost the other side
  std::vector<std::string> notices;  // what is left out and why, a sentence each, without secrets: logged when they change
};

// Made for the groups that are on; one whose groups are off is not made at all. Used by the one thread of its CollectorRunner.
class Collector {
 public:
  virtual ~Collector() = default;
  // Asks once, connecting first if need be. Everything or an error, a sentence without secrets: never half an answer. Does not wait for
  // itself: its deadline comes as Interrupt().
  virtual std::expected<Collected, std::string> Collect() = 0;
  // Any thread, at any time: a Collect() at hand fails soon (within a second). Harmless when there is none; the next one is not touched.
  virtual void Interrupt() = 0;
};

}  // namespace logmill
