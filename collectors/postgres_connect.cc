#include "collectors/postgres_connect.h"

#include <poll.h>

#include <string_view>
#include <utility>
#include <vector>

#include "collectors/postgres_error.h"
#include "collectors/secrets.h"

namespace logmill {
namespace {

constexpr char kNotNow[] = "interrupted before it had answered";

// Names and values as libpq takes them.
class Parameters {
 public:
  void Set(const std::string& name, std::string value) {
    for (auto& [known, text] : pairs_) {
      if (known == name) return void(text = std::move(value));
    }
    pairs_.emplace_back(name, std::move(value));
  }
  [[nodiscard]] std::string Value(std::string_view name) const {
    for (const auto& [known, text] : pairs_) {
      if (known == name) return text;
    }
    return "";
  }

  // What PQstatus() says of it has to be looked at. Null: out of memory.
  [[nodiscard]] PGconn* Start() const {
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : pairs_) {
      names.push_back(name.c_str());
      values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectStartParams(names.data(), values.data(), 0);
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

std::string SessionSettings(const PostgresOptions& options) {
  const std::string statement = std::to_string(options.statement_timeout.count());
  return "-c default_transaction_read_only=on -c statement_timeout=" + statement + " -c idle_in_transaction_session_timeout=" + statement +
         " -c lock_timeout=" + std::to_string(options.lock_timeout.count());
}

Parameters MakeParameters(const PostgresOptions& options, const std::string& password) {
  Parameters parameters;
  parameters.Set("application_name", "logmill");
  // Kerberos may block, which nothing could end.
  parameters.Set("gssencmode", "disable");
  for (const auto& [name, value] : options.parameters) parameters.Set(name, value);
  parameters.Set("host", options.host);
  parameters.Set("port", std::to_string(options.port));
  parameters.Set("user", options.user);
  parameters.Set("password", password);
  parameters.Set("dbname", options.database);
  if (!options.ssl_mode.empty()) parameters.Set("sslmode", options.ssl_mode);
  parameters.Set("client_encoding", "UTF8");
  return parameters;
}

// libpq wants as many hosts as addresses.
void SetAddresses(Parameters& parameters, const std::string& host, const HostLookup::Addresses& addresses) {
  std::string hosts;
  std::string list;
  for (const std::string& address : addresses) {
    hosts += (hosts.empty() ? "" : ",") + host;
    list += (list.empty() ? "" : ",") + address;
  }
  parameters.Set("host", hosts);
  parameters.Set("hostaddr", list);
}

class Attempt {
 public:
  Attempt(const PostgresOptions& options, HostLookup& lookup, Interruption& interruption)
      : options_(options), lookup_(lookup), interruption_(interruption), deadline_(Clock::now() + options.connect_timeout) {}

  std::expected<PostgresConnection, std::string> Run() {
    if (std::string error = ReadPassword(); !error.empty()) return std::unexpected(options_.Description() + ": " + error);
    Parameters parameters = MakeParameters(options_, password_);
    if (std::string error = LookUp(parameters); !error.empty()) return Failure(error);
    const std::string asked_for = parameters.Value("options");
    parameters.Set("options", SessionSettings(options_) + (asked_for.empty() ? "" : " " + asked_for));
    std::string error;
    PostgresConnection connection = Connect(parameters, error);
    if (connection == nullptr && error.find("unsupported startup parameter") != std::string::npos) {
      parameters.Set("options", asked_for);
      connection = Connect(parameters, error);
    }
    if (connection == nullptr) return Failure(error);
    return connection;
  }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] std::unexpected<std::string> Failure(std::string_view text) const {
    return std::unexpected(PostgresConnectError(options_, password_, text));
  }

  std::string ReadPassword() {
    password_ = options_.password;
    if (options_.password_file.empty()) return "";
    auto text = ReadValueFile(options_.password_file);
    if (!text) return "the password: " + text.error();
    password_ = std::move(*text);
    return "";
  }

  std::string LookUp(Parameters& parameters) {
    const bool is_socket = options_.host.starts_with('/') || options_.host.starts_with('@');
    if (is_socket || options_.host.empty() || !parameters.Value("hostaddr").empty()) return "";
    const auto addresses = lookup_.Find(options_.host, interruption_, deadline_);
    if (!addresses) return "the host's address is not known: " + addresses.error() + "; set DB_HOSTNAME to a name or address that exists";
    SetAddresses(parameters, options_.host, *addresses);
    return "";
  }

  // Null, and `error` is libpq's text.
  PostgresConnection Connect(const Parameters& parameters, std::string& error) {
    PostgresConnection connection(parameters.Start());
    if (connection == nullptr) return error = "out of memory", nullptr;
    // Puts the SQLSTATE into the text.
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    error = PQstatus(connection.get()) == CONNECTION_BAD ? PQerrorMessage(connection.get()) : Poll(connection.get());
    if (!error.empty()) return nullptr;
    PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
    return connection;
  }

  std::string Poll(PGconn* connection) {
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
      if (state == PGRES_POLLING_FAILED) return PQerrorMessage(connection);
      switch (interruption_.Await(PQsocket(connection), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_)) {
        case Interruption::Wait::kTimeout:
          return "timed out after " + std::to_string(options_.connect_timeout.count()) + " ms";
        case Interruption::Wait::kInterrupted:
          return kNotNow;
        case Interruption::Wait::kReady:
          break;
      }
      state = PQconnectPoll(connection);
    }
    return "";
  }

  const PostgresOptions& options_;
  HostLookup& lookup_;
  Interruption& interruption_;
  const Interruption::Time deadline_;
  std::string password_;
};

}  // namespace

std::expected<PostgresConnection, std::string> ConnectPostgres(const PostgresOptions& options, HostLookup& lookup,
                                                               Interruption& interruption) {
  return Attempt(options, lookup, interruption).Run();
}

}  // namespace logmill
