#include "collectors/redis_activity_metrics.h"

#include <array>

namespace logmill {
namespace {

constexpr auto kGauge = prometheus::MetricType::Gauge;
constexpr auto kCounter = prometheus::MetricType::Counter;

constexpr std::array kMetrics = std::to_array<MetricInfo>({
    {"redis_server_info", kGauge, "server version mode", "Product (redis or valkey), version and mode of the server; always 1."},
    {"redis_server_uptime_seconds", kGauge, "", "Time since the server was started."},
    {"redis_server_role", kGauge, "role", "1 for the role that the server has, master or replica, 0 for the other."},
    {"redis_server_master_link_up", kGauge, "", "Whether a replica is connected to its master; only replicas have it."},
    {"redis_server_loading", kGauge, "", "1 while the server loads its data from disk and refuses most commands."},
    {"redis_server_connected_clients", kGauge, "", "Connected clients, without replicas; Logmill's own connections count."},
    {"redis_server_blocked_clients", kGauge, "", "Clients that wait in a blocking command; workers of queues usually do."},
    {"redis_server_max_clients", kGauge, "", "Clients that may be connected at once."},
    {"redis_server_connections_total", kCounter, "", "Connections that were accepted."},
    {"redis_server_rejected_connections_total", kCounter, "", "Connections refused because the maximum of clients was reached."},
    {"redis_server_received_bytes_total", kCounter, "", "Bytes received over the network."},
    {"redis_server_sent_bytes_total", kCounter, "", "Bytes sent over the network."},
    {"redis_server_memory_used_bytes", kGauge, "", "Memory that the server has allocated."},
    {"redis_server_memory_peak_bytes", kGauge, "", "The most memory that it ever had allocated."},
    {"redis_server_memory_resident_bytes", kGauge, "", "Memory of the server as the operating system counts it (RSS)."},
    {"redis_server_memory_limit_bytes", kGauge, "", "The maxmemory setting; absent when there is no limit."},
    {"redis_server_memory_fragmentation_ratio", kGauge, "", "Resident memory divided by used memory, as the server computes it."},
    {"redis_server_commands_total", kCounter, "", "Commands that the server has processed."},
    {"redis_server_commands_per_second", kGauge, "", "Commands processed per second, the server's own average of the last second or two."},
    {"redis_server_error_replies_total", kCounter, "", "Replies that were errors."},
    {"redis_server_command_calls_total", kCounter, "command", "Calls by command; subcommands as config|get."},
    {"redis_server_command_seconds_total", kCounter, "command", "Time spent in a command, without waiting and network."},
    {"redis_server_command_latency_seconds", kGauge, "command percentile", "Percentiles of a command's time since the server's start."},
    {"redis_server_keyspace_hits_total", kCounter, "", "Look-ups that found their key."},
    {"redis_server_keyspace_misses_total", kCounter, "", "Look-ups that did not find their key."},
    {"redis_server_keyspace_hit_ratio", kGauge, "",
     "Hits divided by hits and misses since the server's start; absent before the first look-up."},
    {"redis_server_evicted_keys_total", kCounter, "",
     "Keys thrown out because the memory limit was reached; queues must never lose keys so."},
    {"redis_server_expired_keys_total", kCounter, "", "Keys removed because their time was over."},
    {"redis_server_keys", kGauge, "database", "Keys by database; an empty database is absent."},
    {"redis_server_keys_with_expiry", kGauge, "database", "Keys that will expire, by database."},
    {"redis_server_rdb_last_save_success", kGauge, "", "Whether the last attempt to save a snapshot succeeded; 1 before the first."},
    {"redis_server_rdb_last_save_timestamp_seconds", kGauge, "", "Unix time of the last snapshot that was saved, or of the start."},
    {"redis_server_rdb_unsaved_changes", kGauge, "", "Changes since the last snapshot."},
    {"redis_server_aof_enabled", kGauge, "", "Whether the server writes an append-only file."},
    {"redis_server_aof_last_write_success", kGauge, "", "Whether the last write to the append-only file succeeded; absent without one."},
    {"redis_server_aof_last_rewrite_success", kGauge, "",
     "Whether the last rewrite of the append-only file succeeded; absent without one."},
});

static_assert(kMetrics.size() == IndexOf(RedisMetric::kAofLastRewriteSuccess) + 1);

}  // namespace

std::span<const MetricInfo> RedisMetrics() { return kMetrics; }

}  // namespace logmill
