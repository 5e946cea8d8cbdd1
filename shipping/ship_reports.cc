#include "shipping/ship_reports.h"

#include <utility>

namespace logmill {
namespace {

constexpr std::chrono::minutes kBetweenRepeats{1};

std::string Plural(uint64_t count, const std::string& noun) { return std::to_string(count) + " " + noun + (count == 1 ? "" : "s"); }

// "0.5 s", "12 s": to the tenth below ten seconds.
std::string SecondsText(std::chrono::milliseconds time) {
  constexpr int64_t kTenth = 100;
  const int64_t tenths = (time.count() + kTenth / 2) / kTenth;
  const int64_t seconds = tenths / 10;
  const std::string fraction = seconds < 10 && tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "";
  return std::to_string(seconds) + fraction + " s";
}

}  // namespace

ShipReports::ShipReports(std::string name, Say on_error, Say on_recovery, const Clock& clock)
    : name_(std::move(name)), on_error_(std::move(on_error)), on_recovery_(std::move(on_recovery)), clock_(clock) {}

void ShipReports::Tell(const Say& say, const std::string& words) const {
  if (say) say(name_ + ": " + words);
}

void ShipReports::Failed(RetryReason reason, const std::string& words, std::chrono::milliseconds pause) {
  ++failures_;
  failing_ = true;
  const auto kind = static_cast<size_t>(reason);
  if (told_.test(kind)) return;
  told_.set(kind);
  Tell(on_error_, words + "; will try again in " + SecondsText(pause));
}

void ShipReports::Unwell(const std::string& words) {
  failing_ = true;
  Tell(on_error_, words + "; it is tried all the same");
}

void ShipReports::Succeeded() {
  if (failing_) Tell(on_recovery_, failures_ == 0 ? "works" : "works again after " + Plural(failures_, "failed attempt"));
  told_.reset();
  failing_ = false;
  failures_ = 0;
}

void ShipReports::Lost(ShipOutcome outcome, uint64_t records, const std::string& words) {
  Loss& loss = losses_[static_cast<size_t>(outcome)];
  loss.records += records;
  loss.words = words;
  Remind();
}

void ShipReports::Remind() {
  for (Loss& loss : losses_) {
    if (clock_.Monotonic() >= loss.next) Tell(loss);
  }
}

void ShipReports::End() {
  for (Loss& loss : losses_) Tell(loss);
}

void ShipReports::Tell(Loss& loss) {
  if (loss.records == 0) return;
  Tell(on_error_, Plural(loss.records, "record") + " " + loss.words);
  loss.records = 0;
  loss.next = clock_.Monotonic() + kBetweenRepeats;
}

void ShipReports::Notice(const std::string& words) {
  if (words == notice_ && clock_.Monotonic() < next_notice_) return;
  Tell(on_error_, words);
  notice_ = words;
  next_notice_ = clock_.Monotonic() + kBetweenRepeats;
}

}  // namespace logmill
