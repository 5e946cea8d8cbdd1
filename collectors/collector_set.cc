#include "collectors/collector_set.h"

#include <chrono>
#include <utility>

namespace logmill {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{250};

}  // namespace

void CollectorSet::Add(CollectorOptions options, std::unique_ptr<Collector> collector) {
  runners_.push_back(std::make_unique<CollectorRunner>(std::move(options), std::move(collector), clock_));
}

void CollectorSet::Start() {
  if (runners_.empty()) return;
  watcher_ = std::jthread([this](const std::stop_token& stop) { Watch(stop); });
  for (const auto& runner : runners_) threads_.emplace_back([&runner](const std::stop_token& stop) { runner->Run(stop); });
}

void CollectorSet::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  watcher_ = {};
}

void CollectorSet::Watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    for (const auto& runner : runners_) runner->CheckDeadline();
    std::unique_lock lock(waiting_);
    wake_.wait_for(lock, stop, kBetweenLooks, [] { return false; });
  }
}

}  // namespace logmill
