#include "logging/process.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>

namespace logmill {
namespace {

// Both live for ever: threads and destructors may still log while the program ends.
struct ProcessState {
  std::mutex output;
  std::atomic<int> pid{::getpid()};
};

ProcessState& State();

void BeforeFork() { State().output.lock(); }

void AfterForkInParent() { State().output.unlock(); }

void AfterForkInChild() {
  State().pid.store(::getpid(), std::memory_order_relaxed);
  State().output.unlock();
}

ProcessState* MakeState() {
  auto* state = new ProcessState;
  ::pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild);
  return state;
}

ProcessState& State() {
  static ProcessState* const state = MakeState();
  return *state;
}

}  // namespace

int ProcessId() { return State().pid.load(std::memory_order_relaxed); }

std::mutex& OutputMutex() { return State().output; }

}  // namespace logmill
