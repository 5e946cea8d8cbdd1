// A real PostgreSQL of its own for tests: in a temporary folder, on a free port of 127.0.0.1 and a Unix socket.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "collectors/postgres_options.h"

namespace logmill::testing {

// One thread. What goes wrong is thrown (std::runtime_error, with the server's log).
class PostgresServer {
 public:
  struct Settings {
    std::string host_auth = "trust";         // how TCP clients prove who they are; over the socket everybody is trusted
    bool tls = false;                        // with a certificate that it signed itself
    std::vector<std::string> configuration;  // lines of postgresql.conf: "max_connections = 10"
  };

  // Makes the databases and starts the server, as user nobody if the test runs as root, which PostgreSQL refuses to. With a database
  // "immich" and the superuser "postgres".
  PostgresServer();
  explicit PostgresServer(const Settings& settings);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // SQL, several statements if need be, by the superuser.
  void Execute(const std::string& sql, const std::string& database = "immich");
  // The first field of the first row; "" when there is none or it is null.
  std::string Value(const std::string& sql, const std::string& database = "immich");
  // An empty database of this name, in place of the one there was.
  void MakeDatabase(const std::string& name);

  // How to reach it over TCP, as `user`.
  [[nodiscard]] PostgresOptions Options(const std::string& user = "postgres", const std::string& database = "immich") const;
  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }  // the socket's; tests may keep files in it

  void Stop();     // in good order, clients are told
  void Kill();     // SIGKILL to every process
  void Freeze();   // SIGSTOP to every process: connections stand, nobody answers
  void Thaw();     // the end of that
  void Start();    // after Stop() and Kill(); at the same port
  void Restart();  // Stop() and Start()

  // What the server wrote to its log.
  [[nodiscard]] std::string Log() const;

 private:
  void MakeCluster();
  void Configure(const Settings& settings);
  void MakeCertificate();
  void Run(const std::vector<std::string>& command) const;
  [[nodiscard]] pid_t Spawn(const std::vector<std::string>& command) const;
  [[nodiscard]] std::vector<pid_t> Processes() const;
  [[nodiscard]] bool AwaitReady();
  void Reap();

  std::string folder_;
  std::string programs_;  // folder of initdb and postgres
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace logmill::testing
