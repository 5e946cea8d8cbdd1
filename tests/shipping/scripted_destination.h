// A destination that does what a test says, and remembers what it was given.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shipping/destination.h"
#include "tests/shipping/numbered_records.h"

namespace logmill {

// Outlives its destinations, of which there may be several, one after the other.
struct DestinationScript {
  using Step = std::function<Delivery(std::span<const ShipRecord>)>;

  std::deque<Step> steps = {};  // one a call; afterwards everything is taken
  std::vector<std::vector<uint64_t>> calls = {};
  std::expected<std::string, std::string> health = "is ready";
  std::function<std::string()> note = [] { return std::string(); };
  std::vector<std::string> resumed = {};
  std::function<void()> on_interrupt = [] {};

  void Takes(uint64_t bytes = 100) {
    steps.emplace_back([bytes](auto) { return Delivery{.sent_bytes = bytes}; });
  }
  void Fails(RetryReason reason = RetryReason::kConnection, std::string words = "away", std::chrono::milliseconds pause = {}) {
    steps.emplace_back([=](auto) { return Delivery{.kind = Delivery::Kind::kRetry, .reason = reason, .pause = pause, .words = words}; });
  }
  void Gives(Delivery delivery) {
    steps.emplace_back([delivery = std::move(delivery)](auto) { return delivery; });
  }
};

class ScriptedDestination final : public Destination {
 public:
  explicit ScriptedDestination(DestinationScript& script) : script_(script) {}

  Delivery Deliver(std::span<const ShipRecord> batch) override {
    std::vector<uint64_t>& numbers = script_.calls.emplace_back();
    for (const ShipRecord& record : batch) numbers.push_back(NumberOf(record));
    if (script_.steps.empty()) return {.sent_bytes = 100};
    const DestinationScript::Step step = std::move(script_.steps.front());
    script_.steps.pop_front();
    return step(batch);
  }
  std::expected<std::string, std::string> Check() override { return script_.health; }
  void Interrupt() override { script_.on_interrupt(); }
  std::string Note() override { return script_.note(); }
  void Resume(std::string_view note) override { script_.resumed.emplace_back(note); }

 private:
  DestinationScript& script_;
};

}  // namespace logmill
