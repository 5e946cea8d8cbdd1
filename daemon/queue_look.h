// The job queues as Redis had them at one moment.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "collectors/collector.h"

namespace logmill {

struct QueueJobs {
  double waiting = 0;
  double active = 0;
  double failed = 0;
  bool paused = false;
};

// One refresh of the queues' collector.
struct QueueLook {
  std::shared_ptr<const Collected> snapshot;  // null: there is none. The same as before: nothing was asked since
  std::map<std::string, QueueJobs> queues;    // by name
};

// What stands in a snapshot of QueueCollector, which may be null.
QueueLook ReadQueues(std::shared_ptr<const Collected> snapshot);

}  // namespace logmill
