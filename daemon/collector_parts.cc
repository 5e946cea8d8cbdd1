#include "daemon/collector_parts.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>

#include "collectors/database_collector.h"
#include "collectors/host_collector.h"
#include "collectors/postgres_activity_collector.h"
#include "collectors/queue_collector.h"
#include "collectors/redis_activity_collector.h"
#include "logging/setup.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;

constexpr char kContext[] = "Collectors";  // of what they log
constexpr milliseconds kBetweenComparisons{15'000};
constexpr char kHost[] = "host";

// No step may take longer than the whole refresh.
PostgresOptions Within(PostgresOptions options, milliseconds timeout) {
  options.connect_timeout = std::min(options.connect_timeout, timeout);
  options.statement_timeout = timeout;
  options.lock_timeout = std::min(options.lock_timeout, timeout);
  return options;
}

RedisOptions Within(RedisOptions options, milliseconds timeout) {
  options.timeout = std::min(options.timeout, timeout);
  return options;
}

}  // namespace

CollectorParts::CollectorParts(const Config& config, const Clock& clock, LogView log) : set_(clock) {
  AddServers(config.collectors, config.groups());
  for (const ScrapeConfig& scrape : config.scrapes) AddScrape(scrape);
  if (log.store != nullptr && !config.sources.empty()) AddDisagreement(config.collectors, std::move(log), clock);
  for (auto& counts : shadowed_) counts = std::vector<std::atomic<size_t>>(runners().size());
}

void CollectorParts::Start() {
  std::string names;
  for (const auto& runner : runners()) names += (names.empty() ? "" : ", ") + runner->name();
  if (!names.empty()) GetLogger(kContext)->info("At work: {}", names);
  set_.Start();
}

void CollectorParts::AddServers(const CollectorsConfig& config, GroupSet groups) {
  if (config.database) {
    const PostgresOptions postgres = Within(config.postgres, config.database->timeout);
    Add("database", *config.database, std::make_unique<DatabaseCollector>(postgres, groups, config.schema));
  }
  if (config.queues) {
    const RedisOptions redis = Within(config.redis, config.queues->timeout);
    Add("queues", *config.queues, std::make_unique<QueueCollector>(redis, config.queue_options));
  }
  if (config.database_activity) {
    const PostgresOptions postgres = Within(config.postgres, config.database_activity->timeout);
    Add("database_activity", *config.database_activity, std::make_unique<PostgresActivityCollector>(postgres, config.postgres_activity));
  }
  if (config.redis_activity) {
    const RedisOptions redis = Within(config.redis, config.redis_activity->timeout);
    Add("redis_activity", *config.redis_activity, std::make_unique<RedisActivityCollector>(redis, config.redis_activity_options));
  }
  if (config.host) Add(kHost, *config.host, std::make_unique<HostCollector>(config.host_options, groups));
}

void CollectorParts::AddScrape(const ScrapeConfig& config) {
  auto collector = std::make_unique<ScrapeCollector>(config.options);
  const ScrapeCollector* const scrape = collector.get();
  Add("scrape/" + config.name, config.timing, std::move(collector), scrape);
}

// After all that it compares.
void CollectorParts::AddDisagreement(const CollectorsConfig& config, LogView log, const Clock& clock) {
  DisagreementCollector::Options options;
  options.database_port = config.postgres.port;
  options.redis_port = config.redis.port;
  bool any = false;
  for (const auto& timing : {config.database, config.database_activity, config.queues, config.redis_activity}) {
    if (timing) options.interval = any ? std::max(options.interval, timing->interval) : timing->interval;
    any = any || timing;
  }
  if (!any) return;
  const CollectorTiming timing{.interval = kBetweenComparisons, .timeout = kBetweenComparisons, .max_stale = kBetweenComparisons};
  Add("disagreement", timing, std::make_unique<DisagreementCollector>(options, std::move(log), runners(), clock));
}

void CollectorParts::Add(std::string name, const CollectorTiming& timing, std::unique_ptr<Collector> collector,
                         const ScrapeCollector* scrape) {
  CollectorOptions options;
  options.name = std::move(name);
  options.interval = timing.interval;
  options.deadline = timing.timeout;
  options.max_stale = timing.max_stale;
  options.jitter_seed = std::random_device()();
  options.on_error = [log = GetLogger(kContext)](const std::string& sentence) { log->error("{}", sentence); };
  options.on_recovery = [log = GetLogger(kContext)](const std::string& sentence) { log->info("{}", sentence); };
  options.on_notice = [log = GetLogger(kContext)](const std::string& sentence) { log->warn("{}", sentence); };
  set_.Add(std::move(options), std::move(collector));
  scrapes_.push_back(scrape);
}

CollectorParts::Shown CollectorParts::Show(Endpoint endpoint) const {
  Shown shown;
  for (size_t i = 0; i < runners().size(); ++i) {
    // The host's series say in a label who measured them.
    PagePart part{.families = {}, .yields = scrapes_[i] != nullptr, .shares = runners()[i]->name() == kHost};
    if (auto snapshot = runners()[i]->Current()) {
      part.families = snapshot->families[IndexOf(endpoint)];
      shown.snapshots.push_back(std::move(snapshot));
    }
    shown.parts.push_back(part);
  }
  return shown;
}

void CollectorParts::Note(Endpoint endpoint, std::span<const size_t> shadowed) {
  for (size_t i = 0; i < shadowed.size(); ++i) shadowed_[IndexOf(endpoint)][i] = shadowed[i];
}

size_t CollectorParts::shadowed(size_t i) const {
  size_t sum = 0;
  for (const auto& counts : shadowed_) sum += counts[i];
  return sum;
}

}  // namespace logmill
