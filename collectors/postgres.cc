#include "collectors/postgres.h"

#include <libpq-fe.h>
#include <poll.h>

#include <exception>
#include <pqxx/connection_base>
#include <pqxx/connectionpolicy>
#include <utility>

#include "collectors/host_lookup.h"
#include "collectors/interruption.h"
#include "collectors/postgres_connect.h"
#include "collectors/postgres_error.h"

namespace logmill {
namespace {

using ReadTransaction = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

// Gives libpqxx a connection that is there already, and never another one.
class ReadyConnection : public pqxx::connectionpolicy {
 public:
  explicit ReadyConnection(PostgresConnection connection) : pqxx::connectionpolicy(""), connection_(std::move(connection)) {}

  handle do_startconnect(handle known) override {
    if (known == nullptr && connection_ == nullptr) throw pqxx::broken_connection("the connection broke");
    return connection_.get();
  }
  handle do_disconnect(handle) noexcept override {
    if (connection_ != nullptr) last_words_ = Words();
    connection_ = nullptr;
    return nullptr;
  }

  // What libpq said last.
  [[nodiscard]] std::string LastWords() const { return connection_ == nullptr ? last_words_ : Words(); }

 private:
  [[nodiscard]] std::string Words() const { return PQerrorMessage(connection_.get()); }

  PostgresConnection connection_;
  std::string last_words_;
};

class Session : public pqxx::connection_base {
 public:
  explicit Session(PostgresConnection connection) : pqxx::connection_base(policy_), policy_(std::move(connection)) {
    init();
#include <pqxx/internal/ignore-deprecated-pre.hxx>
    // It would wait for the server without end.
    inhibit_reactivation(true);
#include <pqxx/internal/ignore-deprecated-post.hxx>
  }
  ~Session() { close(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Between transactions a server has nothing to say, but that the connection is over.
  [[nodiscard]] bool IsWell() const {
    pollfd socket{sock(), POLLIN, 0};
    return is_open() && ::poll(&socket, 1, 0) == 0;
  }
  [[nodiscard]] std::string LastWords() const { return policy_.LastWords(); }

 private:
  ReadyConnection policy_;
};

}  // namespace

struct Postgres::State {
  // Nothing, or an error.
  std::string Connect(const PostgresOptions& options) {
    if (session != nullptr && session->IsWell()) return "";
    session = nullptr;
    auto connection = ConnectPostgres(options, lookup, interruption);
    if (!connection) return connection.error();
    session = std::make_unique<Session>(std::move(*connection));
    ++connections;
    return "";
  }

  void Run(const PostgresOptions& options, const std::function<void(pqxx::transaction_base&)>& work) {
    interruption.Guard(session->sock());
    ReadTransaction transaction(*session);
    // Behind a pooler the session has none of this.
    transaction.exec("set local statement_timeout = " + std::to_string(options.statement_timeout.count()) +
                     "; set local lock_timeout = " + std::to_string(options.lock_timeout.count()));
    work(transaction);
    transaction.commit();
  }

  Interruption interruption;
  HostLookup lookup;
  std::unique_ptr<Session> session;
  uint64_t connections = 0;
};

Postgres::Postgres(PostgresOptions options) : options_(std::move(options)), state_(std::make_unique<State>()) {}

Postgres::~Postgres() = default;

std::expected<void, std::string> Postgres::Read(const std::function<void(pqxx::transaction_base&)>& work) {
  std::string error;
  state_->interruption.Begin();
  try {
    error = state_->Connect(options_);
    if (error.empty()) state_->Run(options_, work);
  } catch (const std::exception& thrown) {
    error = PostgresQueryError(options_, thrown, state_->session == nullptr ? "" : state_->session->LastWords());
  }
  if (!error.empty() && state_->interruption.interrupted()) error = options_.Description() + ": interrupted before it had answered";
  if (state_->interruption.interrupted() || (state_->session != nullptr && !state_->session->is_open())) state_->session = nullptr;
  state_->interruption.End();
  if (!error.empty()) return std::unexpected(error);
  return {};
}

void Postgres::Interrupt() { state_->interruption.Interrupt(); }

uint64_t Postgres::connections() const { return state_->connections; }

}  // namespace logmill
