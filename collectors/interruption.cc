#include "collectors/interruption.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace logmill {
namespace {

constexpr int64_t kLookAgainMs = 100;  // without an eventfd
constexpr int64_t kLongestPollMs = 3'600'000;

}  // namespace

Interruption::Interruption() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Interruption::~Interruption() {
  End();
  if (wake_ >= 0) ::close(wake_);
}

void Interruption::Begin() {
  const MutexLock lock(mutex_);
  eventfd_t ignored = 0;
  if (wake_ >= 0) ::eventfd_read(wake_, &ignored);
  interrupted_ = false;
  waiting_ = true;
}

void Interruption::End() {
  const MutexLock lock(mutex_);
  waiting_ = false;
  CloseGuard();
}

Interruption::Wait Interruption::Await(int fd, short events, Time deadline) const {
  for (;;) {
    if (interrupted_) return Wait::kInterrupted;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return Wait::kTimeout;
    pollfd waited[] = {{fd, events, 0}, {wake_, POLLIN, 0}};
    const int ready = ::poll(waited, 2, static_cast<int>(std::min<int64_t>(left, wake_ < 0 ? kLookAgainMs : kLongestPollMs)));
    if (ready > 0 && waited[0].revents != 0 && !interrupted_) return Wait::kReady;
  }
}

void Interruption::Guard(int fd) {
  const MutexLock lock(mutex_);
  CloseGuard();
  guarded_ = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (interrupted_ && guarded_ >= 0) ::shutdown(guarded_, SHUT_RDWR);
}

void Interruption::Unguard() {
  const MutexLock lock(mutex_);
  CloseGuard();
}

void Interruption::CloseGuard() {
  if (guarded_ >= 0) ::close(guarded_);
  guarded_ = -1;
}

void Interruption::Interrupt() {
  const MutexLock lock(mutex_);
  if (!waiting_) return;
  interrupted_ = true;
  if (wake_ >= 0) ::eventfd_write(wake_, 1);
  if (guarded_ >= 0) ::shutdown(guarded_, SHUT_RDWR);
}

}  // namespace logmill
