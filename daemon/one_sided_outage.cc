#include "daemon/one_sided_outage.h"

#include <algorithm>

namespace logmill {
namespace {

Readings One(std::optional<double> value) { return value ? Readings{{"", *value}} : Readings(); }

}  // namespace

OneSidedOutage::OneSidedOutage(size_t collectors, std::chrono::milliseconds interval)
    : window_(std::max<std::chrono::milliseconds>(kShortestWindow, kRefreshes * interval)), told_(window_), logged_(window_) {
  for (size_t i = 0; i < collectors; ++i) access_.emplace_back(window_);
}

// Both begin at 0 with the program, as we do.
OneSidedOutage::Access::Access(std::chrono::milliseconds window) : succeeded(window), failed(window) {
  successes.Take(One(0));
  failures.Take(One(0));
}

void OneSidedOutage::Look(std::chrono::nanoseconds now, const Log& log, std::span<const CollectorStats> stats) {
  counts_errors_ = log.errors.has_value();
  counts_records_ = log.records.has_value();
  told_.Add(now, errors_.Take(One(log.errors)));
  logged_.Add(now, records_.Take(One(log.records)));
  for (size_t i = 0; i < access_.size(); ++i) {
    Access& access = access_[i];
    access.succeeded.Add(now, access.successes.Take(One(static_cast<double>(stats[i].attempts - stats[i].failures))));
    access.failed.Add(now, access.failures.Take(One(static_cast<double>(stats[i].failures))));
  }
}

std::optional<bool> OneSidedOutage::seen_by_application() const {
  if (!counts_errors_ || access_.empty()) return std::nullopt;
  return told_.Stretch() >= kLasting && std::ranges::any_of(access_, [this](const Access& access) { return Reached(access); });
}

// Since the trouble was told of first.
bool OneSidedOutage::Reached(const Access& access) const {
  return access.failed.empty() && !access.succeeded.empty() && access.succeeded.newest() > told_.oldest();
}

std::optional<bool> OneSidedOutage::seen_by_logmill() const {
  if (!counts_errors_ || !counts_records_ || access_.empty()) return std::nullopt;
  return told_.empty() && std::ranges::all_of(access_, [this](const Access& access) { return IsShutOut(access); });
}

// And the application logged long after that began: it did not end with the service.
bool OneSidedOutage::IsShutOut(const Access& access) const {
  if (!access.succeeded.empty() || access.failed.Stretch() < kLasting) return false;
  return !logged_.empty() && logged_.newest() - access.failed.oldest() >= kLasting;
}

}  // namespace logmill
