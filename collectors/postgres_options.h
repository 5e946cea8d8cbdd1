// How to reach PostgreSQL: from the variables that Gallery itself reads, or from the configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "base/environment.h"

namespace logmill {

struct PostgresOptions {
  std::string host = "database";  // a name, an address, or a folder with a Unix socket
  uint16_t port = 5432;
  std::string user = "postgres";
  std::string password;       // never in a log line, an error or a URL that is printed
  std::string password_file;  // read at each connection, so that a changed password is taken up; instead of `password`
  std::string database = "immich";
  std::string ssl_mode;  // libpq's word (disable, allow, prefer, require, verify-ca, verify-full); "": libpq's default
  // Further parameters of a DB_URL that libpq knows (sslrootcert, options, ...): name and value.
  std::vector<std::pair<std::string, std::string>> parameters;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds statement_timeout{10'000};
  std::chrono::milliseconds lock_timeout{2'000};

  // "postgres at database:5432/immich", for people; without the password and the parameters.
  [[nodiscard]] std::string Description() const;
};

// DB_URL, or DB_HOSTNAME, DB_PORT, DB_USERNAME, DB_PASSWORD, DB_DATABASE_NAME, DB_SSL_MODE; each also as NAME_FILE, a file that holds the
// value (for the password it is read at each connection). An empty variable is one that is not set. Mistakes become errors whose place is
// the variable; a value that holds a secret is never repeated in one.
PostgresOptions ReadPostgresOptions(const Environment& environment, Diagnostics& diagnostics);

// "postgres://user:password@host:port/database?sslmode=...", or postgresql://; percent-decoded. What is missing keeps the default.
PostgresOptions ParsePostgresUrl(const std::string& url, const Place& place, Diagnostics& diagnostics);

}  // namespace logmill
