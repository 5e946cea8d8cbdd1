// Which of a worker's streams are to be pumped now, when files are to be looked for, and how long the worker may sleep.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "daemon/follower.h"
#include "daemon/source_config.h"
#include "sources/watcher.h"

namespace logmill {

// The worker's thread, but Wake(). A follower has its turn when the watcher tells that its file changed; at every tick, while nobody could
// tell (a file that lost its path, no file, trouble, a line that waits for its rest); and each 30 s in any case.
class Schedule {
 public:
  // Everything outlives it. `followers` are all there are; `has_input`: whether a receiver has something for it.
  Schedule(const std::vector<SourceConfig>& sources, std::list<Follower>& followers, const Clock& clock,
           std::function<bool(const Follower&)> has_input);

  [[nodiscard]] Watcher& watcher() { return watcher_; }
  // Ends a wait at once; any thread.
  void Wake() { watcher_.Wake(); }

  // A new one: its turn is now, and whenever the watcher tells of its path.
  void Add(Follower& follower);
  // The watcher tells nothing of it any more: its path is empty from now on.
  void LosePath(Follower& follower);
  // Its turn is now.
  void MarkReady(Follower& follower);
  // Its turn is at the next tick, and at every one as long as it has no path.
  void MarkRestless(Follower& follower);
  void MarkAll();
  // It waits for others, until AskHeldBack() gives a turn to all that do.
  void HoldBack(Follower& follower);
  void AskHeldBack();
  // Those whose turn it is, once.
  std::vector<Follower*> TakeReady();
  [[nodiscard]] bool has_ready() const { return !ready_.empty(); }
  // Forgets those that ended; before they are destroyed.
  void ForgetEnded();

  [[nodiscard]] bool SearchIsDue() const { return clock_.Monotonic() >= next_search_; }
  void SearchNow() { next_search_ = {}; }
  // After a search. `undecided`: it left something for later.
  void Searched(bool undecided);

  // Sleeps until something is to be done, or not at all when there was progress; then finds out what. `blocked`: nothing may be read, and
  // nobody tells when that ends.
  void Wait(bool progress, bool blocked);

 private:
  [[nodiscard]] int Timeout(bool blocked) const;
  void Listen();
  void Tick();

  std::list<Follower>& followers_;
  const Clock& clock_;
  const std::function<bool(const Follower&)> has_input_;
  const std::chrono::nanoseconds tick_;  // interval
  Watcher watcher_;
  std::unordered_multimap<std::string, Follower*> by_path_;
  std::vector<Follower*> ready_;
  std::vector<Follower*> restless_;
  std::vector<Follower*> held_back_;
  std::chrono::nanoseconds next_search_{0};  // monotonic, as the others
  std::chrono::nanoseconds next_tick_{0};
  std::chrono::nanoseconds next_round_{0};
};

}  // namespace logmill
