#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <expected>
#include <thread>

#include "shipping/shipper.h"

namespace logmill {
namespace {

using std::chrono::nanoseconds;

constexpr int kNice = 19;
// Limits are looked at so often while there is nothing else to do.
constexpr nanoseconds kLongestWait = std::chrono::seconds(1);
// A wake-up or an interruption that comes a moment too early is lost, so they are repeated.
constexpr std::chrono::milliseconds kBetweenWakes{20};

std::expected<std::string, std::string> HealthOf(Destination& destination) {
  try {
    return destination.Check();
  } catch (const std::exception& error) {
    return std::unexpected(std::string("unexpected error: ") + error.what());
  }
}

}  // namespace

void Shipper::Run(const std::stop_token& stop) {
  // Of this thread alone, as Linux has it. Where it is refused, it is as it was.
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice));
  const std::jthread watch([&](const std::stop_token& over) { Watch(stop, over); });
  CheckHealth();
  while (!stop.stop_requested()) WaitUntil(Step(), stop);
  Drain();
  SaveCursor();
  reports_.End();
}

void Shipper::CheckHealth() {
  const auto health = HealthOf(*destination_);
  counters_.SetUp(health.has_value(), health ? "" : health.error());
  if (!health) reports_.Unwell(health.error());
}

void Shipper::WaitUntil(nanoseconds due, const std::stop_token& stop) {
  const nanoseconds patience = std::min(due - clock_.Monotonic(), kLongestWait);
  if (patience <= nanoseconds(0)) return;
  if (!sending_ && !stuck_) {
    if (!stop.stop_requested()) spool_.WaitFor(reader_.sequence(), patience);
    return;
  }
  std::unique_lock lock(waiting_);
  wake_.wait_for(lock, stop, patience, [] { return false; });
}

void Shipper::Drain() {
  draining_ = true;
  const nanoseconds end = clock_.Monotonic() + options_.stop_patience;
  while (clock_.Monotonic() < end && !interrupted_) {
    const nanoseconds due = Step();
    if (due >= end) return;
    std::unique_lock lock(waiting_);
    if (due > clock_.Monotonic()) wake_.wait_for(lock, due - clock_.Monotonic(), [this] { return interrupted_.load(); });
  }
}

// Beside Run(): sees to it that it hears of the stop, and does not wait for the destination longer than it may.
void Shipper::Watch(const std::stop_token& stop, const std::stop_token& over) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any wake;
  wake.wait(lock, stop, [] { return false; });
  const nanoseconds end = clock_.Monotonic() + options_.stop_patience;
  while (!over.stop_requested()) {
    spool_.WakeAll();
    if (clock_.Monotonic() >= end) {
      interrupted_ = true;
      destination_->Interrupt();
      wake_.notify_all();
    }
    wake.wait_for(lock, over, kBetweenWakes, [] { return false; });
  }
}

}  // namespace logmill
