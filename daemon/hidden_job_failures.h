// Jobs that failed without a trace in their queue.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "daemon/growth.h"
#include "daemon/queue_look.h"
#include "daemon/sliding_window.h"

namespace logmill {

// Compares what others told of failed jobs with what the queues kept, in the last 15 minutes. What was told is held back until a look at
// the queues that is later: a failure that a queue did keep never shows for a moment. Used by one thread.
class HiddenJobFailures {
 public:
  // Failed jobs in all, by who tells of them.
  struct Told {
    std::optional<double> log;         // nothing: no rule counts them
    std::optional<Readings> counters;  // of the application, by scrape; nothing: no scrape has them
  };

  // `interval`: from one look at the queues to the next.
  explicit HiddenJobFailures(std::chrono::milliseconds interval) : kept_lately_(kWindow + kLogLag + interval) {}

  // `now` is monotonic.
  void Look(std::chrono::nanoseconds now, const Told& told, const QueueLook& queues);

  // As of the last look at the queues; nothing when one side is missing.
  [[nodiscard]] std::optional<double> value() const;

 private:
  static constexpr std::chrono::minutes kWindow{15};
  static constexpr std::chrono::minutes kLogLag{1};  // by which a line may be read later than the queue is looked at

  void Begin();
  void Settle(std::chrono::nanoseconds now);

  Growth logged_{Growth::Kind::kCounter};
  Growth counted_{Growth::Kind::kCounter};
  Growth kept_{Growth::Kind::kGauge};
  double logged_since_ = 0;   // the last look at the queues, as of the look before this one
  double counted_since_ = 0;  // likewise
  SlidingWindow logged_lately_{kWindow};
  SlidingWindow counted_lately_{kWindow};
  SlidingWindow kept_lately_;
  std::shared_ptr<const Collected> last_;  // look at the queues; null before the first
  bool told_ = false;                      // somebody tells
};

}  // namespace logmill
