// Metrics of the job queues, from what was read about them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "collectors/families.h"
#include "collectors/queue_state.h"

namespace logmill {

struct Queue {
  QueueState state;
  std::array<std::optional<int64_t>, kAgedStatuses.size()> age_seconds{};  // nothing when it is not known
};
using Queues = std::map<std::string, Queue>;  // by name

// immich_queues_jobs{queue,status}, immich_queues_oldest_job_age_seconds{queue,status} and immich_queues_paused{queue}.
void AddQueueFamilies(const Queues& queues, std::span<const QueueStatus> statuses, Families& families);

}  // namespace logmill
