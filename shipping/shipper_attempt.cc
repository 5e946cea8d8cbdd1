#include <exception>
#include <utility>

#include "shipping/shipper.h"

namespace logmill {

using std::chrono::milliseconds;

void Shipper::Attempt() {
  const std::vector<size_t> group = groups_.Next(progress_);
  if (group.empty()) return;
  const auto began = clock_.Monotonic();
  const Delivery delivery = Ask(Gather(group));
  counters_.CountRequest(group.size(), clock_.Monotonic() - began);
  switch (delivery.kind) {
    case Delivery::Kind::kTaken:
      return Take(delivery, group);
    case Delivery::Kind::kSplit:
      return Split(delivery, group);
    case Delivery::Kind::kRetry:
      return delivery.maybe_refused ? Suspect(delivery) : TryLater(delivery);
  }
}

Delivery Shipper::Ask(std::span<const ShipRecord> records) {
  try {
    return destination_->Deliver(records);
  } catch (const std::exception& error) {
    return {.kind = Delivery::Kind::kRetry, .words = std::string("unexpected error: ") + error.what()};
  }
}

std::span<const ShipRecord> Shipper::Gather(const std::vector<size_t>& group) {
  const std::span<const ShipRecord> records = batch_.records();
  if (group.back() - group.front() + 1 == group.size()) return records.subspan(group.front(), group.size());
  gathered_.clear();
  for (const size_t record : group) gathered_.push_back(records[record]);
  return gathered_;
}

void Shipper::Take(const Delivery& delivery, const std::vector<size_t>& group) {
  std::vector<ShipOutcome> outcomes(group.size(), ShipOutcome::kSent);
  size_t refused = 0;
  size_t again = 0;
  size_t unsent = 0;
  for (const auto& [index, reason] : delivery.refused) {
    if (index >= group.size() || std::exchange(outcomes[index], ShipOutcome::kRefused) == ShipOutcome::kRefused) continue;
    Refuse(group[index], reason);
    ++refused;
  }
  const auto keep_open = [&](const std::vector<size_t>& indices, size_t* count) {
    for (const size_t index : indices) {
      if (index >= group.size() || outcomes[index] != ShipOutcome::kSent) continue;
      outcomes[index] = ShipOutcome::kOpen;
      ++*count;
    }
  };
  keep_open(delivery.again, &again);
  keep_open(delivery.unsent, &unsent);
  refused += RefuseUnnamed(delivery, group, outcomes);
  for (size_t index = 0; index < group.size(); ++index) {
    if (outcomes[index] == ShipOutcome::kSent) progress_.Settle(group[index], ShipOutcome::kSent);
  }
  const size_t sent = group.size() - refused - again - unsent;
  if (sent > 0) Succeed();
  if (sent + refused > 0) Calm();
  if (again > 0) {
    counters_.CountRetry(delivery.reason, delivery.sent_bytes);
    Retry(delivery.reason, delivery.words, delivery.pause);
  } else if (sent == 0) {
    counters_.CountRefused();
  } else {
    counters_.CountTaken(delivery.sent_bytes);
  }
  if (again == 0 && refused == 0 && !delivery.words.empty()) reports_.Notice(delivery.words);
}

// Which ones they are does not matter for the numbers.
size_t Shipper::RefuseUnnamed(const Delivery& delivery, const std::vector<size_t>& group, std::vector<ShipOutcome>& outcomes) {
  size_t refused = 0;
  for (size_t index = group.size(); index-- > 0 && refused < delivery.refused_unnamed;) {
    if (outcomes[index] != ShipOutcome::kSent) continue;
    outcomes[index] = ShipOutcome::kRefused;
    progress_.Settle(group[index], ShipOutcome::kRefused);
    ++refused;
  }
  if (refused > 0) {
    reports_.Lost(ShipOutcome::kRefused, refused, "refused, and not kept, since the server does not say which: " + delivery.words);
  }
  return refused;
}

void Shipper::Split(const Delivery& delivery, const std::vector<size_t>& group) {
  Calm();
  if (group.size() > 1) {
    counters_.CountSplit();
    groups_.Split();
  } else {
    counters_.CountRefused();
    Refuse(group.front(), delivery.words);
  }
}

void Shipper::Suspect(const Delivery& delivery) {
  suspicion_ = delivery.words;
  const bool at_once = groups_.Failed() && delivery.pause == milliseconds(0);
  if (groups_.wants_another()) ReadAnother();
  if (at_once) return counters_.CountRetry(delivery.reason, 0);
  TryLater(delivery);
}

void Shipper::TryLater(const Delivery& delivery) {
  counters_.CountRetry(delivery.reason, 0);
  Retry(delivery.reason, delivery.words, delivery.pause);
}

void Shipper::Retry(RetryReason reason, const std::string& words, milliseconds asked) {
  const milliseconds pause = back_off_.Next(asked);
  pause_until_ = clock_.Monotonic() + pause;
  counters_.SetUp(false, words);
  if (!interrupted_) reports_.Failed(reason, words, pause);
}

void Shipper::Refuse(size_t record, const std::string& reason) {
  const bool kept = refused_.Add(batch_.records()[record], reason);
  progress_.Settle(record, ShipOutcome::kRefused);
  reports_.Lost(ShipOutcome::kRefused, 1,
                (kept ? "refused, kept in " + refused_.path() : "refused, and not kept, since " + refused_.path() + " cannot be written") +
                    ": " + reason);
}

// It answered, and not that it should be left alone.
void Shipper::Calm() {
  back_off_.Reset();
  pause_until_ = {};
}

// It took something: one that only refuses is not well.
void Shipper::Succeed() {
  counters_.SetUp(true, "");
  reports_.Succeeded();
  for (const size_t record : groups_.Taken()) {
    if (progress_.is_open(record)) Refuse(record, suspicion_);
  }
}

}  // namespace logmill
