#include "collectors/postgres_counters.h"

#include <string>

namespace logmill {
namespace {

// pg_database_size() looks at every file of the database: cheap once a minute, and refused to who may not connect.
constexpr char kServer[] = R"(
SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
  current_setting('server_version_num')::int AS number,
  current_setting('max_connections')::int AS max_connections,
  extract(epoch FROM pg_postmaster_start_time())::float8 AS started,
  (SELECT sum(numbackends) FROM pg_catalog.pg_stat_database) AS backends,
  CASE WHEN has_database_privilege(current_database(), 'CONNECT') THEN pg_database_size(current_database()) END AS size,
  pg_has_role('pg_read_all_stats', 'USAGE') AS reads_all_stats)";

constexpr char kDatabase[] = R"(
SELECT xact_commit, xact_rollback, tup_returned, tup_fetched, tup_inserted, tup_updated, tup_deleted, blks_hit, blks_read,
  blks_hit::float8 / nullif(blks_hit + blks_read, 0) AS hit_ratio, temp_bytes, temp_files, deadlocks
FROM pg_catalog.pg_stat_database WHERE datname = current_database())";

constexpr char kCheckpoints[] = R"(
SELECT checkpoints_timed AS timed, checkpoints_req AS requested,
  checkpoint_write_time / 1000.0::float8 AS write, checkpoint_sync_time / 1000.0::float8 AS sync
FROM pg_catalog.pg_stat_bgwriter)";

constexpr char kCheckpointsFrom17[] = R"(
SELECT num_timed AS timed, num_requested AS requested, write_time / 1000.0::float8 AS write, sync_time / 1000.0::float8 AS sync
FROM pg_catalog.pg_stat_checkpointer)";

}  // namespace

PostgresServer AddServer(PostgresPage& page) {
  const pqxx::row row = page.Ask(kServer)[0];
  page.Add(PostgresMetric::kInfo, {row["version"].c_str()}, 1);
  page.Add(PostgresMetric::kStartTime, {}, row, "started");
  page.Add(PostgresMetric::kMaxConnections, {}, row, "max_connections");
  page.Add(PostgresMetric::kBackends, {}, row, "backends");
  page.Add(PostgresMetric::kDatabaseSize, {}, row, "size");
  return {row["number"].as<int>(), row["reads_all_stats"].as<bool>()};
}

void AddDatabase(PostgresPage& page) {
  for (const pqxx::row& row : page.Ask(kDatabase)) {
    page.Add(PostgresMetric::kTransactions, {"committed"}, row, "xact_commit");
    page.Add(PostgresMetric::kTransactions, {"rolled_back"}, row, "xact_rollback");
    page.Add(PostgresMetric::kRowsReturned, {}, row, "tup_returned");
    page.Add(PostgresMetric::kRowsFetched, {}, row, "tup_fetched");
    page.Add(PostgresMetric::kRowsChanged, {"inserted"}, row, "tup_inserted");
    page.Add(PostgresMetric::kRowsChanged, {"updated"}, row, "tup_updated");
    page.Add(PostgresMetric::kRowsChanged, {"deleted"}, row, "tup_deleted");
    page.Add(PostgresMetric::kCacheHits, {}, row, "blks_hit");
    page.Add(PostgresMetric::kCacheMisses, {}, row, "blks_read");
    page.Add(PostgresMetric::kCacheHitRatio, {}, row, "hit_ratio");
    page.Add(PostgresMetric::kTemporaryBytes, {}, row, "temp_bytes");
    page.Add(PostgresMetric::kTemporaryFiles, {}, row, "temp_files");
    page.Add(PostgresMetric::kDeadlocks, {}, row, "deadlocks");
  }
}

void AddCheckpoints(PostgresPage& page, int version) {
  const pqxx::row row = page.Ask(version >= 170000 ? kCheckpointsFrom17 : kCheckpoints)[0];
  page.Add(PostgresMetric::kCheckpoints, {"timed"}, row, "timed");
  page.Add(PostgresMetric::kCheckpoints, {"requested"}, row, "requested");
  page.Add(PostgresMetric::kCheckpointSeconds, {"write"}, row, "write");
  page.Add(PostgresMetric::kCheckpointSeconds, {"sync"}, row, "sync");
}

}  // namespace logmill
