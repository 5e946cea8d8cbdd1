// Ends a thread's wait for a peer, whatever the peer does.
#pragma once

#include <atomic>
#include <chrono>

#include "base/mutex.h"

namespace logmill {

// One thread waits, between Begin() and End(); any thread interrupts.
class Interruption {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Wait { kReady, kTimeout, kInterrupted };

  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // Interrupt() counts from here on...
  void Begin() EXCLUDES(mutex_);
  // ...to here; a guard goes away.
  void End() EXCLUDES(mutex_);

  // Until `fd` is ready for `events` (those of poll(2)) or has failed, `deadline` is past, or an interrupt came.
  Wait Await(int fd, short events, Time deadline) const;

  // For calls that wait by themselves on the socket `fd`: an interrupt, also one that came already, shuts the connection down, so that they
  // see its end. In place of the guard before. `fd` may be closed at any time: a duplicate is kept.
  void Guard(int fd) EXCLUDES(mutex_);
  void Unguard() EXCLUDES(mutex_);

  [[nodiscard]] bool interrupted() const { return interrupted_; }

  // Any thread. Does nothing outside of Begin() and End().
  void Interrupt() EXCLUDES(mutex_);

 private:
  void CloseGuard() REQUIRES(mutex_);

  const int wake_;  // an eventfd, readable once interrupted; -1: there is none, and Await() looks at interrupted_ now and then
  std::atomic<bool> interrupted_ = false;
  Mutex mutex_;
  bool waiting_ GUARDED_BY(mutex_) = false;
  int guarded_ GUARDED_BY(mutex_) = -1;
};

}  // namespace logmill
