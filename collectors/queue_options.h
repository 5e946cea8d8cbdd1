// Which job queues are looked at, and how much that may cost. docs/queues.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// The queues of Gallery.
std::vector<std::string> GalleryQueues();

// Whether the name of a queue may become a label value: it begins with a letter, has letters, digits, `_` and `-` only, at most 64 bytes,
// and at most 8 digits, so that it is no address, path, host, UUID, token or number of somebody's.
bool IsPlainQueueName(std::string_view name);

struct QueueOptions {
  std::string prefix = "immich_bull";  // of BullMQ's keys, without the ":" behind it
  // Looked at in each refresh. More that exist under the prefix are found by and by.
  std::vector<std::string> queues = GalleryQueues();
  size_t max_queues = 200;        // those above included; what is found beyond is left out with a notice
  bool prioritized = false;       // further values of the label `status`
  bool waiting_children = false;  // likewise, "waiting-children"

  // How queues are found: SCAN walks over all keys, a bounded way in each refresh, and goes on there in the next.
  size_t scan_count = 1'000;                         // keys a step, about; the server does nothing else during a step
  size_t scan_steps = 50;                            // a refresh
  size_t first_scan_steps = 500;                     // before the first answer
  std::chrono::milliseconds scan_time{500};          // a refresh: no step begins after that
  std::chrono::milliseconds first_scan_time{2'000};  // before the first answer
};

}  // namespace logmill
