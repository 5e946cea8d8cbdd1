// What a shipper says to people: each thing once, not each time.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "shipping/destination.h"
#include "shipping/ship_progress.h"

namespace logmill {

// One thread.
class ShipReports {
 public:
  using Say = std::function<void(const std::string& sentence)>;

  // `name` stands in front of every sentence. Both may be empty.
  ShipReports(std::string name, Say on_error, Say on_recovery, const Clock& clock);

  // An attempt failed: said when it is the first one with this reason since the last success.
  void Failed(RetryReason reason, const std::string& words, std::chrono::milliseconds pause);
  // The check at the start went wrong.
  void Unwell(const std::string& words);
  // An attempt was answered well: said after failures.
  void Succeeded();
  // Records are gone, `words`: "refused: ...": said at once, then at most once a minute for each outcome, with how many they were.
  void Lost(ShipOutcome outcome, uint64_t records, const std::string& words);
  // Says what Lost() has kept for later, when it is later. To be called now and then.
  void Remind();
  // The same at once: nothing is said later.
  void End();
  // Anything else: said when it is not what was said before, or that was a minute ago.
  void Notice(const std::string& words);

 private:
  struct Loss {
    uint64_t records = 0;  // not told yet
    std::string words = {};
    std::chrono::nanoseconds next{0};  // not to be told before, monotonic
  };

  void Tell(const Say& say, const std::string& words) const;
  void Tell(Loss& loss);

  const std::string name_;
  const Say on_error_;
  const Say on_recovery_;
  const Clock& clock_;
  std::bitset<kRetryReasons> told_;
  bool failing_ = false;
  uint64_t failures_ = 0;  // in a row
  std::array<Loss, kShipOutcomes> losses_;
  std::string notice_;
  std::chrono::nanoseconds next_notice_{0};
};

}  // namespace logmill
