#include "daemon/disagreement_collector.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <utility>

#include "daemon/log_sums.h"

namespace logmill {
namespace {

constexpr auto kGauge = prometheus::MetricType::Gauge;

enum Row : uint8_t { kHiddenJobFailures, kOneSidedOutage, kUnattendedJobs };

constexpr std::array kMetrics = std::to_array<MetricInfo>({
    {"logmill_hidden_job_failures", kGauge, "",
     "Job failures of the last 15 minutes, by the log or the application's own counters, that no queue keeps."},
    {"logmill_one_sided_outage", kGauge, "service seen_by",
     "1 while only the application, by its log, or only logmill cannot reach the database or redis; otherwise 0."},
    {"logmill_unattended_jobs", kGauge, "",
     "Jobs of queues in which, for 5 minutes, jobs waited and none was active, although not paused, while no line was logged; otherwise "
     "0."},
});

std::vector<const CollectorRunner*> Named(const std::vector<std::unique_ptr<CollectorRunner>>& runners,
                                          const std::function<bool(std::string_view)>& wanted) {
  std::vector<const CollectorRunner*> named;
  for (const auto& runner : runners) {
    if (wanted(runner->name())) named.push_back(runner.get());
  }
  return named;
}

std::vector<const CollectorRunner*> Named(const std::vector<std::unique_ptr<CollectorRunner>>& runners,
                                          std::initializer_list<std::string_view> names) {
  return Named(runners, [names](std::string_view name) { return std::ranges::find(names, name) != names.end(); });
}

double ValueOf(const prometheus::MetricFamily& family, const prometheus::ClientMetric& series) {
  switch (family.type) {
    case prometheus::MetricType::Counter:
      return series.counter.value;
    case prometheus::MetricType::Gauge:
      return series.gauge.value;
    default:
      return series.untyped.value;
  }
}

// Failed jobs by the application's own counters; nothing when the page has no counters of jobs.
std::optional<double> FailedJobs(const Collected& page) {
  std::optional<double> failed;
  for (const auto& families : page.families) {
    for (const prometheus::MetricFamily& family : families) {
      if (!family.name.starts_with("immich_jobs_")) continue;
      failed = failed.value_or(0);
      if (!family.name.ends_with("_failed_total")) continue;
      for (const prometheus::ClientMetric& series : family.metric) *failed += ValueOf(family, series);
    }
  }
  return failed;
}

// Codes of the network, of the PostgreSQL client, and SQLSTATEs that say: no way in.
bool IsConnectionCode(std::string_view code) {
  constexpr std::array kBeginnings = std::to_array<std::string_view>({"08", "28", "53300", "57P0", "CONNECTION_", "CONNECT_TIMEOUT"});
  constexpr std::array kCodes = std::to_array<std::string_view>(
      {"ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN", "EPIPE"});
  return std::ranges::any_of(kBeginnings, [code](std::string_view beginning) { return code.starts_with(beginning); }) ||
         std::ranges::find(kCodes, code) != kCodes.end();
}

std::function<bool(std::string_view)> IsPort(uint16_t port) {
  return [text = std::to_string(port)](std::string_view value) { return value == text; };
}

}  // namespace

std::span<const MetricInfo> DisagreementMetrics() { return kMetrics; }

DisagreementCollector::DisagreementCollector(Options options, LogView log, const std::vector<std::unique_ptr<CollectorRunner>>& others,
                                             const Clock& clock)
    : options_(options),
      log_(std::move(log)),
      clock_(clock),
      queues_(Named(others, {"queues"})),
      scrapes_(Named(others, [](std::string_view name) { return name.starts_with("scrape/"); })),
      database_("database", Named(others, {"database", "database_activity"}), options.interval),
      redis_("redis", Named(others, {"queues", "redis_activity"}), options.interval),
      failures_(options.interval) {}

DisagreementCollector::Service::Service(std::string_view called, Runners asked, std::chrono::milliseconds interval)
    : name(called), runners(std::move(asked)), outage(runners.size(), interval) {}

std::expected<Collected, std::string> DisagreementCollector::Collect() {
  const LogProgress progress = log_.progress();
  if (!progress.caught_up) return Collected();
  const QueueLook queues = ReadQueues(queues_.empty() ? nullptr : queues_.front()->Current());
  const std::chrono::nanoseconds now = clock_.Monotonic();
  failures_.Look(now, {SumOf(*log_.store, "immich_job_failures_total"), ScrapedFailures()}, queues);
  LookAtService(database_, DatabaseErrors());
  LookAtService(redis_, RedisErrors());
  unattended_.Look(now, progress.lines, queues);
  return Show();
}

void DisagreementCollector::LookAtService(Service& service, std::optional<double> errors) {
  std::vector<CollectorStats> stats;
  for (const CollectorRunner* const runner : service.runners) stats.push_back(runner->stats());
  service.outage.Look(clock_.Monotonic(), {errors, SumOf(*log_.store, "immich_log_messages_total")}, stats);
}

std::optional<double> DisagreementCollector::DatabaseErrors() const {
  const Store& store = *log_.store;
  return Together({SumOf(store, "immich_connection_errors_total", "port", IsPort(options_.database_port)),
                   SumOf(store, "immich_query_errors_total", "code", IsConnectionCode),
                   SumOf(store, "immich_postgres_terminations_total")});
}

std::optional<double> DisagreementCollector::RedisErrors() const {
  const Store& store = *log_.store;
  return Together(
      {SumOf(store, "immich_connection_errors_total", "port", IsPort(options_.redis_port)), SumOf(store, "immich_redis_errors_total")});
}

std::optional<Readings> DisagreementCollector::ScrapedFailures() const {
  std::optional<Readings> failures;
  for (const CollectorRunner* const scrape : scrapes_) {
    const auto page = scrape->Current();
    const auto failed = page == nullptr ? std::nullopt : FailedJobs(*page);
    if (!failed) continue;
    if (!failures) failures.emplace();
    (*failures)[scrape->name()] = *failed;
  }
  return failures;
}

Collected DisagreementCollector::Show() const {
  FamilyTable jobs(kMetrics);
  if (const auto failures = failures_.value()) jobs.Add(kHiddenJobFailures, {}, *failures);
  if (const auto unattended = unattended_.value()) jobs.Add(kUnattendedJobs, {}, *unattended);
  FamilyTable services(kMetrics);
  for (const Service* const service : {&database_, &redis_}) {
    const auto theirs = service->outage.seen_by_application();
    if (theirs) services.Add(kOneSidedOutage, {service->name, "application"}, *theirs ? 1 : 0);
    const auto ours = service->outage.seen_by_logmill();
    if (ours) services.Add(kOneSidedOutage, {service->name, "logmill"}, *ours ? 1 : 0);
  }
  Collected collected;
  collected.families[IndexOf(EndpointOf(Group::kJob))] = jobs.Take();
  collected.families[IndexOf(EndpointOf(Group::kIo))] = services.Take();
  return collected;
}

}  // namespace logmill
