#include "collectors/postgres_options.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "collectors/secrets.h"
#include "collectors/url.h"

namespace logmill {
namespace {

constexpr std::array<std::string_view, 6> kSslModes{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"};
// Of libpq's own parameters those that a reader of metrics has no use for, or sets itself.
constexpr std::array<std::string_view, 3> kLeftOut{"client_encoding", "replication", "fallback_application_name"};

bool IsKnownToLibpq(const std::string& name) {
  PQconninfoOption* const defaults = PQconndefaults();
  bool known = false;
  for (const PQconninfoOption* option = defaults; option != nullptr && option->keyword != nullptr; ++option)
    known |= name == option->keyword;
  PQconninfoFree(defaults);
  return known;
}

// Says what a URL or the variables tell, and where they are wrong.
class OptionsReader {
 public:
  OptionsReader(PostgresOptions& options, Diagnostics& diagnostics) : options_(options), diagnostics_(diagnostics) {}

  void ReadPort(const std::string& text, const Place& place) {
    if (const auto port = ParsePort(text)) {
      options_.port = *port;
    } else {
      diagnostics_.Error(place, "no port; a number from 1 to 65535 would be right");
    }
  }

  void ReadHost(const std::string& text, const Place& place) {
    if (text.find(',') != std::string::npos) return diagnostics_.Error(place, "several hosts; name one, the server that is to be watched");
    options_.host = text;
  }

  void ReadSslMode(const std::string& text, const Place& place) {
    // "no-verify" is what Gallery's own reader of a DB_URL calls it.
    options_.ssl_mode = text == "no-verify" ? "require" : text;
    if (std::ranges::find(kSslModes, options_.ssl_mode) != kSslModes.end()) return;
    options_.ssl_mode.clear();
    diagnostics_.Error(place, "unknown TLS mode; known are: disable, allow, prefer, require, verify-ca, verify-full");
  }

  void ReadParameter(const std::string& name, const std::string& value, const Place& place) {
    if (name == "host") return ReadHost(value, place);
    if (name == "port") return ReadPort(value, place);
    if (name == "sslmode") return ReadSslMode(value, place);
    if (name == "ssl") return ReadSsl(value, place);
    if (name == "connect_timeout") return ReadConnectTimeout(value, place);
    if (name == "user") {
      options_.user = value;
    } else if (name == "password") {
      options_.password = value;
    } else if (name == "dbname") {
      options_.database = value;
    } else if (std::ranges::find(kLeftOut, name) != kLeftOut.end() || !IsKnownToLibpq(name)) {
      diagnostics_.Warning(place, "a parameter that means nothing here is left out" + Named(name));
    } else {
      options_.parameters.emplace_back(name, value);
    }
  }

 private:
  void ReadSsl(const std::string& value, const Place& place) {
    if (value == "true" || value == "1") return ReadSslMode("require", place);
    if (value == "false" || value == "0") return ReadSslMode("disable", place);
    ReadSslMode(value, place);
  }

  void ReadConnectTimeout(const std::string& value, const Place& place) {
    int seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc() || end != value.data() + value.size() || seconds < 1 || seconds > 600) {
      return diagnostics_.Error(place, "connect_timeout is no number of seconds from 1 to 600");
    }
    options_.connect_timeout = std::chrono::seconds(seconds);
  }

  // A name that is none may be a piece of a secret.
  static std::string Named(const std::string& name) {
    const bool harmless = !name.empty() && name.size() <= 40 &&
                          std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; });
    return harmless ? ": " + name : "";
  }

  PostgresOptions& options_;
  Diagnostics& diagnostics_;
};

void ReadVariables(PostgresOptions& options, const Environment& environment, Diagnostics& diagnostics) {
  OptionsReader reader(options, diagnostics);
  auto place = [](const char* name) { return Place{name, 0, 0}; };
  if (const auto host = ReadVariable(environment, "DB_HOSTNAME", diagnostics)) reader.ReadHost(*host, place("DB_HOSTNAME"));
  if (const auto port = ReadVariable(environment, "DB_PORT", diagnostics)) reader.ReadPort(*port, place("DB_PORT"));
  if (const auto mode = ReadVariable(environment, "DB_SSL_MODE", diagnostics)) reader.ReadSslMode(*mode, place("DB_SSL_MODE"));
  options.user = ReadVariable(environment, "DB_USERNAME", diagnostics).value_or(options.user);
  options.database = ReadVariable(environment, "DB_DATABASE_NAME", diagnostics).value_or(options.database);
}

std::string OneLine(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

std::string PostgresOptions::Description() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return OneLine("postgres at " + name + ":" + std::to_string(port) + "/" + database);
}

PostgresOptions ReadPostgresOptions(const Environment& environment, Diagnostics& diagnostics) {
  PostgresOptions options;
  if (const auto url = ReadVariable(environment, "DB_URL", diagnostics)) {
    options = ParsePostgresUrl(*url, {"DB_URL", 0, 0}, diagnostics);
  } else {
    ReadVariables(options, environment, diagnostics);
  }
  if (!options.password.empty()) return options;
  if (const auto secret = ReadSecret(environment, "DB_PASSWORD", diagnostics)) {
    options.password = secret->value;
    options.password_file = secret->file;
  }
  return options;
}

PostgresOptions ParsePostgresUrl(const std::string& url, const Place& place, Diagnostics& diagnostics) {
  PostgresOptions options;
  const auto parsed = ParseUrl(url);
  if (!parsed || (parsed->scheme != "postgres" && parsed->scheme != "postgresql")) {
    const std::string why = parsed ? "it does not begin with postgres://" : parsed.error();
    diagnostics.Error(place, "no URL of a database: " + why + "; for example postgres://USER:PASSWORD@HOST:5432/DATABASE");
    return options;
  }
  OptionsReader reader(options, diagnostics);
  if (!parsed->host.empty()) reader.ReadHost(parsed->host, place);
  options.port = parsed->port.value_or(options.port);
  if (!parsed->user.empty()) options.user = parsed->user;
  if (!parsed->path.empty()) options.database = parsed->path;
  options.password = parsed->password.value_or("");
  for (const auto& [name, value] : parsed->query) reader.ReadParameter(name, value, place);
  return options;
}

}  // namespace logmill
