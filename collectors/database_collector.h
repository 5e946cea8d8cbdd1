// The metrics that Gallery's database gives: users, assets, storage, embeddings, faces and people. docs/database.md is their
// page.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "base/telemetry.h"
#include "collectors/collector.h"
#include "collectors/database_schema.h"
#include "collectors/postgres.h"

namespace logmill {

// Asks only for what the groups want: immich_users_total for `api`, all others for `app`. All numbers are of one moment. What tables
// there are, and what of them may be read, is looked up each time; metrics that need what is not there are left out, with a notice. When
// nothing was written to the server since the last time, the last answer is given again: two questions that cost nothing.
class DatabaseCollector : public Collector {
 public:
  // `schema` is the database schema of Gallery's tables.
  DatabaseCollector(PostgresOptions options, GroupSet groups, std::string schema = "public");

  std::expected<Collected, std::string> Collect() override;
  void Interrupt() override { postgres_.Interrupt(); }

 private:
  void Ask(pqxx::transaction_base& transaction);
  DatabaseSchema LookUpSchema(pqxx::transaction_base& transaction);

  const GroupSet groups_;
  const std::string schema_name_;
  Postgres postgres_;
  bool schema_changed_ = false;  // a query failed because of a name
  // The last answer; of which connection, and the snapshot that it saw ("xmin:xmax:xip", all transactions that were over): the same again
  // sees the same rows.
  Collected last_;
  uint64_t connection_ = 0;
  std::string snapshot_;
};

}  // namespace logmill
