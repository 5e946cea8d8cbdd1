// A refresh that waits for a server that says nothing, and is interrupted.
#pragma once

#include <chrono>
#include <future>
#include <string>

#include "collectors/collector.h"

namespace logmill::testing {

// The error of the refresh; "" if it succeeded, "it does not end" when interrupting is of no use.
inline std::string InterruptedCollect(Collector& collector) {
  std::future<std::string> refresh = std::async(std::launch::async, [&collector] {
    const auto collected = collector.Collect();
    return collected ? std::string() : collected.error();
  });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  // An interruption before the refresh has begun does nothing.
  while (refresh.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) {
    if (std::chrono::steady_clock::now() > end) return "it does not end";
    collector.Interrupt();
  }
  return refresh.get();
}

}  // namespace logmill::testing
