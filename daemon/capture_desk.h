// Where one thread asks for an image of what another one is at work on, and gets it between two of its steps.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/mutex.h"

namespace logmill {

template <typename Image>
class CaptureDesk {
 public:
  // Asking thread: waits until the worker has answered. False when it did not for `patience`. `wake` ends the worker's waiting.
  template <typename Wake>
  bool Ask(Image* image, std::chrono::milliseconds patience, const Wake& wake) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const uint64_t ticket = ++asked_;
    wanted_.store(true, std::memory_order_release);
    wake();
    const auto answered = [&]() REQUIRES(mutex_) { return answered_ >= ticket; };
    if (!changed_.WaitFor(mutex_, patience, answered)) return false;
    std::swap(*image, image_);
    return true;
  }

  // Worker: somebody asks, so Answer() is to be called. Says so once.
  [[nodiscard]] bool TakeWish() { return wanted_.exchange(false, std::memory_order_acquire); }
  // Worker: `fill` makes the image, into what an earlier one was.
  template <typename Fill>
  void Answer(const Fill& fill) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    fill(&image_);
    answered_ = asked_;
    changed_.NotifyAll();
  }

 private:
  std::atomic<bool> wanted_{false};
  Mutex mutex_;
  Condition changed_;
  uint64_t asked_ GUARDED_BY(mutex_) = 0;  // tickets
  uint64_t answered_ GUARDED_BY(mutex_) = 0;
  Image image_ GUARDED_BY(mutex_);
};

}  // namespace logmill
