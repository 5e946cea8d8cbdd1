// Who is connected to the database and what they wait for.
#pragma once

#include "collectors/postgres_page.h"

namespace logmill {

// Client connections by state and the ages of what they do, from pg_stat_activity. A role without the rights of pg_read_all_stats sees of
// other roles' connections only that they exist; AddSessions() returns false and adds nothing then.
[[nodiscard]] bool AddSessions(PostgresPage& page);

// Lock requests that are not granted, from pg_locks, which everybody may read. `version` is server_version_num.
void AddLocks(PostgresPage& page, int version);

}  // namespace logmill
