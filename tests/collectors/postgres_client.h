// A client of a test's PostgreSQL that keeps its connection.
#pragma once

#include <libpq-fe.h>

#include <stdexcept>
#include <string>

#include "tests/support/postgres_server.h"

namespace logmill::testing {

class PostgresClient {
 public:
  explicit PostgresClient(const PostgresServer& server, const std::string& user = "postgres", const std::string& database = "immich")
      : connection_(PQconnectdb(("host=" + server.folder() + " port=" + std::to_string(server.port()) + " user=" + user +
                                 " dbname=" + database + " application_name=client")
                                    .c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  }
  ~PostgresClient() { PQfinish(connection_); }
  PostgresClient(const PostgresClient&) = delete;
  PostgresClient& operator=(const PostgresClient&) = delete;

  // Waits for the end; false when it failed.
  bool Execute(const std::string& sql) {
    PGresult* const result = PQexec(connection_, sql.c_str());
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  }
  // Does not wait.
  void Send(const std::string& sql) {
    if (PQsendQuery(connection_, sql.c_str()) != 1) throw std::runtime_error(PQerrorMessage(connection_));
  }
  // Waits for the end of what was sent; false when it failed.
  bool Finish() {
    bool well = true;
    while (PGresult* const result = PQgetResult(connection_)) {
      well = well && PQresultStatus(result) != PGRES_FATAL_ERROR;
      PQclear(result);
    }
    return well;
  }

 private:
  PGconn* const connection_;
};

}  // namespace logmill::testing
