// For what the set waits, because it cannot be said yet what came after what, and since when.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "sources/position.h"

namespace logmill {

// One thread. No wait is longer than 10 s: nothing that is renamed or compressed should take so long.
class Patience {
 public:
  explicit Patience(const Clock& clock) : clock_(clock) {}

  // Whether it is early enough to wait; the wait begins with the first question.
  bool WaitsFor(const std::string& path) { return IsFresh(clock_, since_.try_emplace(path, clock_.Monotonic()).first->second); }
  [[nodiscard]] bool IsWaitingFor(const std::string& path) const {
    const auto at = since_.find(path);
    return at != since_.end() && IsFresh(clock_, at->second);
  }
  void Done(const std::string& path) { since_.erase(path); }
  template <typename IsGone>
  void Forget(const IsGone& gone) {
    std::erase_if(since_, [&gone](const auto& entry) { return gone(entry.first); });
  }

  static bool IsFresh(const Clock& clock, std::chrono::nanoseconds since) { return clock.Monotonic() - since < std::chrono::seconds(10); }

 private:
  const Clock& clock_;
  std::unordered_map<std::string, std::chrono::nanoseconds> since_;
};

// The same with files: once with each, whatever its name.
class PatienceWithFiles {
 public:
  explicit PatienceWithFiles(const Clock& clock) : clock_(clock) {}

  bool WaitsFor(const FileId& id) {
    const auto before = since_.find(id);
    const auto since = before == since_.end() ? clock_.Monotonic() : before->second;
    return Patience::IsFresh(clock_, asked_.try_emplace(id, since).first->second);
  }
  // All that nobody has asked for since the last call.
  void ForgetOthers() { since_ = std::exchange(asked_, {}); }

 private:
  const Clock& clock_;
  std::map<FileId, std::chrono::nanoseconds> since_;
  std::map<FileId, std::chrono::nanoseconds> asked_;
};

}  // namespace logmill
