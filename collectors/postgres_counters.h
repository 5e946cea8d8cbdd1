// What the server and the database have done since their statistics began.
#pragma once

#include "collectors/postgres_page.h"

namespace logmill {

struct PostgresServer {
  int version = 0;               // server_version_num: 150003 is 15.3
  bool reads_all_stats = false;  // whether our role has the rights of pg_read_all_stats
};

// Version, start, limits, size of the database. Everybody may ask.
PostgresServer AddServer(PostgresPage& page);

// pg_stat_database of the database: transactions, rows, cache, temporary files, deadlocks.
void AddDatabase(PostgresPage& page);

// Checkpoints: pg_stat_bgwriter, from PostgreSQL 17 on pg_stat_checkpointer.
void AddCheckpoints(PostgresPage& page, int version);

}  // namespace logmill
