#include "daemon/queue_look.h"

#include <string_view>
#include <utility>

namespace logmill {
namespace {

std::string_view LabelOf(const prometheus::ClientMetric& series, std::string_view name) {
  for (const auto& label : series.label) {
    if (label.name == name) return label.value;
  }
  return {};
}

void TakeJobs(const prometheus::ClientMetric& series, QueueJobs& jobs) {
  const std::string_view status = LabelOf(series, "status");
  if (status == "waiting") jobs.waiting = series.gauge.value;
  if (status == "active") jobs.active = series.gauge.value;
  if (status == "failed") jobs.failed = series.gauge.value;
}

}  // namespace

QueueLook ReadQueues(std::shared_ptr<const Collected> snapshot) {
  QueueLook look;
  look.snapshot = std::move(snapshot);
  if (look.snapshot == nullptr) return look;
  for (const prometheus::MetricFamily& family : look.snapshot->families[IndexOf(Endpoint::kMicroservices)]) {
    for (const prometheus::ClientMetric& series : family.metric) {
      if (family.name == "immich_queues_jobs") TakeJobs(series, look.queues[std::string(LabelOf(series, "queue"))]);
      if (family.name == "immich_queues_paused") look.queues[std::string(LabelOf(series, "queue"))].paused = series.gauge.value != 0;
    }
  }
  return look;
}

}  // namespace logmill
