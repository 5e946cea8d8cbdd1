// An application, its log, its database and its Redis on a clock that the test sets, and what the three have to say of each other.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/queue_families.h"
#include "collectors/queue_options.h"
#include "daemon/disagreement_collector.h"
#include "tests/collectors/collected_series.h"
#include "tests/collectors/scripted_collector.h"
#include "tests/metrics/store_fixture.h"
#include "tests/support/fake_clock.h"

namespace logmill::testing {

// A collector whose other side the test is.
class StagedCollector final : public Collector {
 public:
  explicit StagedCollector(std::function<Answer()> answer) : answer_(std::move(answer)) {}
  Answer Collect() override { return answer_(); }
  void Interrupt() override {}

 private:
  const std::function<Answer()> answer_;
};

// What the rules count, with the labels of the rules that come with Logmill.
inline std::vector<FamilySpec> GalleryFamilies() {
  return {CounterFamily("immich_log_messages_total", {"level", "context"}),
          CounterFamily("immich_job_failures_total", {"job"}),
          CounterFamily("immich_connection_errors_total", {"code", "port"}),
          CounterFamily("immich_redis_errors_total", {"kind"}),
          CounterFamily("immich_query_errors_total", {"code"}),
          CounterFamily("immich_postgres_terminations_total", {"sqlstate"})};
}

class DisagreementFixture : public ::testing::Test {
 protected:
  explicit DisagreementFixture(std::vector<FamilySpec> families = GalleryFamilies())
      : store_(std::move(families), clock_), shard_(store_.AddShard()) {}

  // ---- who is there, before the first Pass()

  void WithDatabase() {
    AddRunner("database", [this] { return database_up_ ? Answer(Collected()) : Answer(std::unexpected("refused")); });
  }
  void WithQueues() {
    AddRunner("queues", [this] { return redis_up_ ? Answer(QueuePage()) : Answer(std::unexpected("refused")); });
  }
  void WithScrape() {
    AddRunner("scrape/jobs", [this] { return scrape_up_ ? Answer(CounterPage()) : Answer(std::unexpected("refused")); });
  }
  void AddRunner(std::string name, std::function<Answer()> answer) {
    CollectorOptions options;
    options.name = std::move(name);
    runners_.push_back(std::make_unique<CollectorRunner>(options, std::make_unique<StagedCollector>(std::move(answer)), clock_));
  }

  // ---- what happens

  // A line that counts in a family, with these label values.
  void Log(std::string_view family, std::initializer_list<std::string_view> labels, int times = 1) {
    Shard::Cell* const cell = CellOf(shard_, store_.FamilyNamed(family).value(), labels);
    for (int i = 0; i < times; ++i) shard_.Increment(cell);
    progress_.lines += static_cast<uint64_t>(times);
  }
  void LogFailures(int times) { Log("immich_job_failures_total", {"Ocr"}, times); }
  void LogRecord() { Log("immich_log_messages_total", {"log", "Api"}); }

  // `jobs` of a queue and status from now on.
  void Put(const std::string& queue, QueueStatus status, int64_t jobs) {
    queues_[queue].state.exists = true;
    queues_[queue].state.jobs[static_cast<size_t>(status)] = jobs;
  }
  void Keep(int64_t failed) { Put("ocr", QueueStatus::kFailed, failed); }

  // ---- time

  // A look every 15 seconds, a refresh of the others every `interval_`; `meanwhile` before each look and refresh.
  void Pass(std::chrono::seconds time, const std::function<void()>& meanwhile = [] {}) {
    if (collector_ == nullptr) {
      const LogView log{&store_, [this] { return progress_; }};
      DisagreementCollector::Options options;
      options.interval = interval_;
      collector_ = std::make_unique<DisagreementCollector>(options, log, runners_, clock_);
    }
    for (const auto end = clock_.Monotonic() + time; clock_.Monotonic() < end;) {
      clock_.Advance(kBetweenLooks);
      meanwhile();
      if (looks_++ % (interval_ / kBetweenLooks) == 0) {
        for (const auto& runner : runners_) runner->Refresh();
      }
      if (after_refresh_) after_refresh_();
      const auto collected = collector_->Collect();
      jobs_ = SeriesOf(collected->families[IndexOf(Endpoint::kMicroservices)]);
      services_ = SeriesOf(collected->families[IndexOf(Endpoint::kApi)]);
      if (on_look_) on_look_();
    }
  }

  // ---- what is shown; nothing where it is absent

  [[nodiscard]] std::optional<double> Hidden() const { return In(jobs_, "logmill_hidden_job_failures"); }
  [[nodiscard]] std::optional<double> Unattended() const { return In(jobs_, "logmill_unattended_jobs"); }
  [[nodiscard]] std::optional<double> Outage(const std::string& service, const std::string& seen_by) const {
    return In(services_, "logmill_one_sided_outage " + service + ' ' + seen_by);
  }

  static constexpr std::chrono::seconds kBetweenLooks{15};

  FakeClock clock_;
  Store store_;
  Shard& shard_;
  LogProgress progress_{.caught_up = true, .lines = 0};
  bool database_up_ = true;
  bool redis_up_ = true;
  bool scrape_up_ = true;
  double counted_failures_ = 0;  // by the application's own counter
  Queues queues_;
  std::chrono::seconds interval_{60};
  std::function<void()> after_refresh_;  // before the look
  std::function<void()> on_look_;        // after it

 private:
  static std::optional<double> In(const Series& series, const std::string& key) {
    const auto found = series.find(key);
    return found == series.end() ? std::nullopt : std::optional(found->second);
  }

  Collected QueuePage() const {
    Collected page;
    AddQueueFamilies(queues_, WantedStatuses(QueueOptions()), page.families[IndexOf(Endpoint::kMicroservices)]);
    return page;
  }
  Collected CounterPage() const {
    Collected page;
    Families& families = page.families[IndexOf(Endpoint::kMicroservices)];
    AddValue(families, "immich_jobs_ocr_success_total", "", 1000, prometheus::MetricType::Counter);
    AddValue(families, "immich_jobs_ocr_failed_total", "", counted_failures_, prometheus::MetricType::Counter);
    return page;
  }

  std::vector<std::unique_ptr<CollectorRunner>> runners_;
  std::unique_ptr<DisagreementCollector> collector_;
  int looks_ = 0;
  Series jobs_;
  Series services_;
};

}  // namespace logmill::testing
