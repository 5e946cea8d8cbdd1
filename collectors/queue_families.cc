#include "collectors/queue_families.h"

namespace logmill {

void AddQueueFamilies(const Queues& queues, std::span<const QueueStatus> statuses, Families& families) {
  prometheus::MetricFamily& jobs = AddFamily(families, "immich_queues_jobs", "Jobs of a queue, by status.");
  for (const auto& [name, queue] : queues) {
    for (const QueueStatus status : statuses) {
      const auto count = static_cast<double>(queue.state.jobs[static_cast<size_t>(status)]);
      AddSample(jobs, {{"queue", name}, {"status", QueueStatusName(status)}}, count);
    }
  }
  prometheus::MetricFamily& ages = AddFamily(families, "immich_queues_oldest_job_age_seconds",
                                             "Time since the oldest job of a queue and status was created; 0 when there is none.");
  for (const auto& [name, queue] : queues) {
    for (size_t i = 0; i < kAgedStatuses.size(); ++i) {
      if (!queue.age_seconds[i]) continue;
      AddSample(ages, {{"queue", name}, {"status", QueueStatusName(kAgedStatuses[i])}}, static_cast<double>(*queue.age_seconds[i]));
    }
  }
  prometheus::MetricFamily& paused = AddFamily(families, "immich_queues_paused", "Whether a queue is paused: 1, otherwise 0.");
  for (const auto& [name, queue] : queues) AddSample(paused, {{"queue", name}}, queue.state.paused ? 1 : 0);
}

}  // namespace logmill
