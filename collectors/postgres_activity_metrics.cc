#include "collectors/postgres_activity_metrics.h"

#include <array>

namespace logmill {
namespace {

constexpr auto kGauge = prometheus::MetricType::Gauge;
constexpr auto kCounter = prometheus::MetricType::Counter;

constexpr std::array kMetrics = std::to_array<MetricInfo>({
    {"postgres_server_info", kGauge, "version", "Version of the server; always 1."},
    {"postgres_server_start_time_seconds", kGauge, "", "Unix time at which the server was started."},
    {"postgres_server_max_connections", kGauge, "", "Connections that the server allows, to all databases together."},
    {"postgres_server_backends", kGauge, "", "Server processes that serve any database: connections, parallel and autovacuum workers."},
    {"postgres_server_connections", kGauge, "state", "Client connections to the database by state, without the one that asks."},
    {"postgres_server_longest_transaction_seconds", kGauge, "", "Age of the oldest open transaction of a client; 0 when none is open."},
    {"postgres_server_longest_query_seconds", kGauge, "", "Age of the oldest running query of a client; 0 when none is running."},
    {"postgres_server_longest_idle_in_transaction_seconds", kGauge, "",
     "Longest time that a client has done nothing in an open transaction."},
    {"postgres_server_locks_waiting", kGauge, "", "Lock requests of connections to the database that are not granted."},
    {"postgres_server_longest_lock_wait_seconds", kGauge, "", "Longest time that one of them has waited; PostgreSQL 14 or newer."},
    {"postgres_server_transactions_total", kCounter, "result", "Transactions by result: committed or rolled_back; Logmill's own count."},
    {"postgres_server_rows_returned_total", kCounter, "", "Rows read by scans of tables, and index entries read by scans of indexes."},
    {"postgres_server_rows_fetched_total", kCounter, "", "Rows fetched by way of an index."},
    {"postgres_server_rows_changed_total", kCounter, "operation", "Rows inserted, updated or deleted."},
    {"postgres_server_cache_hits_total", kCounter, "", "Blocks found in the server's own cache (shared_buffers)."},
    {"postgres_server_cache_misses_total", kCounter, "",
     "Blocks that had to be read: from the disk, or from the operating system's cache."},
    {"postgres_server_cache_hit_ratio", kGauge, "", "Hits divided by hits and misses since the statistics began; absent before the first."},
    {"postgres_server_temporary_bytes_total", kCounter, "", "Bytes written to temporary files, by queries that needed more than work_mem."},
    {"postgres_server_temporary_files_total", kCounter, "", "Temporary files made by queries."},
    {"postgres_server_deadlocks_total", kCounter, "", "Deadlocks that were found and broken."},
    {"postgres_server_database_size_bytes", kGauge, "", "Size of the database on disk."},
    {"postgres_server_checkpoints_total", kCounter, "reason",
     "Checkpoints of the server: timed, or requested (by much writing or by hand)."},
    {"postgres_server_checkpoint_seconds_total", kCounter, "phase", "Time that checkpoints took to write and to sync files."},
    {"postgres_server_statement_calls_total", kCounter, "queryid", "Calls of the statements that took the most time in all."},
    {"postgres_server_statement_seconds_total", kCounter, "queryid", "Time spent executing them."},
});

static_assert(kMetrics.size() == IndexOf(PostgresMetric::kStatementSeconds) + 1);

}  // namespace

std::span<const MetricInfo> PostgresMetrics() { return kMetrics; }

}  // namespace logmill
