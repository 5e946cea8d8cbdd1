#include "collectors/postgres_activity_collector.h"

#include <utility>

#include "collectors/postgres_counters.h"
#include "collectors/postgres_page.h"
#include "collectors/postgres_sessions.h"
#include "collectors/postgres_statements.h"

namespace logmill {
namespace {

constexpr char kConnectionsHidden[] =
    "connections by state and the longest transaction and query are left out: this role may not see those of other roles; GRANT pg_monitor "
    "to it";

}  // namespace

PostgresActivityCollector::PostgresActivityCollector(PostgresOptions postgres, PostgresActivityOptions options)
    : options_(options), postgres_(std::move(postgres)) {}

std::expected<Collected, std::string> PostgresActivityCollector::Collect() {
  Collected collected;
  const auto read = postgres_.Read([&](pqxx::transaction_base& transaction) { collected = Ask(transaction); });
  if (!read) return std::unexpected(read.error());
  return collected;
}

Collected PostgresActivityCollector::Ask(pqxx::transaction_base& transaction) {
  PostgresPage page(transaction);
  const PostgresServer server = AddServer(page);
  if (server.reads_all_stats) others_hidden_ = false;
  if (others_hidden_ || !AddSessions(page)) {
    others_hidden_ = true;
    page.Notice(kConnectionsHidden);
  }
  AddLocks(page, server.version);
  AddDatabase(page);
  AddCheckpoints(page, server.version);
  AddStatements(page, options_.statements);

  Collected collected;
  collected.rows = page.rows();
  collected.families[IndexOf(Endpoint::kApi)] = page.TakeFamilies();
  collected.notices = page.TakeNotices();
  return collected;
}

}  // namespace logmill
