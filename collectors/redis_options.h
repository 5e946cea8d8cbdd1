// How to reach Redis: from the variables that Gallery itself reads, or from the configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/diagnostic.h"
#include "base/environment.h"

namespace logmill {

struct RedisOptions {
  std::string host = "redis";
  uint16_t port = 6379;
  std::string socket;         // path of a Unix socket, instead of host and port
  std::string user;           // of an ACL; "" with a password: the default user's
  std::string password;       // never in a log line, an error or a URL that is printed
  std::string password_file;  // read at each connection; instead of `password`
  unsigned database = 0;
  bool tls = false;  // Debian's hiredis has none: RefuseTls() says so at the start, and Redis::Ask() never sends anything in the clear then
  std::chrono::milliseconds timeout{5'000};  // to connect, and of each answer

  // "redis at redis:6379/0", "redis at /run/redis.sock/0": for people; without user and password.
  [[nodiscard]] std::string Description() const;
};

// REDIS_URL (redis://[user[:password]@]host[:port][/database], rediss://, or ioredis:// + base64 of a JSON object with host, port, path,
// username, password, db, tls), or REDIS_SOCKET, REDIS_HOSTNAME, REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD, REDIS_DBINDEX; each also as
// NAME_FILE. A URL without a password takes REDIS_PASSWORD. The same rules as ReadPostgresOptions(). What asks for TLS is an error.
RedisOptions ReadRedisOptions(const Environment& environment, Diagnostics& diagnostics);

// redis://, rediss:// or ioredis://. A URL without a host means this machine, as it does to ioredis, Gallery's client. Of the query,
// `db`, `username` and `password` are read; other parameters are left out with a warning. rediss:// only sets `tls`.
RedisOptions ParseRedisUrl(const std::string& url, const Place& place, Diagnostics& diagnostics);

// An error when the options ask for TLS, with what to do instead. To be called once wherever options come from; ReadRedisOptions() does.
void RefuseTls(const RedisOptions& options, const Place& place, Diagnostics& diagnostics);

}  // namespace logmill
