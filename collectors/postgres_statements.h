// The statements that take the most time, where the extension pg_stat_statements is installed.
#pragma once

#include <cstddef>

#include "collectors/postgres_page.h"

namespace logmill {

// Calls and time of the `most` statements that took the most time in the database, by queryid. Their texts hold data and are not even asked
// for. What our role may not see is left out. A missing extension or right is a notice; the transaction goes on.
void AddStatements(PostgresPage& page, size_t most);

}  // namespace logmill
