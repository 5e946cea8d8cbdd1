// A service that one of two cannot reach: the application, or Logmill.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "collectors/runner.h"
#include "daemon/growth.h"
#include "daemon/sliding_window.h"

namespace logmill {

// Trouble counts when it lasts: two signs of it, 2 minutes or more apart, within 5 minutes (or three refreshes of our collectors, when that
// is longer). A short outage, such as a restart of the service, is seen by one side alone and is no disagreement. Used by one thread.
class OneSidedOutage {
 public:
  // Numbers in all; nothing: no rule counts them.
  struct Log {
    std::optional<double> errors;   // the application had with this service
    std::optional<double> records;  // that it logged: it is at work
  };

  // `collectors`: how many of ours ask this service; `interval`: how often at least.
  OneSidedOutage(size_t collectors, std::chrono::milliseconds interval);

  // `now` is monotonic; `stats`: of our collectors, always in one order.
  void Look(std::chrono::nanoseconds now, const Log& log, std::span<const CollectorStats> stats);

  // True while the log tells of trouble, and one of our collectors got through meanwhile and has not failed. Nothing: the log does not
  // count such errors, or we do not ask this service.
  [[nodiscard]] std::optional<bool> seen_by_application() const;
  // True while all our collectors fail, and the application goes on logging without such errors. Nothing: as above, or records are not
  // counted.
  [[nodiscard]] std::optional<bool> seen_by_logmill() const;

 private:
  static constexpr std::chrono::minutes kShortestWindow{5};
  static constexpr std::chrono::minutes kLasting{2};
  static constexpr int kRefreshes = 3;  // that a window holds at least

  // What became of one collector's attempts.
  struct Access {
    explicit Access(std::chrono::milliseconds window);

    Growth successes{Growth::Kind::kCounter};
    Growth failures{Growth::Kind::kCounter};
    SlidingWindow succeeded;
    SlidingWindow failed;
  };

  [[nodiscard]] bool Reached(const Access& access) const;
  [[nodiscard]] bool IsShutOut(const Access& access) const;

  const std::chrono::milliseconds window_;
  std::vector<Access> access_;
  Growth errors_{Growth::Kind::kCounter};
  Growth records_{Growth::Kind::kCounter};
  SlidingWindow told_;    // errors
  SlidingWindow logged_;  // records
  bool counts_errors_ = false;
  bool counts_records_ = false;
};

}  // namespace logmill
