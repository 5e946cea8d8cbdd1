// std::mutex with the annotations that clang's -Wthread-safety checks (g++ ignores them).
// The annotation names are those of https://clang.llvm.org/docs/ThreadSafetyAnalysis.html.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define LOGMILL_ANNOTATE(x) __attribute__((x))
#else
#define LOGMILL_ANNOTATE(x)
#endif

#define GUARDED_BY(mutex) LOGMILL_ANNOTATE(guarded_by(mutex))
#define REQUIRES(...) LOGMILL_ANNOTATE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) LOGMILL_ANNOTATE(locks_excluded(__VA_ARGS__))

namespace logmill {

class LOGMILL_ANNOTATE(capability("mutex")) Mutex {
 public:
  void Lock() LOGMILL_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void Unlock() LOGMILL_ANNOTATE(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

// Holds `mutex` for its own lifetime.
class LOGMILL_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) LOGMILL_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() LOGMILL_ANNOTATE(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits for what other threads change under a Mutex.
class Condition {
 public:
  // Until `holds()`, called with `mutex` held, is true; false when it was not for `patience`. The caller holds `mutex`.
  template <typename Holds>
  bool WaitFor(Mutex& mutex, std::chrono::nanoseconds patience, const Holds& holds) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    const bool held = changed_.wait_for(lock, patience, holds);
    lock.release();
    return held;
  }
  void NotifyAll() { changed_.notify_all(); }

 private:
  std::condition_variable changed_;
};

}  // namespace logmill
