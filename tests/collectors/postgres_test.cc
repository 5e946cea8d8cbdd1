#include "collectors/postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <pqxx/result>
#include <stdexcept>
#include <thread>

#include "tests/support/canned_server.h"
#include "tests/support/postgres_server.h"

namespace logmill {
namespace {

using std::chrono::minutes;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresServer;

void Nothing(pqxx::transaction_base&) {}

// The error of one Read(), "" when there was none.
std::string ErrorOf(Postgres& postgres, const std::function<void(pqxx::transaction_base&)>& work = Nothing) {
  const auto read = postgres.Read(work);
  return read ? "" : read.error();
}

std::string ValueOf(Postgres& postgres, const std::string& sql) {
  std::string value;
  const auto read = postgres.Read([&](pqxx::transaction_base& transaction) { value = transaction.exec(sql).at(0).at(0).c_str(); });
  return read ? value : "error: " + read.error();
}

// What a Read() that has no end by itself gives when it is interrupted.
std::string ErrorOfInterrupted(Postgres& postgres, const std::function<void(pqxx::transaction_base&)>& work = Nothing) {
  std::atomic<bool> ended = false;
  std::string error;
  std::thread reader([&] {
    error = ErrorOf(postgres, work);
    ended = true;
  });
  while (!ended) {
    postgres.Interrupt();
    std::this_thread::yield();
  }
  reader.join();
  return error;
}

PostgresOptions Patient(PostgresOptions options) {
  options.connect_timeout = options.statement_timeout = options.lock_timeout = minutes(10);
  return options;
}

class PostgresTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new PostgresServer(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  static PostgresServer& server() { return *server_; }

  static void AwaitValue(const std::string& sql, const std::string& expected) {
    while (server().Value(sql) != expected) std::this_thread::yield();
  }

 private:
  static inline PostgresServer* server_ = nullptr;
};

TEST_F(PostgresTest, SessionIsNamedAndReadOnlyAndHasTimeouts) {
  PostgresOptions options = server().Options();
  options.statement_timeout = std::chrono::milliseconds(4321);
  options.lock_timeout = std::chrono::milliseconds(1234);
  Postgres postgres(options);
  EXPECT_EQ(ValueOf(postgres, "show application_name"), "logmill");
  EXPECT_EQ(ValueOf(postgres, "show client_encoding"), "UTF8");
  EXPECT_EQ(ValueOf(postgres, "show default_transaction_read_only"), "on");
  EXPECT_EQ(ValueOf(postgres, "show transaction_read_only"), "on");
  EXPECT_EQ(ValueOf(postgres, "show transaction_isolation"), "repeatable read");
  EXPECT_EQ(ValueOf(postgres, "show statement_timeout"), "4321ms");
  EXPECT_EQ(ValueOf(postgres, "show lock_timeout"), "1234ms");
  EXPECT_EQ(postgres.connections(), 1u);
}

TEST_F(PostgresTest, NothingCanBeWritten) {
  Postgres postgres(server().Options());
  EXPECT_THAT(ErrorOf(postgres, [](pqxx::transaction_base& transaction) { transaction.exec("create table forbidden (a int)"); }),
              HasSubstr("read-only transaction (SQLSTATE 25006)"));
  EXPECT_THAT(ErrorOf(postgres, [](pqxx::transaction_base& transaction) { transaction.exec("commit; create table forbidden (a int)"); }),
              HasSubstr("read-only transaction (SQLSTATE 25006)"));
  EXPECT_EQ(server().Value("select to_regclass('forbidden')"), "");
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1") << "the connection goes on";
}

TEST_F(PostgresTest, OneMomentIsSeen) {
  server().Execute("create table moments (a int); insert into moments values (1)");
  Postgres postgres(server().Options());
  const auto read = postgres.Read([&](pqxx::transaction_base& transaction) {
    EXPECT_EQ(transaction.exec("select count(*) from moments").at(0).at(0).as<int>(), 1);
    server().Execute("insert into moments values (2)");
    EXPECT_EQ(transaction.exec("select count(*) from moments").at(0).at(0).as<int>(), 1);
  });
  EXPECT_TRUE(read) << read.error();
  EXPECT_EQ(ValueOf(postgres, "select count(*) from moments"), "2");
}

TEST_F(PostgresTest, ErrorsHoldNoValuesOfRows) {
  Postgres postgres(server().Options());
  EXPECT_EQ(ValueOf(postgres, "select cast('Grandma' || '.jpg' as integer)"),
            "error: " + server().Options().Description() + ": SQLSTATE 22P02");
  EXPECT_THAT(ErrorOf(postgres, [](pqxx::transaction_base& transaction) { transaction.exec("select 'Grandma'").at(0).at(0).as<int>(); }),
              Not(HasSubstr("Grandma")));
  EXPECT_THAT(ValueOf(postgres, "select * from nowhere"), HasSubstr("relation \"nowhere\" does not exist (SQLSTATE 42P01)"));
}

TEST_F(PostgresTest, ErrorsOfTheWorkAreItsOwn) {
  Postgres postgres(server().Options());
  EXPECT_EQ(ErrorOf(postgres, [](pqxx::transaction_base&) { throw std::runtime_error("too many rows"); }),
            server().Options().Description() + ": too many rows");
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
  EXPECT_EQ(postgres.connections(), 1u);
}

TEST_F(PostgresTest, StatementAndLockTimeoutsHold) {
  server().Execute("create table locked (a int)");
  PostgresOptions options = server().Options();
  options.statement_timeout = std::chrono::milliseconds(50);
  Postgres postgres(options);
  EXPECT_THAT(ValueOf(postgres, "select pg_sleep(600)"), HasSubstr("statement timeout (SQLSTATE 57014)"));
  options.statement_timeout = minutes(10);
  options.lock_timeout = std::chrono::milliseconds(50);
  Postgres migrating(Patient(server().Options()));
  Postgres waiting(options);
  const auto read = migrating.Read([&](pqxx::transaction_base& transaction) {
    transaction.exec("set transaction read write; lock table locked in access exclusive mode");
    EXPECT_THAT(ValueOf(waiting, "select count(*) from locked"), HasSubstr("lock timeout (SQLSTATE 55P03)"));
  });
  EXPECT_TRUE(read) << read.error();
}

TEST_F(PostgresTest, ARestartBetweenTwoReadsGoesUnnoticed) {
  Postgres postgres(server().Options());
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
  server().Restart();
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
  EXPECT_EQ(postgres.connections(), 2u);
}

TEST_F(PostgresTest, AKilledServerIsAnErrorUntilItIsBack) {
  Postgres postgres(Patient(server().Options()));
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
  const std::string error = ErrorOf(postgres, [](pqxx::transaction_base& transaction) {
    server().Kill();
    transaction.exec("select 1");
  });
  EXPECT_THAT(error, HasSubstr("server closed the connection unexpectedly"));
  EXPECT_THAT(ErrorOf(postgres), HasSubstr("Connection refused; is the server running, and are DB_HOSTNAME and DB_PORT right?"));
  server().Start();
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
}

TEST_F(PostgresTest, AServerThatStopsSaysSo) {
  Postgres postgres(server().Options());
  EXPECT_THAT(ErrorOf(postgres,
                      [](pqxx::transaction_base& transaction) {
                        server().Restart();
                        transaction.exec("select 1");
                      }),
              HasSubstr("terminating connection due to administrator command"));
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
}

TEST_F(PostgresTest, AQueryOnAFrozenServerIsInterrupted) {
  Postgres postgres(Patient(server().Options()));
  std::atomic<bool> ended = false;
  std::string error;
  std::thread reader([&] {
    error = ErrorOf(postgres, [](pqxx::transaction_base& transaction) { transaction.exec("select pg_sleep(600)"); });
    ended = true;
  });
  AwaitValue("select count(*) from pg_stat_activity where application_name = 'logmill' and query like '%sleep%' and state = 'active'", "1");
  server().Freeze();
  postgres.Interrupt();
  reader.join();
  server().Thaw();
  EXPECT_EQ(error, server().Options().Description() + ": interrupted before it had answered");
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
}

TEST_F(PostgresTest, AConnectionAttemptToAFrozenServerIsInterrupted) {
  Postgres postgres(Patient(server().Options()));
  server().Freeze();
  EXPECT_EQ(ErrorOfInterrupted(postgres), server().Options().Description() + ": interrupted before it had answered");
  server().Thaw();
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
}

TEST_F(PostgresTest, AConnectionAttemptHasATimeout) {
  PostgresOptions options = server().Options();
  options.connect_timeout = std::chrono::milliseconds(50);
  Postgres postgres(options);
  server().Freeze();
  const std::string error = ErrorOf(postgres);
  server().Thaw();
  EXPECT_EQ(error, options.Description() + ": timed out after 50 ms; is the server running, and are DB_HOSTNAME and DB_PORT right?");
}

TEST_F(PostgresTest, AnInterruptBetweenReadsTouchesNothing) {
  Postgres postgres(server().Options());
  postgres.Interrupt();
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
  postgres.Interrupt();
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
  EXPECT_EQ(postgres.connections(), 1u);
}

TEST_F(PostgresTest, ErrorsOfConnectingSayWhatToDo) {
  server().Execute("create role limited login connection limit 0; create role nologin");
  const std::string at = "postgres at 127.0.0.1:" + std::to_string(server().port());
  auto error = [](const PostgresOptions& options) {
    Postgres postgres(options);
    return ErrorOf(postgres);
  };
  EXPECT_EQ(error(server().Options("postgres", "photos")),
            at + "/photos: database \"photos\" does not exist (SQLSTATE 3D000); set DB_DATABASE_NAME to a database that exists there");
  EXPECT_EQ(
      error(server().Options("limited")),
      at + "/immich: too many connections for role \"limited\" (SQLSTATE 53300); raise max_connections, or the role's connection limit");
  EXPECT_EQ(error(server().Options("nologin")),
            at + "/immich: role \"nologin\" is not permitted to log in (SQLSTATE 28000); set DB_USERNAME and "
                 "DB_PASSWORD (or DB_PASSWORD_FILE) to a role that may log in from here");
  PostgresOptions options = server().Options();
  options.ssl_mode = "require";
  EXPECT_EQ(error(options),
            at + "/immich: server does not support SSL, but SSL was required; switch TLS on in the server, or set DB_SSL_MODE to prefer");
  options = server().Options();
  options.host = "no-such-host.invalid";
  EXPECT_THAT(error(options), HasSubstr("the host's address is not known: "));
  options.host = server().folder() + "/missing";
  EXPECT_THAT(error(options), HasSubstr("No such file or directory; is the server running"));
}

TEST_F(PostgresTest, NamesAndSocketsLeadToTheServer) {
  PostgresOptions options = server().Options();
  options.host = server().folder();
  Postgres by_socket(options);
  EXPECT_EQ(ValueOf(by_socket, "select inet_server_addr() is null"), "t");
  options.host = "localhost";
  Postgres by_name(options);
  EXPECT_EQ(ValueOf(by_name, "select 1"), "1");
}

TEST_F(PostgresTest, ParametersOfTheUrlAreUsed) {
  PostgresOptions options = server().Options();
  options.parameters = {{"application_name", "other"}, {"options", "-c work_mem=7MB"}};
  Postgres postgres(options);
  EXPECT_EQ(ValueOf(postgres, "show application_name"), "other");
  EXPECT_EQ(ValueOf(postgres, "show work_mem"), "7MB");
  EXPECT_EQ(ValueOf(postgres, "show default_transaction_read_only"), "on");
}

// An ErrorResponse of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html
std::string Refusal(const std::string& code, const std::string& words) {
  const std::string fields = "SFATAL" + std::string(1, '\0') + "C" + code + std::string(1, '\0') + "M" + words + std::string(2, '\0');
  const auto size = static_cast<unsigned char>(fields.size() + 4);
  return "E" + std::string(3, '\0') + static_cast<char>(size) + fields;
}

TEST(PostgresPoolerTest, APoolerThatTakesNoSettingsIsAskedWithout) {
  const testing::CannedServer pooler(
      {Refusal("08P01", "unsupported startup parameter: options"), Refusal("3D000", "no such database: immich")}, true);
  PostgresOptions options;
  options.host = "127.0.0.1";
  options.port = pooler.port();
  options.ssl_mode = "disable";
  Postgres postgres(options);
  EXPECT_EQ(ErrorOf(postgres),
            options.Description() + ": no such database: immich (SQLSTATE 3D000); set DB_DATABASE_NAME to a database that exists there");
}

TEST(PostgresPoolerTest, APasswordThatComesBackIsMasked) {
  const testing::CannedServer server({Refusal("XX000", "you said hunter2")}, true);
  PostgresOptions options;
  options.host = "127.0.0.1";
  options.port = server.port();
  options.ssl_mode = "disable";
  options.password = "hunter2";
  Postgres postgres(options);
  EXPECT_EQ(ErrorOf(postgres), options.Description() + ": you said *** (SQLSTATE XX000)");
}

TEST(PostgresPoolerTest, WhatIsNoPostgresIsAnError) {
  const testing::CannedServer server({std::string("HTTP/1.1 400 Bad Request\r\n\r\n") + std::string(100'000, 'x')}, true);
  PostgresOptions options;
  options.connect_timeout = std::chrono::milliseconds(200);
  options.host = "127.0.0.1";
  options.port = server.port();
  for (const char* const mode : {"disable", "prefer", "require"}) {
    options.ssl_mode = mode;
    Postgres postgres(options);
    const std::string error = ErrorOf(postgres);
    EXPECT_THAT(error, ::testing::StartsWith(options.Description() + ": "));
    EXPECT_LT(error.size(), 600u);
  }
}

TEST(PostgresPasswordTest, AChangedPasswordIsTakenUpAndNeverShown) {
  PostgresServer server({.host_auth = "scram-sha-256", .tls = false, .configuration = {}});
  server.Execute("create role reader login password 'first-secret'");
  PostgresOptions options = server.Options("reader");
  Postgres none(options);
  EXPECT_THAT(ErrorOf(none), HasSubstr("no password supplied; set DB_PASSWORD or DB_PASSWORD_FILE"));
  options.password_file = server.folder() + "/password";
  std::ofstream(options.password_file) << "first-secret\n";
  Postgres postgres(options);
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
  server.Execute("alter role reader password 'second-secret'");
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1") << "the connection stands";
  server.Restart();
  const std::string error = ErrorOf(postgres);
  EXPECT_THAT(error, HasSubstr("password authentication failed for user \"reader\" (SQLSTATE 28P01); set DB_USERNAME and DB_PASSWORD"));
  EXPECT_THAT(error, Not(HasSubstr("first-secret")));
  std::ofstream(options.password_file) << "second-secret\n";
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
  std::filesystem::remove(options.password_file);
  server.Restart();
  EXPECT_THAT(ErrorOf(postgres), HasSubstr("the password: cannot read " + options.password_file + ": No such file or directory"));
}

TEST(PostgresTlsTest, EncryptsAndCanBeInterrupted) {
  PostgresServer server({.host_auth = "trust", .tls = true, .configuration = {}});
  PostgresOptions options = Patient(server.Options());
  options.ssl_mode = "require";
  Postgres postgres(options);
  EXPECT_EQ(ValueOf(postgres, "select ssl from pg_stat_ssl where pid = pg_backend_pid()"), "t");
  const std::string error = ErrorOf(postgres, [&](pqxx::transaction_base& transaction) {
    server.Freeze();
    std::thread interrupting([&] { postgres.Interrupt(); });
    try {
      transaction.exec("select 1");
    } catch (...) {
      interrupting.join();
      throw;
    }
    interrupting.join();
  });
  server.Thaw();
  EXPECT_EQ(error, options.Description() + ": interrupted before it had answered");
  options.ssl_mode = "verify-full";
  Postgres verifying(options);
  EXPECT_THAT(ErrorOf(verifying), HasSubstr("certificate"));
  EXPECT_EQ(ValueOf(postgres, "select 1"), "1");
}

TEST(PostgresLimitTest, TooManyConnectionsAreSaidAndOvercome) {
  PostgresServer server(
      {.host_auth = "trust", .tls = false, .configuration = {"max_connections = 6", "superuser_reserved_connections = 3"}});
  server.Execute("create role reader login");
  Postgres first(server.Options("reader"));
  Postgres second(server.Options("reader"));
  auto third = std::make_unique<Postgres>(server.Options("reader"));
  Postgres fourth(server.Options("reader"));
  for (Postgres* const postgres : {&first, &second, third.get()}) {
    while (ErrorOf(*postgres).find("53300") != std::string::npos) std::this_thread::yield();
  }
  EXPECT_THAT(ErrorOf(fourth), HasSubstr("(SQLSTATE 53300); raise max_connections, or the role's connection limit"));
  third.reset();
  // A process of the server ends some time after its client.
  while (ErrorOf(fourth).find("53300") != std::string::npos) std::this_thread::yield();
  EXPECT_EQ(ValueOf(fourth, "select 1"), "1");
}

}  // namespace
}  // namespace logmill
