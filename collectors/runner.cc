#include "collectors/runner.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace logmill {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr uint64_t kMostDoublings = 20;
constexpr milliseconds kInterruptTakes{1'000};  // at most, as collectors promise

// "0.5 s", "12 s": to the tenth below ten seconds.
std::string SecondsText(milliseconds time) {
  constexpr int64_t kTenth = 100;
  const int64_t tenths = (time.count() + kTenth / 2) / kTenth;
  const int64_t seconds = tenths / 10;
  const std::string fraction = seconds < 10 && tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "";
  return std::to_string(seconds) + fraction + " s";
}

}  // namespace

CollectorRunner::CollectorRunner(CollectorOptions options, std::unique_ptr<Collector> collector, const Clock& clock)
    : options_(std::move(options)), collector_(std::move(collector)), clock_(clock), jitter_(options_.jitter_seed) {}

void CollectorRunner::Run(const std::stop_token& stop) {
  const std::stop_callback interrupt(stop, [this] { Stop(); });
  while (!stop.stop_requested()) {
    const nanoseconds next = Refresh();
    std::unique_lock lock(waiting_);
    wake_.wait_for(lock, stop, next - clock_.Monotonic(), [] { return false; });
  }
}

nanoseconds CollectorRunner::Refresh() {
  const nanoseconds began = clock_.Monotonic();
  auto answer = Ask(began);
  if (stopped_) return clock_.Monotonic();
  if (clock_.Monotonic() - began >= options_.deadline) {
    const std::string late = "took longer than " + SecondsText(options_.deadline);
    answer = std::unexpected(answer ? late : late + ": " + answer.error());
  }
  return answer ? Succeed(std::move(*answer), began) : Fail(answer.error(), began);
}

std::expected<Collected, std::string> CollectorRunner::Ask(nanoseconds began) {
  std::expected<Collected, std::string> answer = std::unexpected("");
  Begin(began);
  try {
    if (!stopped_) answer = collector_->Collect();
  } catch (const std::exception& error) {
    answer = std::unexpected(std::string("unexpected error: ") + error.what());
  } catch (...) {
    answer = std::unexpected("unexpected error of an unknown kind");
  }
  End();
  return answer;
}

void CollectorRunner::Begin(nanoseconds began) {
  const MutexLock lock(interrupting_);
  at_hand_ = true;
  due_ = began + options_.deadline;
}

void CollectorRunner::End() {
  const MutexLock lock(interrupting_);
  at_hand_ = false;
}

void CollectorRunner::CheckDeadline() {
  const MutexLock lock(interrupting_);
  if (at_hand_ && (stopped_ || clock_.Monotonic() >= due_)) collector_->Interrupt();
}

void CollectorRunner::Stop() {
  stopped_ = true;
  CheckDeadline();
}

nanoseconds CollectorRunner::Succeed(Collected collected, nanoseconds began) {
  std::vector<std::string> notices = collected.notices;
  auto snapshot = std::make_shared<const Collected>(std::move(collected));
  {
    const MutexLock lock(mutex_);
    CountAttempt(true, began);
    stats_.last_success_ms = clock_.UnixMillis();
    stats_.rows = snapshot->rows;
    collected_at_ = clock_.Monotonic();
    last_.swap(snapshot);
  }
  notices_.swap(notices);
  if (failures_in_a_row_ > 0 && options_.on_recovery) {
    const std::string plural = failures_in_a_row_ == 1 ? "" : "s";
    options_.on_recovery(name() + ": works again after " + std::to_string(failures_in_a_row_) + " failed attempt" + plural);
  }
  failures_in_a_row_ = 0;
  for (const std::string& notice : notices_) {
    if (options_.on_notice && std::ranges::find(notices, notice) == notices.end()) options_.on_notice(name() + ": " + notice);
  }
  return began + options_.interval;
}

nanoseconds CollectorRunner::Fail(const std::string& error, nanoseconds began) {
  std::shared_ptr<const Collected> dropped;  // freed without the lock
  {
    const MutexLock lock(mutex_);
    CountAttempt(false, began);
    ++stats_.failures;
    if (IsStale()) dropped.swap(last_);
  }
  ++failures_in_a_row_;
  const milliseconds pause = RetryPause();
  if (options_.on_error) options_.on_error(name() + ": " + error + "; will try again in " + SecondsText(pause));
  return clock_.Monotonic() + pause;
}

void CollectorRunner::CountAttempt(bool success, nanoseconds began) {
  ++stats_.attempts;
  stats_.success = success;
  stats_.duration_seconds = std::chrono::duration<double>(clock_.Monotonic() - began).count();
}

milliseconds CollectorRunner::RetryPause() {
  const uint64_t doublings = std::min(failures_in_a_row_ - 1, kMostDoublings);
  const milliseconds longest = std::min(options_.first_retry * (int64_t{1} << doublings), options_.interval);
  return milliseconds(std::uniform_int_distribution<int64_t>(longest.count() / 2, longest.count())(jitter_));
}

bool CollectorRunner::IsStale() const {
  const milliseconds until_next = options_.interval + options_.deadline + kInterruptTakes;
  const milliseconds limit = stats_.success ? std::max(options_.max_stale, until_next) : options_.max_stale;
  return clock_.Monotonic() - collected_at_ >= limit;
}

std::shared_ptr<const Collected> CollectorRunner::Current() const {
  const MutexLock lock(mutex_);
  return IsStale() ? nullptr : last_;
}

CollectorStats CollectorRunner::stats() const {
  const MutexLock lock(mutex_);
  return stats_;
}

bool CollectorRunner::tried() const { return stats().attempts > 0; }

}  // namespace logmill
