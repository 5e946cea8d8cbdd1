#include "daemon/hidden_job_failures.h"

#include <algorithm>

namespace logmill {

void HiddenJobFailures::Look(std::chrono::nanoseconds now, const Told& told, const QueueLook& queues) {
  const bool first = last_ == nullptr;
  const bool newer = queues.snapshot != last_;
  last_ = queues.snapshot;
  told_ = told.log || told.counters;
  if (newer && last_ != nullptr) {
    Readings failed;
    for (const auto& [name, jobs] : queues.queues) failed[name] = jobs.failed;
    kept_lately_.Add(now, kept_.Take(std::move(failed)));
    Settle(now);
  }
  logged_since_ += logged_.Take(told.log ? Readings{{"log", *told.log}} : Readings());
  counted_since_ += counted_.Take(told.counters.value_or(Readings()));
  if (first || last_ == nullptr) Begin();
}

// What was told before the first look at the queues has nothing to be compared with.
void HiddenJobFailures::Begin() {
  logged_since_ = 0;
  counted_since_ = 0;
  logged_lately_.Clear();
  counted_lately_.Clear();
  kept_lately_.Clear();
}

void HiddenJobFailures::Settle(std::chrono::nanoseconds now) {
  logged_lately_.Add(now, logged_since_);
  counted_lately_.Add(now, counted_since_);
  logged_since_ = 0;
  counted_since_ = 0;
}

std::optional<double> HiddenJobFailures::value() const {
  if (last_ == nullptr || !told_) return std::nullopt;
  const double told = std::max(logged_lately_.Sum(), counted_lately_.Sum());
  return std::max(told - kept_lately_.Sum(), 0.0);
}

}  // namespace logmill
