#include "daemon/unattended_jobs.h"

#include <utility>

namespace logmill {

void UnattendedJobs::Look(std::chrono::nanoseconds now, uint64_t lines, const QueueLook& queues) {
  if (std::exchange(lines_, lines) != lines) silent_since_ = now;
  if (queues.snapshot != last_) Note(now, queues);
  if (last_ == nullptr) {
    value_ = std::nullopt;
  } else {
    value_ = now - silent_since_ >= kPatience ? Unattended() : 0;
  }
}

void UnattendedJobs::Note(std::chrono::nanoseconds now, const QueueLook& queues) {
  last_ = queues.snapshot;
  std::map<std::string, Idle> idle;
  for (const auto& [name, jobs] : queues.queues) {
    if (jobs.paused || jobs.waiting == 0 || jobs.active > 0) continue;
    const auto before = idle_.find(name);
    idle[name] = {before == idle_.end() ? now : before->second.since, now, jobs.waiting};
  }
  idle_ = std::move(idle);
}

double UnattendedJobs::Unattended() const {
  double jobs = 0;
  for (const auto& [name, idle] : idle_) {
    if (idle.until - idle.since >= kPatience) jobs += idle.waiting;
  }
  return jobs;
}

}  // namespace logmill
