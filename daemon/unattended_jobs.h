// Jobs that nobody takes while the log says nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/queue_look.h"

namespace logmill {

// A worker takes a waiting job at once. When jobs wait in a queue that is not paused, and none of it is active, for 5 minutes, its workers
// hang or are gone. Such queues count while no line comes from any log: when lines come, they tell. Used by one thread.
class UnattendedJobs {
 public:
  // `now` is monotonic; `lines`: of all logs in all.
  void Look(std::chrono::nanoseconds now, uint64_t lines, const QueueLook& queues);

  // As of the last look; nothing when the queues are not known.
  [[nodiscard]] std::optional<double> value() const { return value_; }

 private:
  static constexpr std::chrono::minutes kPatience{5};

  struct Idle {
    std::chrono::nanoseconds since;
    std::chrono::nanoseconds until;  // the last look at the queues
    double waiting;
  };

  void Note(std::chrono::nanoseconds now, const QueueLook& queues);
  [[nodiscard]] double Unattended() const;

  std::optional<uint64_t> lines_;  // nothing before the first look
  std::chrono::nanoseconds silent_since_{0};
  std::shared_ptr<const Collected> last_;  // look at the queues
  std::map<std::string, Idle> idle_;       // queues with jobs that nobody takes, by name
  std::optional<double> value_;
};

}  // namespace logmill
