// One container that is read, as the receiver keeps it.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

#include "sources/docker_log.h"

namespace logmill {

// Waits between attempts: doubled each time, each cut by up to a half so that many who wait do not come back at once.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest) : first_(first), longest_(longest) {}
  // After a failure.
  std::chrono::milliseconds Next();
  void Reset() { failures_ = 0; }
  [[nodiscard]] unsigned failures() const { return failures_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  unsigned failures_ = 0;
  std::minstd_rand random_{std::random_device()()};
};

// waiting ─► asking ─► catching up ─► following ─┐       and back to waiting from everywhere; a container that does not run
//    ▲                      └─► resting           │      rests until it is seen running again.
//    └────────────────────────────────────────────┘
struct FollowedContainer {
  enum class Phase : uint8_t { kWaiting, kAsking, kCatchingUp, kFollowing, kResting };

  FollowedContainer(std::string id_, DockerLog log_, Backoff backoff_) : id(std::move(id_)), log(std::move(log_)), backoff(backoff_) {}

  std::string id;
  DockerLog log;
  Backoff backoff;
  Phase phase = Phase::kWaiting;
  std::chrono::nanoseconds due{0};  // waiting: until then
  uint64_t request = 0;             // at hand
  bool wanted = true;               // false: only asked for, to learn whether it still exists
  bool first = false;               // of those that were there at the start: what it has to say is waited for
  bool terminal = false;
  bool running = false;  // at the last look
  bool moved = false;    // a message came with the request at hand
  DockerLog::Skip skip = DockerLog::Skip::kToMark;
  DockerLog::Status status = DockerLog::Status::kTaken;  // of the request at hand
  std::string body = {};                                 // asking: the answer so far
  std::string error = {};                                // said last
};

}  // namespace logmill
