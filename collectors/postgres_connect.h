// Making a connection to PostgreSQL, by libpq, without ever waiting longer than told.
#pragma once

#include <libpq-fe.h>

#include <expected>
#include <memory>
#include <string>

#include "collectors/host_lookup.h"
#include "collectors/interruption.h"
#include "collectors/postgres_options.h"

namespace logmill {

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using PostgresConnection = std::unique_ptr<PGconn, FinishConnection>;

// Within options.connect_timeout, unless `interruption` ends it. The session is named "logmill", speaks UTF-8, is read-only, and has the
// timeouts of `options`. A pooler that takes none of that at the start (PgBouncer) is asked again without; what has to hold then is set
// in each transaction. The error is a sentence of postgres_error.h.
std::expected<PostgresConnection, std::string> ConnectPostgres(const PostgresOptions& options, HostLookup& lookup,
                                                               Interruption& interruption);

}  // namespace logmill
