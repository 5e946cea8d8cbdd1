// What people read when PostgreSQL could not be asked: one line, without passwords and without values of rows.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "collectors/postgres_options.h"

namespace logmill {

// Why no connection came about. `text` is libpq's, with the server's SQLSTATE in it if it sent one (PQERRORS_VERBOSE); several lines, when
// several addresses were tried. The sentence holds the server's own words and what can be done.
std::string PostgresConnectError(const PostgresOptions& options, std::string_view password, std::string_view text);

// Why a transaction failed; `error` is what libpqxx threw, `connection_text` what libpq says of the connection, for when that broke. The
// server's words are repeated where they cannot hold values of rows, else its SQLSTATE is given.
std::string PostgresQueryError(const PostgresOptions& options, const std::exception& error, std::string_view connection_text);

}  // namespace logmill
