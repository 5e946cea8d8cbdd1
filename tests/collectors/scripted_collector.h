// A collector that does what a test says.
#pragma once

#include <atomic>
#include <deque>
#include <expected>
#include <functional>
#include <string>
#include <utility>

#include "collectors/collector.h"
#include "collectors/families.h"

namespace logmill::testing {

using Answer = std::expected<Collected, std::string>;

// A page of one series: `value` without labels, on the api endpoint.
inline Collected PageWith(double value) {
  Collected collected;
  AddValue(collected.families[IndexOf(Endpoint::kApi)], "value", "A value.", value);
  collected.rows = 1;
  return collected;
}

// What the test holds, since the runner owns the collector. One thread at a time may change `steps`.
struct Script {
  std::deque<std::function<Answer()>> steps;  // of the next calls to Collect(); with none left: an error
  std::atomic<int> interrupts = 0;
  std::function<void()> on_interrupt;  // may be empty

  void Answers(double value) {
    steps.push_back([value] { return PageWith(value); });
  }
  void Fails(std::string error) {
    steps.push_back([error = std::move(error)] { return std::unexpected(error); });
  }
};

class ScriptedCollector final : public Collector {
 public:
  explicit ScriptedCollector(Script& script) : script_(script) {}

  Answer Collect() override {
    if (script_.steps.empty()) return std::unexpected("the script is at its end");
    const auto step = std::move(script_.steps.front());
    script_.steps.pop_front();
    return step();
  }
  void Interrupt() override {
    ++script_.interrupts;
    if (script_.on_interrupt) script_.on_interrupt();
  }

 private:
  Script& script_;
};

}  // namespace logmill::testing
