// What the logs, the queues and the database do not agree on: docs/disagreement.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "collectors/collector.h"
#include "collectors/family_table.h"
#include "collectors/runner.h"
#include "daemon/hidden_job_failures.h"
#include "daemon/one_sided_outage.h"
#include "daemon/unattended_jobs.h"
#include "metrics/store.h"

namespace logmill {

// The metrics, as the page describes them.
std::span<const MetricInfo> DisagreementMetrics();

// How far reading has come.
struct LogProgress {
  bool caught_up = false;  // what was there at the start has been read: from now on, what is read is new
  uint64_t lines = 0;      // of all sources, since the start or before
};

// What there is of the logs. Both outlive whoever is given it; `progress` may be called by any thread.
struct LogView {
  const Store* store = nullptr;  // null: no logs
  std::function<LogProgress()> progress;
};

// Compares what all others have; asks nobody, and never fails. To be asked every 15 seconds or so. A metric of which one side is missing is
// absent; before the logs are caught up with, all are, since what was logged long ago is no news.
class DisagreementCollector final : public Collector {
 public:
  struct Options {
    std::chrono::milliseconds interval{60'000};  // the longest one of the others
    uint16_t database_port = 5432;               // as the application's log has them
    uint16_t redis_port = 6379;
  };

  // `others`: the collectors to compare with, known by their names. They, `log` and `clock` outlive it. The log has a store.
  DisagreementCollector(Options options, LogView log, const std::vector<std::unique_ptr<CollectorRunner>>& others, const Clock& clock);

  std::expected<Collected, std::string> Collect() override;
  void Interrupt() override {}  // nothing to interrupt

 private:
  using Runners = std::vector<const CollectorRunner*>;

  // The database or Redis, and who asks it.
  struct Service {
    Service(std::string_view called, Runners asked, std::chrono::milliseconds interval);

    std::string_view name;
    Runners runners;
    OneSidedOutage outage;
  };

  void LookAtService(Service& service, std::optional<double> errors);
  [[nodiscard]] std::optional<double> DatabaseErrors() const;
  [[nodiscard]] std::optional<double> RedisErrors() const;
  [[nodiscard]] std::optional<Readings> ScrapedFailures() const;
  [[nodiscard]] Collected Show() const;

  const Options options_;
  const LogView log_;
  const Clock& clock_;
  const Runners queues_;  // one or none
  const Runners scrapes_;
  Service database_;
  Service redis_;
  HiddenJobFailures failures_;
  UnattendedJobs unattended_;
};

}  // namespace logmill
