#include "collectors/redis_activity_families.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/family_table.h"
#include "collectors/redis_activity_metrics.h"
#include "metrics/family.h"

namespace logmill {
namespace {

constexpr double kMicrosecondsPerSecond = 1e6;
constexpr size_t kMaxLabelText = 32;

struct NumberField {
  RedisMetric metric;
  std::string_view name;
};

// Fields whose number is the metric as it stands.
constexpr std::array kNumbers = std::to_array<NumberField>({
    {RedisMetric::kUptime, "uptime_in_seconds"},
    {RedisMetric::kLoading, "loading"},
    {RedisMetric::kConnectedClients, "connected_clients"},
    {RedisMetric::kBlockedClients, "blocked_clients"},
    {RedisMetric::kMaxClients, "maxclients"},
    {RedisMetric::kConnections, "total_connections_received"},
    {RedisMetric::kRejectedConnections, "rejected_connections"},
    {RedisMetric::kReceivedBytes, "total_net_input_bytes"},
    {RedisMetric::kSentBytes, "total_net_output_bytes"},
    {RedisMetric::kMemoryUsed, "used_memory"},
    {RedisMetric::kMemoryPeak, "used_memory_peak"},
    {RedisMetric::kMemoryResident, "used_memory_rss"},
    {RedisMetric::kMemoryFragmentation, "mem_fragmentation_ratio"},
    {RedisMetric::kCommands, "total_commands_processed"},
    {RedisMetric::kCommandsPerSecond, "instantaneous_ops_per_sec"},
    {RedisMetric::kErrorReplies, "total_error_replies"},
    {RedisMetric::kKeyspaceHits, "keyspace_hits"},
    {RedisMetric::kKeyspaceMisses, "keyspace_misses"},
    {RedisMetric::kEvictedKeys, "evicted_keys"},
    {RedisMetric::kExpiredKeys, "expired_keys"},
    {RedisMetric::kRdbLastSaveTimestamp, "rdb_last_save_time"},
    {RedisMetric::kRdbUnsavedChanges, "rdb_changes_since_last_save"},
    {RedisMetric::kAofEnabled, "aof_enabled"},
});

class Page {
 public:
  Page(const RedisInfo& info, RedisCommandBudget& budget) : info_(info), budget_(budget), table_(RedisMetrics()) {}

  Families Fill() {
    Server();
    for (const auto& [metric, name] : kNumbers) Add(metric, {}, info_.Number(name));
    Memory();
    Keyspace();
    Persistence();
    Commands();
    Latencies();
    return table_.Take();
  }

 private:
  void Add(RedisMetric metric, std::initializer_list<std::string_view> labels, std::optional<double> value) {
    if (value) table_.Add(IndexOf(metric), labels, *value);
  }

  // 1 for `yes`, 0 for `no`, nothing for what is neither.
  void AddWhether(RedisMetric metric, std::string_view field, std::string_view yes, std::string_view no) {
    const std::string_view text = info_.Text(field);
    if (text == yes || text == no) Add(metric, {}, text == yes ? 1 : 0);
  }

  void Server();
  void Memory();
  void Keyspace();
  void Persistence();
  void Commands();
  void Latencies();
  void Databases();

  const RedisInfo& info_;
  RedisCommandBudget& budget_;
  FamilyTable table_;
};

// Versions and modes: "7.0.15", "8.0.0-rc1", "standalone". Anything else does not become a label value.
std::string_view LabelText(std::string_view text) {
  const bool plain =
      text.size() <= kMaxLabelText && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
      });
  return plain ? text : std::string_view();
}

std::string_view OneOf(std::string_view first, std::string_view second) { return first.empty() ? second : first; }

void Page::Server() {
  const std::string_view valkey = LabelText(info_.Text("valkey_version"));
  const std::string_view version = OneOf(valkey, LabelText(info_.Text("redis_version")));
  const std::string_view mode = LabelText(OneOf(info_.Text("redis_mode"), info_.Text("server_mode")));
  if (!version.empty()) Add(RedisMetric::kInfo, {valkey.empty() ? "redis" : "valkey", version, mode}, 1);

  const std::string_view role = info_.Text("role");
  if (role != "master" && role != "slave") return;
  Add(RedisMetric::kRole, {"master"}, role == "master" ? 1 : 0);
  Add(RedisMetric::kRole, {"replica"}, role == "slave" ? 1 : 0);
  if (role == "slave") AddWhether(RedisMetric::kMasterLinkUp, "master_link_status", "up", "down");
}

void Page::Memory() {
  const auto limit = info_.Number("maxmemory");
  if (limit && *limit > 0) Add(RedisMetric::kMemoryLimit, {}, limit);
}

void Page::Keyspace() {
  const auto hits = info_.Number("keyspace_hits");
  const auto misses = info_.Number("keyspace_misses");
  if (hits && misses && *hits + *misses > 0) Add(RedisMetric::kKeyspaceHitRatio, {}, *hits / (*hits + *misses));
  Databases();
}

bool IsDatabase(std::string_view number) {
  return !number.empty() && number.size() <= 9 && std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
}

void Page::Databases() {
  double more_keys = 0;
  double more_expiring = 0;
  size_t shown = 0;
  for (const auto& [number, value] : info_.Under("db")) {
    if (!IsDatabase(number)) continue;
    const auto keys = RedisPart(value, "keys");
    const auto expiring = RedisPart(value, "expires");
    if (!keys || !expiring) continue;
    if (++shown > kMaxRedisDatabases) {
      more_keys += *keys;
      more_expiring += *expiring;
      continue;
    }
    Add(RedisMetric::kKeys, {number}, keys);
    Add(RedisMetric::kKeysWithExpiry, {number}, expiring);
  }
  if (shown <= kMaxRedisDatabases) return;
  Add(RedisMetric::kKeys, {kOverflowValue}, more_keys);
  Add(RedisMetric::kKeysWithExpiry, {kOverflowValue}, more_expiring);
}

void Page::Persistence() {
  AddWhether(RedisMetric::kRdbLastSaveSuccess, "rdb_last_bgsave_status", "ok", "err");
  if (info_.Text("aof_enabled") != "1") return;
  AddWhether(RedisMetric::kAofLastWriteSuccess, "aof_last_write_status", "ok", "err");
  AddWhether(RedisMetric::kAofLastRewriteSuccess, "aof_last_bgrewrite_status", "ok", "err");
}

struct Command {
  std::string_view name;
  double calls;
  double seconds;
};

std::vector<Command> SlowestFirst(const RedisInfo& info) {
  std::vector<Command> commands;
  for (const auto& [name, value] : info.Under("cmdstat_")) {
    const auto calls = RedisPart(value, "calls");
    const auto microseconds = RedisPart(value, "usec");
    if (calls && microseconds) commands.push_back({name, *calls, *microseconds / kMicrosecondsPerSecond});
  }
  std::ranges::stable_sort(commands, std::ranges::greater(), &Command::seconds);
  return commands;
}

void Page::Commands() {
  Command more{kOverflowValue, 0, 0};
  for (const Command& command : SlowestFirst(info_)) {
    if (budget_.Admit(command.name)) {
      Add(RedisMetric::kCommandCalls, {command.name}, command.calls);
      Add(RedisMetric::kCommandSeconds, {command.name}, command.seconds);
    } else {
      more.calls += command.calls;
      more.seconds += command.seconds;
    }
  }
  if (more.calls <= 0) return;
  Add(RedisMetric::kCommandCalls, {more.name}, more.calls);
  Add(RedisMetric::kCommandSeconds, {more.name}, more.seconds);
}

// "p99.9" -> "99.9"; "" for what is no percentile.
std::string_view Percentile(std::string_view name) {
  if (!name.starts_with('p') || name.size() > 10) return {};
  name.remove_prefix(1);
  const auto number = ParseRedisNumber(name);
  return number && *number <= 100 ? name : std::string_view();
}

void Page::Latencies() {
  for (const auto& [command, value] : info_.Under("latency_percentiles_usec_")) {
    if (!budget_.Has(command)) continue;
    std::vector<std::string_view> shown;
    for (const auto& [name, text] : RedisParts(value)) {
      const std::string_view percentile = Percentile(name);
      const auto microseconds = ParseRedisNumber(text);
      if (percentile.empty() || !microseconds || std::ranges::find(shown, percentile) != shown.end() ||
          shown.size() == kMaxRedisPercentiles)
        continue;
      shown.push_back(percentile);
      Add(RedisMetric::kCommandLatency, {command, percentile}, *microseconds / kMicrosecondsPerSecond);
    }
  }
}

}  // namespace

Families RedisActivityFamilies(const RedisInfo& info, RedisCommandBudget& commands) { return Page(info, commands).Fill(); }

}  // namespace logmill
