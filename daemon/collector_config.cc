#include "daemon/collector_config.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

#include "daemon/source_config.h"
#include "rules/wording.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Section = CollectorSections::Section;

constexpr seconds kShortestInterval{30};
constexpr seconds kLongestInterval{600};
constexpr seconds kLongestStale{86'400};
constexpr int64_t kMostSeries = 1000;  // of one kind, of what activity collectors show

milliseconds ReadSeconds(YamlMap& map, std::string_view key, milliseconds fallback, seconds least, seconds most) {
  return seconds(map.Int(key, std::chrono::duration_cast<seconds>(fallback).count(), least.count(), most.count()));
}

// `true`, `false`, or a map with what differs from the default: then `read` reads the keys that only this section has.
template <typename Read>
void ReadSection(YamlMap& collectors, std::string_view key, const CollectorTiming& defaults, Section& section, const Read& read) {
  section.timing = defaults;
  const auto value = collectors.Find(key);
  if (!value) return;
  const YamlNode& node = value->node();
  section.wanted = !(node.kind == YamlNode::Kind::kScalar && node.text == "false");
  if (value->is_scalar()) {
    // The text is not repeated: it may be a URL with a password.
    if (node.quoted || (node.text != "true" && node.text != "false")) value->Error("expected true, false or a map (key: value)");
    return;
  }
  YamlMap map(*value);
  read(map);
  section.timing = ReadTiming(map, defaults, kShortestInterval);
  map.Done();
}

// What a reader of URLs finds, under the name that the URL has in the file.
template <typename Parse>
auto ReadUrl(const YamlValue& value, const Parse& parse) {
  const auto url = value.NonEmptyText();
  Diagnostics found;
  auto options = parse(url.value_or(""), value.place(), found);
  for (const Diagnostic& diagnostic : found.entries()) {
    if (!url) break;
    if (diagnostic.severity == Severity::kError) value.Error(diagnostic.message);
    if (diagnostic.severity == Severity::kWarning) value.Warning(diagnostic.message);
  }
  return options;
}

void ReadDatabase(YamlMap& map, CollectorSections& sections) {
  if (const auto url = map.Find("url")) sections.postgres = ReadUrl(*url, ParsePostgresUrl);
  if (const auto schema = map.Find("schema")) sections.details.schema = schema->NonEmptyText().value_or("");
}

void ReadStatuses(const YamlValue& value, QueueOptions& options) {
  static const std::vector<std::string_view> kKnown{"prioritized", "waiting-children"};
  for (const YamlValue& item : value.OneOrMore()) {
    const auto text = item.Text();
    if (!text) continue;
    options.prioritized |= *text == "prioritized";
    options.waiting_children |= *text == "waiting-children";
    if (std::ranges::find(kKnown, *text) == kKnown.end()) ReportUnknownWord(item, *text, kKnown, "status");
  }
}

void ReadNames(const YamlValue& value, std::vector<std::string>& names) {
  names.clear();
  for (const YamlValue& item : value.OneOrMore()) {
    names.push_back(item.Text().value_or(""));
    if (item.is_scalar() && !IsPlainQueueName(names.back())) {
      item.Error(Quote(names.back()) + " is no name of a queue: a letter, then letters, _, - and up to 8 digits, at most 64");
    }
  }
}

void ReadQueues(YamlMap& map, CollectorSections& sections) {
  if (const auto url = map.Find("url")) {
    sections.redis = ReadUrl(*url, [](const std::string& text, const Place& place, Diagnostics& diagnostics) {
      RedisOptions options = ParseRedisUrl(text, place, diagnostics);
      RefuseTls(options, place, diagnostics);
      return options;
    });
  }
  QueueOptions& options = sections.details.queue_options;
  if (const auto prefix = map.Find("prefix")) options.prefix = prefix->NonEmptyText().value_or("");
  if (const auto names = map.Find("names")) ReadNames(*names, options.queues);
  options.max_queues = static_cast<size_t>(map.Int("max_queues", static_cast<int64_t>(options.max_queues), 1, kMostSeries));
  if (const auto statuses = map.Find("extra_statuses")) ReadStatuses(*statuses, options);
}

void ReadFilesystems(const YamlValue& value, std::vector<HostFilesystem>& filesystems) {
  filesystems.clear();
  YamlMap map(value);
  for (const auto& [name, path] : map.Entries()) {
    const auto text = path.NonEmptyText();
    if (text && !text->starts_with('/')) path.Error("expected an absolute path, found " + Quote(*text));
    filesystems.push_back({name.node().text, text.value_or("")});
  }
}

void ReadHost(YamlMap& map, HostOptions& options) {
  options.proc = map.Text("proc", options.proc);
  if (const auto filesystems = map.Find("filesystems")) ReadFilesystems(*filesystems, options.filesystems);
  options.network_devices = map.Texts("network_devices");
  options.machine = map.Bool("machine", options.machine);
}

bool IsSet(const Environment& environment, const std::string& name) {
  return !environment(name.c_str()).value_or("").empty() || !environment((name + "_FILE").c_str()).value_or("").empty();
}

bool IsAnySet(const Environment& environment, std::initializer_list<const char*> names) {
  return std::ranges::any_of(names, [&](const char* name) { return IsSet(environment, name); });
}

bool NamesDatabase(const Environment& environment) {
  return IsAnySet(environment, {"DB_URL", "DB_HOSTNAME", "DB_PORT", "DB_USERNAME", "DB_PASSWORD", "DB_DATABASE_NAME", "DB_SSL_MODE"});
}

bool NamesRedis(const Environment& environment) {
  return IsAnySet(environment,
                  {"REDIS_URL", "REDIS_SOCKET", "REDIS_HOSTNAME", "REDIS_PORT", "REDIS_USERNAME", "REDIS_PASSWORD", "REDIS_DBINDEX"});
}

// What no variable says comes from the file.
PostgresOptions Merge(const std::optional<PostgresOptions>& file, const Environment& environment, Diagnostics& diagnostics) {
  PostgresOptions options = ReadPostgresOptions(environment, diagnostics);
  if (!file || IsSet(environment, "DB_URL")) return options;
  PostgresOptions merged = *file;
  if (IsSet(environment, "DB_HOSTNAME")) merged.host = options.host;
  if (IsSet(environment, "DB_PORT")) merged.port = options.port;
  if (IsSet(environment, "DB_USERNAME")) merged.user = options.user;
  if (IsSet(environment, "DB_DATABASE_NAME")) merged.database = options.database;
  if (IsSet(environment, "DB_SSL_MODE")) merged.ssl_mode = options.ssl_mode;
  if (IsSet(environment, "DB_PASSWORD")) {
    merged.password = options.password;
    merged.password_file = options.password_file;
  }
  return merged;
}

RedisOptions Merge(const std::optional<RedisOptions>& file, const Environment& environment, Diagnostics& diagnostics) {
  RedisOptions options = ReadRedisOptions(environment, diagnostics);
  if (!file || IsSet(environment, "REDIS_URL")) return options;
  RedisOptions merged = *file;
  if (IsSet(environment, "REDIS_HOSTNAME")) merged.host = options.host;
  if (IsAnySet(environment, {"REDIS_HOSTNAME", "REDIS_SOCKET"})) merged.socket = options.socket;
  if (IsSet(environment, "REDIS_PORT")) merged.port = options.port;
  if (IsSet(environment, "REDIS_USERNAME")) merged.user = options.user;
  if (IsSet(environment, "REDIS_DBINDEX")) merged.database = options.database;
  if (IsSet(environment, "REDIS_PASSWORD")) {
    merged.password = options.password;
    merged.password_file = options.password_file;
  }
  return merged;
}

std::optional<CollectorTiming> Decide(const Section& section, bool group_is_on, bool has_something_to_ask) {
  if (!group_is_on || !section.wanted.value_or(has_something_to_ask)) return std::nullopt;
  return section.timing;
}

}  // namespace

CollectorTiming ReadTiming(YamlMap& map, const CollectorTiming& defaults, seconds shortest_interval) {
  CollectorTiming timing;
  timing.interval = ReadSeconds(map, "interval_s", defaults.interval, shortest_interval, kLongestInterval);
  timing.max_stale = ReadSeconds(map, "max_stale_s", defaults.max_stale, seconds(0), kLongestStale);
  timing.timeout = ReadSeconds(map, "timeout_s", std::min(defaults.timeout, timing.interval), seconds(1), kLongestInterval);
  if (timing.timeout <= timing.interval) return timing;
  map.Find("timeout_s")->Error("must not be longer than interval_s, which is " + std::to_string(timing.interval.count() / 1000));
  return timing;
}

CollectorSections ReadCollectors(const YamlValue& value) {
  YamlMap map(value);
  CollectorSections sections;
  CollectorTiming defaults;
  defaults.interval = ReadSeconds(map, "interval_s", defaults.interval, kShortestInterval, kLongestInterval);
  defaults.max_stale = ReadSeconds(map, "max_stale_s", defaults.max_stale, seconds(0), kLongestStale);
  CollectorsConfig& details = sections.details;
  ReadSection(map, "database", defaults, sections.database, [&](YamlMap& section) { ReadDatabase(section, sections); });
  ReadSection(map, "database_activity", defaults, sections.database_activity, [&](YamlMap& section) {
    details.postgres_activity.statements = static_cast<size_t>(section.Int("statements", 10, 0, kMostSeries));
  });
  ReadSection(map, "queues", defaults, sections.queues, [&](YamlMap& section) { ReadQueues(section, sections); });
  ReadSection(map, "redis_activity", defaults, sections.redis_activity, [&](YamlMap& section) {
    details.redis_activity_options.commands = static_cast<size_t>(section.Int("commands", 50, 0, kMostSeries));
  });
  ReadSection(map, "host", defaults, sections.host, [&](YamlMap& section) { ReadHost(section, details.host_options); });
  map.Done();
  return sections;
}

CollectorsConfig DecideCollectors(const CollectorSections& sections, GroupSet groups, const Environment& environment,
                                  Diagnostics& diagnostics) {
  const auto on = [&](Group group) { return groups.test(IndexOf(group)); };
  const bool gallery = NamesDatabase(environment) || NamesRedis(environment);
  const bool has_database = sections.database.wanted.value_or(gallery);
  const bool has_redis = sections.queues.wanted.value_or(gallery);
  CollectorsConfig config = sections.details;
  config.database = Decide(sections.database, on(Group::kApi) || on(Group::kApp), has_database);
  config.database_activity = Decide(sections.database_activity, on(Group::kIo), has_database);
  config.queues = Decide(sections.queues, on(Group::kJob), has_redis);
  config.redis_activity = Decide(sections.redis_activity, on(Group::kIo), has_redis);
  config.host = Decide(sections.host, on(Group::kHost), true);
  if (config.database || config.database_activity) config.postgres = Merge(sections.postgres, environment, diagnostics);
  if (config.queues || config.redis_activity) config.redis = Merge(sections.redis, environment, diagnostics);
  return config;
}

}  // namespace logmill
