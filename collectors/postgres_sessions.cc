#include "collectors/postgres_sessions.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace logmill {
namespace {

// A hidden connection has no backend_type. Those without a role are autovacuum workers.
constexpr char kHiddenConnections[] = R"(
SELECT count(*) AS hidden FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND backend_type IS NULL AND usesysid IS NOT NULL)";

constexpr char kConnections[] = R"(
SELECT state, count(*) AS connections,
  greatest(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 AS transaction,
  greatest(max(extract(epoch FROM clock_timestamp() - query_start)) FILTER (WHERE state = 'active'), 0)::float8 AS query,
  greatest(max(extract(epoch FROM clock_timestamp() - state_change)) FILTER (WHERE state LIKE 'idle in transaction%'), 0)::float8 AS idle
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY state)";

constexpr char kLocks[] = R"(
FROM pg_catalog.pg_locks
WHERE NOT granted AND pid IN (SELECT pid FROM pg_catalog.pg_stat_activity WHERE datname = current_database()))";

struct State {
  std::string_view postgres;
  std::string_view label;
};

// https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW; no state is that of a connection that is
// being made.
constexpr std::array kStates = std::to_array<State>({
    {"active", "active"},
    {"idle", "idle"},
    {"idle in transaction", "idle_in_transaction"},
    {"idle in transaction (aborted)", "idle_in_transaction_aborted"},
    {"fastpath function call", "fastpath_function_call"},
    {"disabled", "disabled"},
    {"starting", "starting"},
});
constexpr size_t kStarting = kStates.size() - 1;

struct Sessions {
  std::array<double, kStates.size()> by_state{};
  double transaction = 0;
  double query = 0;
  double idle = 0;
};

double NumberIn(const pqxx::row& row, const char* column) { return row[column].as<double>(0); }

// Every known state has its series, so that none appears only when it is too late.
Sessions Sum(const pqxx::result& answer) {
  Sessions sessions;
  for (const pqxx::row& row : answer) {
    const std::string name = row["state"].as<std::string>("");
    const auto state = std::ranges::find(kStates, name, &State::postgres);
    const size_t index = state == kStates.end() ? kStarting : static_cast<size_t>(state - kStates.begin());
    sessions.by_state[index] += NumberIn(row, "connections");
    sessions.transaction = std::max(sessions.transaction, NumberIn(row, "transaction"));
    sessions.query = std::max(sessions.query, NumberIn(row, "query"));
    sessions.idle = std::max(sessions.idle, NumberIn(row, "idle"));
  }
  return sessions;
}

}  // namespace

bool AddSessions(PostgresPage& page) {
  if (page.Ask(kHiddenConnections)[0]["hidden"].as<int64_t>() > 0) return false;
  const Sessions sessions = Sum(page.Ask(kConnections));
  for (size_t i = 0; i < kStates.size(); ++i) page.Add(PostgresMetric::kConnections, {kStates[i].label}, sessions.by_state[i]);
  page.Add(PostgresMetric::kLongestTransaction, {}, sessions.transaction);
  page.Add(PostgresMetric::kLongestQuery, {}, sessions.query);
  page.Add(PostgresMetric::kLongestIdleInTransaction, {}, sessions.idle);
  return true;
}

void AddLocks(PostgresPage& page, int version) {
  const bool has_wait_start = version >= 140000;
  const std::string longest = "coalesce(greatest(max(extract(epoch FROM clock_timestamp() - waitstart)), 0), 0)::float8";
  const pqxx::result answer = page.Ask("SELECT count(*) AS waiting, " + (has_wait_start ? longest : "NULL") + " AS longest" + kLocks);
  page.Add(PostgresMetric::kLocksWaiting, {}, answer[0], "waiting");
  page.Add(PostgresMetric::kLongestLockWait, {}, answer[0], "longest");
}

}  // namespace logmill
