// One collector's life: its schedule, deadline, back-off, and the last good snapshot.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "collectors/collector.h"

namespace logmill {

struct CollectorOptions {
  std::string name{};                          // label value of logmill_collector_*: "database", "queues", "host", "scrape/gallery_api" ...
  std::chrono::milliseconds interval{60'000};  // from the start of one good refresh to the start of the next
  std::chrono::milliseconds deadline{10'000};  // of one refresh; then it is interrupted and has failed
  std::chrono::milliseconds max_stale{600'000};  // how long the last good snapshot is shown while refreshes fail; 0: it is dropped at once
  // After a failure: doubled each time, up to `interval`, with jitter (between half of it and all of it).
  std::chrono::milliseconds first_retry{1'000};
  uint64_t jitter_seed = 0;
  // Any of them may be empty. On the collector's thread, with the collector's name in front: each failed attempt; the first success after
  // failures; a notice that the success before did not have.
  std::function<void(const std::string& sentence)> on_error{};
  std::function<void(const std::string& sentence)> on_recovery{};
  std::function<void(const std::string& sentence)> on_notice{};
};

// The numbers of logmill_collector_*.
struct CollectorStats {
  bool success = false;         // of the last attempt; false before the first
  double duration_seconds = 0;  // of the last attempt
  int64_t last_success_ms = 0;  // Unix time, 0: never
  uint64_t rows = 0;            // of the last success
  uint64_t attempts = 0;        // that have ended; one that is cut short by the stop is none
  uint64_t failures = 0;
};

class CollectorRunner {
 public:
  // `clock` outlives it.
  CollectorRunner(CollectorOptions options, std::unique_ptr<Collector> collector, const Clock& clock);
  CollectorRunner(const CollectorRunner&) = delete;
  CollectorRunner& operator=(const CollectorRunner&) = delete;

  // The body of the collector's thread: refreshes until `stop`, which also interrupts the refresh at hand. Once in a life.
  void Run(const std::stop_token& stop);

  // One attempt, now. Returns when the next one is due (monotonic). For Run(), and for tests that have no thread.
  std::chrono::nanoseconds Refresh();
  // Interrupts a refresh that is past its deadline or to be stopped, and again at each call until it has ended. Called a few times a
  // second by a thread that never blocks; any thread.
  void CheckDeadline() EXCLUDES(interrupting_);

  // The last good snapshot; null before the first and when it is older than max_stale while refreshes fail, or have not ended when they
  // had to. Never waits for a refresh. Any thread.
  [[nodiscard]] std::shared_ptr<const Collected> Current() const EXCLUDES(mutex_);
  [[nodiscard]] CollectorStats stats() const EXCLUDES(mutex_);
  [[nodiscard]] const std::string& name() const { return options_.name; }
  // True once an attempt has ended, well or not. Any thread.
  [[nodiscard]] bool tried() const EXCLUDES(mutex_);

 private:
  // Collects between Begin and End, which say what CheckDeadline() may interrupt. Whatever escapes the collector becomes an error.
  std::expected<Collected, std::string> Ask(std::chrono::nanoseconds began);
  void Begin(std::chrono::nanoseconds began) EXCLUDES(interrupting_);
  void End() EXCLUDES(interrupting_);
  void Stop() EXCLUDES(interrupting_);
  std::chrono::nanoseconds Succeed(Collected collected, std::chrono::nanoseconds began);
  std::chrono::nanoseconds Fail(const std::string& error, std::chrono::nanoseconds began);
  void CountAttempt(bool success, std::chrono::nanoseconds began) REQUIRES(mutex_);
  std::chrono::milliseconds RetryPause();
  [[nodiscard]] bool IsStale() const REQUIRES(mutex_);

  const CollectorOptions options_;
  const std::unique_ptr<Collector> collector_;
  const Clock& clock_;
  std::mt19937_64 jitter_;
  uint64_t failures_in_a_row_ = 0;
  std::vector<std::string> notices_;  // of the last success
  std::atomic<bool> stopped_ = false;

  Mutex interrupting_;  // held during Interrupt(), so that no refresh but the one that is meant gets it
  bool at_hand_ GUARDED_BY(interrupting_) = false;
  std::chrono::nanoseconds due_ GUARDED_BY(interrupting_){0};  // the deadline of the refresh at hand, monotonic

  std::mutex waiting_;
  std::condition_variable_any wake_;

  mutable Mutex mutex_;
  std::shared_ptr<const Collected> last_ GUARDED_BY(mutex_);
  std::chrono::nanoseconds collected_at_ GUARDED_BY(mutex_){0};  // monotonic
  CollectorStats stats_ GUARDED_BY(mutex_);
};

}  // namespace logmill
