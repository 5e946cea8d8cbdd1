// Paths for which the set waits, because it cannot be said yet what came after what, and since when.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace logmill {

// One thread. No path is waited for longer than 10 s: nothing that is renamed or compressed should take so long.
class Patience {
 public:
  explicit Patience(const Clock& clock) : clock_(clock) {}

  // Whether it is early enough to wait; the wait begins with the first question.
  bool WaitsFor(const std::string& path) { return IsFresh(since_.try_emplace(path, clock_.Monotonic()).first->second); }
  [[nodiscard]] bool IsWaitingFor(const std::string& path) const {
    const auto at = since_.find(path);
    return at != since_.end() && IsFresh(at->second);
  }
  void Done(const std::string& path) { since_.erase(path); }
  template <typename IsGone>
  void Forget(const IsGone& gone) {
    std::erase_if(since_, [&gone](const auto& entry) { return gone(entry.first); });
  }

 private:
  [[nodiscard]] bool IsFresh(std::chrono::nanoseconds since) const { return clock_.Monotonic() - since < std::chrono::seconds(10); }

  const Clock& clock_;
  std::unordered_map<std::string, std::chrono::nanoseconds> since_;
};

}  // namespace logmill
