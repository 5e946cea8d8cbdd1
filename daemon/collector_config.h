// What the configuration and the environment say of the collectors: `collectors` of the file (docs/configuration.md).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/environment.h"
#include "base/telemetry.h"
#include "collectors/host_collector.h"
#include "collectors/postgres_activity_collector.h"
#include "collectors/postgres_options.h"
#include "collectors/queue_options.h"
#include "collectors/redis_activity_collector.h"
#include "collectors/redis_options.h"
#include "rules/yaml_reader.h"

namespace logmill {

// When a collector asks, and how long it waits.
struct CollectorTiming {
  std::chrono::milliseconds interval{60'000};
  std::chrono::milliseconds timeout{10'000};     // of one refresh, no longer than the interval
  std::chrono::milliseconds max_stale{600'000};  // how long the last answer is shown while refreshes fail
};

// Of each collector: nothing when it is off.
struct CollectorsConfig {
  std::optional<CollectorTiming> database;
  std::optional<CollectorTiming> database_activity;
  PostgresOptions postgres;  // of both
  std::string schema = "public";
  PostgresActivityOptions postgres_activity;

  std::optional<CollectorTiming> queues;
  std::optional<CollectorTiming> redis_activity;
  RedisOptions redis;  // of both
  RedisActivityOptions redis_activity_options;
  QueueOptions queue_options;

  std::optional<CollectorTiming> host;
  HostOptions host_options;
};

// The file's part of it. `wanted`: nothing when the file does not say.
struct CollectorSections {
  struct Section {
    std::optional<bool> wanted;
    CollectorTiming timing;
  };
  Section database;
  Section database_activity;
  Section queues;
  Section redis_activity;
  Section host;
  std::optional<PostgresOptions> postgres;  // of database.url
  std::optional<RedisOptions> redis;        // of queues.url
  CollectorsConfig details;                 // all else
};

// Reads `collectors`; mistakes become errors, in which no part of a URL stands.
CollectorSections ReadCollectors(const YamlValue& value);

// `interval_s`, `timeout_s` and `max_stale_s` of `map`; what is absent stays as in `defaults`, but the timeout is at most the interval.
CollectorTiming ReadTiming(YamlMap& map, const CollectorTiming& defaults, std::chrono::seconds shortest_interval);

// Which collectors there are to be, and where they ask. A collector is on when one of its groups is in `groups`, the file does not say
// `false`, and it is known that there is something to ask: the file has a section for it, or the environment names a database or a Redis
// (then it is Gallery's, which has both). The activity collectors go with `database` and `queues` unless they have a section of their own;
// `host` needs nothing. Each variable goes over its part of the URL in the file; the variables are read for what is on only.
CollectorsConfig DecideCollectors(const CollectorSections& sections, GroupSet groups, const Environment& environment,
                                  Diagnostics& diagnostics);

}  // namespace logmill
