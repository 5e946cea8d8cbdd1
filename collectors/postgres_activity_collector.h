// What the PostgreSQL server says about itself and the database: connections, transactions, rows, cache, locks, slow statements. Group io,
// docs/io.md.
#pragma once

#include <cstddef>

#include "collectors/collector.h"
#include "collectors/postgres.h"

namespace logmill {

struct PostgresActivityOptions {
  size_t statements = 10;  // of pg_stat_statements, those that took the most time; 0: none, and no notice
};

// A handful of small queries of the statistics views, in one transaction. Any role that can connect will do; with the rights of pg_monitor
// (or only of pg_read_all_stats) nothing is hidden from it. What is hidden is left out, with a notice. PostgreSQL 12 and newer.
class PostgresActivityCollector : public Collector {
 public:
  explicit PostgresActivityCollector(PostgresOptions postgres, PostgresActivityOptions options = {});

  std::expected<Collected, std::string> Collect() override;
  void Interrupt() override { postgres_.Interrupt(); }

 private:
  Collected Ask(pqxx::transaction_base& transaction);

  const PostgresActivityOptions options_;
  Postgres postgres_;
  // Once other roles' connections were hidden, the metrics of connections stay away until our role is given the right: they would come and
  // go with those connections.
  bool others_hidden_ = false;
};

}  // namespace logmill
