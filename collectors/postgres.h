// A connection to PostgreSQL that is kept between refreshes.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <pqxx/transaction>
#include <string>

#include "collectors/postgres_options.h"

namespace logmill {

// One thread, but Interrupt(). Everything is read-only: each transaction is begun so, and so is the session.
class Postgres {
 public:
  explicit Postgres(PostgresOptions options);
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  // Runs `work` in one transaction that sees the database at one moment (repeatable read), connecting first if there is no connection.
  // What libpqxx throws becomes the error: a sentence that names the server (PostgresOptions::Description) and holds neither the password
  // nor values of rows; what `work` throws itself becomes the error as it is. A connection that broke is dropped, one that broke since the
  // last call is noticed first: another one is made, with the password as it stands then. Works behind PgBouncer in transaction mode:
  // nothing has to hold from one transaction to the next, but see connections().
  std::expected<void, std::string> Read(const std::function<void(pqxx::transaction_base&)>& work);

  // Any thread: a Read() at hand fails within a second, whatever the server does (it may be stopped).
  void Interrupt();

  // How many connections were made: another number, and what was learnt about the server may hold no longer. On the thread of Read(), and
  // already right within `work`.
  [[nodiscard]] uint64_t connections() const;

  [[nodiscard]] const PostgresOptions& options() const { return options_; }

 private:
  struct State;
  const PostgresOptions options_;
  const std::unique_ptr<State> state_;
};

}  // namespace logmill
