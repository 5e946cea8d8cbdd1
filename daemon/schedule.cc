#include "daemon/schedule.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace logmill {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr auto kSearchPause = 100ms;  // between two searches at least, however much happens in the folders
constexpr auto kPolledSearch = 1s;    // how soon a new file is found where no watch tells
constexpr auto kRound = 30s;          // how often every file is looked at, whatever the watches say

std::chrono::milliseconds ShortestInterval(const std::vector<SourceConfig>& sources) {
  std::chrono::milliseconds shortest = 250ms;
  for (const SourceConfig& source : sources) shortest = std::min(shortest, source.poll_interval);
  return shortest;
}

Watcher::Options WatcherOptions(const std::vector<SourceConfig>& sources) {
  return {.poll_interval_ms = static_cast<int>(ShortestInterval(sources).count()),
          .use_inotify = std::ranges::none_of(sources, [](const SourceConfig& source) { return source.poll; })};
}

}  // namespace

Schedule::Schedule(const std::vector<SourceConfig>& sources, std::list<Follower>& followers, const Clock& clock,
                   std::function<bool(const Follower&)> has_input)
    : followers_(followers),
      clock_(clock),
      has_input_(std::move(has_input)),
      tick_(ShortestInterval(sources)),
      watcher_(WatcherOptions(sources)) {}

void Schedule::Add(Follower& follower) {
  if (!follower.path.empty()) by_path_.emplace(follower.path, &follower);
  MarkReady(follower);
}

void Schedule::LosePath(Follower& follower) {
  std::erase_if(by_path_, [&](const auto& entry) { return entry.second == &follower; });
  follower.path.clear();
  MarkRestless(follower);
}

void Schedule::MarkReady(Follower& follower) {
  if (!std::exchange(follower.ready, true)) ready_.push_back(&follower);
}

void Schedule::MarkRestless(Follower& follower) {
  if (!std::exchange(follower.restless, true)) restless_.push_back(&follower);
}

void Schedule::MarkAll() {
  for (Follower& follower : followers_) MarkReady(follower);
}

void Schedule::HoldBack(Follower& follower) {
  if (!std::exchange(follower.held_back, true)) held_back_.push_back(&follower);
}

void Schedule::AskHeldBack() {
  for (Follower* follower : std::exchange(held_back_, {})) {
    follower->held_back = false;
    MarkReady(*follower);
  }
}

std::vector<Follower*> Schedule::TakeReady() {
  for (Follower* follower : ready_) follower->ready = false;
  return std::exchange(ready_, {});
}

void Schedule::ForgetEnded() {
  for (auto* list : {&ready_, &restless_, &held_back_}) std::erase_if(*list, [](const Follower* follower) { return follower->ended; });
  std::erase_if(by_path_, [](const auto& entry) { return entry.second->ended; });
}

void Schedule::Searched(bool undecided) {
  if (undecided) MarkAll();
  const nanoseconds pause = undecided ? kSearchPause : watcher_.polling() ? kPolledSearch : kRound;
  next_search_ = clock_.Monotonic() + pause;
}

void Schedule::Wait(bool progress, bool blocked) {
  watcher_.Wait(progress ? 0 : Timeout(blocked));
  Listen();
  if (clock_.Monotonic() >= next_tick_) Tick();
}

int Schedule::Timeout(bool blocked) const {
  const nanoseconds now = clock_.Monotonic();
  const bool idle = restless_.empty() && !blocked;
  const nanoseconds next = std::min(next_search_, idle ? std::max(next_tick_, next_round_) : next_tick_);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(std::max(next - now, nanoseconds(0))).count());
}

// What the watcher saw, and what receivers have.
void Schedule::Listen() {
  Watcher::Changes changes = watcher_.TakeChanges();
  if (changes.everything) MarkAll();
  for (const std::string& path : changes.paths) {
    const auto [first, last] = by_path_.equal_range(path);
    for (auto at = first; at != last; ++at) MarkReady(*at->second);
    changes.names |= first == last;  // one that was left for later
  }
  if (changes.names || changes.everything) next_search_ = std::min(next_search_, clock_.Monotonic() + kSearchPause);
  for (Follower* follower : restless_) {
    if (has_input_(*follower)) MarkReady(*follower);
  }
  for (const std::string& complaint : watcher_.TakeComplaints()) spdlog::warn("{}", complaint);
}

// What nobody tells has to be asked for.
void Schedule::Tick() {
  const nanoseconds now = clock_.Monotonic();
  next_tick_ = now + tick_;
  for (Follower* follower : std::exchange(restless_, {})) {
    follower->restless = false;
    MarkReady(*follower);
    if (follower->path.empty()) MarkRestless(*follower);
  }
  if (now < next_round_) return;
  next_round_ = now + kRound;
  MarkAll();
}

}  // namespace logmill
