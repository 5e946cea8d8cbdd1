#include "collectors/postgres_statements.h"

#include <algorithm>
#include <array>
#include <optional>
#include <pqxx/except>
#include <string>
#include <string_view>

namespace logmill {
namespace {

// Where the view is, and what it calls the time: that was renamed in version 1.8 of the extension, which a server may be too new for.
constexpr char kView[] = R"(
SELECT quote_ident(n.nspname) AS schema,
  EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'total_exec_time') AS renamed
FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements'
WHERE e.extname = 'pg_stat_statements')";

constexpr char kNotInstalled[] =
    "the slowest statements are left out: the extension pg_stat_statements is not in this database; CREATE EXTENSION pg_stat_statements, "
    "and "
    "name it in shared_preload_libraries";
constexpr char kNotLoaded[] =
    "the slowest statements are left out: the server was started without pg_stat_statements in shared_preload_libraries";
constexpr char kNotAllowed[] =
    "the slowest statements are left out: this role may not call pg_stat_statements(boolean); GRANT it EXECUTE, and USAGE of its schema";
constexpr char kOthersHidden[] =
    "of the slowest statements, those of other roles are left out: this role may not see them; GRANT pg_monitor to it";

struct Refusal {
  std::string_view sqlstate;
  std::string_view notice;
};

// https://www.postgresql.org/docs/current/errcodes-appendix.html
constexpr std::array kRefusals = std::to_array<Refusal>({
    {"55000", kNotLoaded},     // object_not_in_prerequisite_state
    {"42501", kNotAllowed},    // insufficient_privilege
    {"42883", kNotInstalled},  // undefined_function
    {"42P01", kNotInstalled},  // undefined_table
});

// A statement of another role has no queryid for us. `false`: without the texts.
std::string Question(const pqxx::row& view, size_t most) {
  const std::string time = view["renamed"].as<bool>() ? "total_exec_time" : "total_time";
  return "SELECT queryid::text AS queryid, sum(calls) AS calls, sum(" + time + ")::float8 / 1000 AS seconds FROM " +
         view["schema"].as<std::string>() +
         ".pg_stat_statements(false) WHERE dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
         " GROUP BY queryid ORDER BY queryid IS NULL DESC, seconds DESC, queryid LIMIT " +
         std::to_string(most + 1);
}

// libpqxx leaves out the code of this one.
std::string_view CodeOf(const pqxx::sql_error& error) {
  return dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr ? "42501" : std::string_view(error.sqlstate());
}

// The answer, or nothing after a refusal.
std::optional<pqxx::result> AskOrNotice(PostgresPage& page, const std::string& sql) {
  try {
    return page.AskAside(sql);
  } catch (const pqxx::sql_error& error) {
    const auto refusal = std::ranges::find(kRefusals, CodeOf(error), &Refusal::sqlstate);
    if (refusal == kRefusals.end()) throw;
    page.Notice(std::string(refusal->notice));
    return std::nullopt;
  }
}

void AddRows(PostgresPage& page, const pqxx::result& answer, size_t most) {
  size_t shown = 0;
  for (const pqxx::row& row : answer) {
    if (row["queryid"].is_null()) {
      page.Notice(kOthersHidden);
    } else if (shown++ < most) {
      page.Add(PostgresMetric::kStatementCalls, {row["queryid"].c_str()}, row, "calls");
      page.Add(PostgresMetric::kStatementSeconds, {row["queryid"].c_str()}, row, "seconds");
    }
  }
}

}  // namespace

void AddStatements(PostgresPage& page, size_t most) {
  if (most == 0) return;
  const pqxx::result view = page.Ask(kView);
  if (view.empty()) return page.Notice(kNotInstalled);
  if (const auto answer = AskOrNotice(page, Question(view[0], most))) AddRows(page, *answer, most);
}

}  // namespace logmill
