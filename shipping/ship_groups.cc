#include "shipping/ship_groups.h"

#include <algorithm>
#include <utility>

namespace logmill {
namespace {

constexpr size_t kMostAtOnce = 100;  // failures in a row without a pause

}  // namespace

void ShipGroups::Begin(const ShipProgress& progress, size_t records) {
  groups_.clear();
  searching_ = wants_another_ = false;
  failures_ = expected_failures_ = 0;
  Group all;
  for (size_t record = 0; record < records; ++record) {
    if (progress.is_open(record)) all.records.push_back(record);
  }
  groups_.push_back(std::move(all));
}

const std::vector<size_t>& ShipGroups::Next(const ShipProgress& progress) {
  static const std::vector<size_t> kNothing;
  for (; !groups_.empty(); groups_.pop_front()) {
    std::vector<size_t>& records = groups_.front().records;
    std::erase_if(records, [&](size_t record) { return !progress.is_open(record); });
    if (!records.empty()) return records;
  }
  return kNothing;
}

void ShipGroups::Split() {
  const auto [all, strikes, tries, failed, doubted] = std::move(groups_.front());
  groups_.pop_front();
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  groups_.push_front({.records = {middle, all.end()}, .doubted = doubted});
  groups_.push_front({.records = {all.begin(), middle}, .doubted = doubted});
}

bool ShipGroups::Failed() {
  ++failures_;
  groups_.front().failed = true;
  if (!std::exchange(groups_.front().doubted, true)) {
    for (Group& group : groups_) group.strikes = 0;
  }
  if (!searching_) {
    if (failures_ >= (known_to_refuse_ ? 1 : kAttempts)) BeginSearch();
    return false;
  }
  if (--groups_.front().tries == 0) {
    groups_.front().tries = AnyTries();
    groups_.push_back(std::move(groups_.front()));
    groups_.pop_front();
    if (all_failed() && failures_ >= groups_.size()) LookCloser();
  }
  if (expected_failures_ == 0) return false;
  --expected_failures_;
  return true;
}

// The group that has failed becomes smaller by those that are sent alone, and that nobody doubts so far.
void ShipGroups::BeginSearch() {
  searching_ = true;
  failures_ = 0;
  Group first = std::move(groups_.front());
  groups_.pop_front();
  for (size_t alone = std::min(kReserve, first.records.size() - 1); alone > 0; --alone) {
    Add(first.records.back());
    first.records.pop_back();
  }
  groups_.push_back(std::move(first));
}

// Once each group has failed again: in an outage that takes its time.
void ShipGroups::LookCloser() {
  failures_ = 0;
  const auto largest = std::ranges::max_element(groups_, {}, [](const Group& group) { return group.records.size(); });
  wants_another_ = largest->records.size() == 1;
  if (wants_another_) return;
  std::iter_swap(largest, groups_.begin());
  Split();
}

std::vector<size_t> ShipGroups::Taken() {
  failures_ = expected_failures_ = 0;
  wants_another_ = false;
  if (groups_.empty()) return {};
  groups_.front().failed = false;
  const unsigned strike = groups_.front().doubted ? 0 : 1;
  std::vector<size_t> given_up;
  std::vector<Group> suspects;
  std::deque<Group> others;
  for (Group& group : groups_) {
    if (!std::exchange(group.failed, false)) {
      others.push_back(std::move(group));
      continue;
    }
    group.strikes += strike;
    if (group.records.size() == 1 && group.strikes == kStrikes) {
      given_up.push_back(group.records.front());
    } else {
      suspects.push_back(std::move(group));
    }
  }
  groups_ = std::move(others);
  // They are tried before anything else is, so that each of the others tells about all of them.
  std::ranges::shuffle(suspects, random_);
  for (Group& group : suspects) {
    group.tries = AnyTries();
    groups_.push_front(std::move(group));
    if (groups_.front().records.size() > 1) Split();
  }
  for (const Group& group : groups_) expected_failures_ += group.doubted ? group.tries : 0;
  expected_failures_ = std::min(expected_failures_, kMostAtOnce);
  known_to_refuse_ = known_to_refuse_ || !given_up.empty();
  return given_up;
}

unsigned ShipGroups::AnyTries() { return 1 + static_cast<unsigned>(random_() / 7 % 3); }

void ShipGroups::Add(size_t record) {
  groups_.push_front({.records = {record}});
  wants_another_ = false;
}

void ShipGroups::Keep(const std::vector<size_t>& records) {
  for (Group& group : groups_) {
    std::erase_if(group.records, [&](size_t record) { return !std::ranges::binary_search(records, record); });
    for (size_t& record : group.records) record = static_cast<size_t>(std::ranges::lower_bound(records, record) - records.begin());
  }
  std::erase_if(groups_, [](const Group& group) { return group.records.empty(); });
}

bool ShipGroups::all_failed() const {
  return std::ranges::all_of(groups_, [](const Group& group) { return group.failed; });
}

}  // namespace logmill
