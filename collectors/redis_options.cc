#include "collectors/redis_options.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "collectors/ioredis_options.h"
#include "collectors/secrets.h"
#include "collectors/url.h"

namespace logmill {
namespace {

constexpr std::string_view kIoredis = "ioredis://";

void ReadPort(const std::string& text, const Place& place, RedisOptions& options, Diagnostics& diagnostics) {
  const auto port = ParsePort(text);
  if (!port) return diagnostics.Error(place, "no port; a number from 1 to 65535 would be right");
  options.port = *port;
}

void ReadDatabase(const std::string& text, const Place& place, RedisOptions& options, Diagnostics& diagnostics) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.database);
  if (error == std::errc() && end == text.data() + text.size()) return;
  options.database = 0;
  diagnostics.Error(place, "no index of a database; a number such as 0 would be right");
}

void ReadQuery(const Url& url, const Place& place, RedisOptions& options, Diagnostics& diagnostics) {
  bool others = false;
  for (const auto& [name, value] : url.query) {
    if (name == "db") {
      ReadDatabase(value, place, options, diagnostics);
    } else if (name == "username") {
      options.user = value;
    } else if (name == "password") {
      options.password = value;
    } else {
      others = true;
    }
  }
  if (others) diagnostics.Warning(place, "parameters other than db, username and password mean nothing here and are left out");
}

RedisOptions ParseIoredisUrl(std::string_view url, const Place& place, Diagnostics& diagnostics) {
  auto options = ReadIoredisOptions(url.substr(kIoredis.size()));
  if (options) return std::move(*options);
  diagnostics.Error(place,
                    "no URL of Redis: " + options.error() + "; for example ioredis:// and base64 of {\"host\":\"redis\",\"port\":6379}");
  return {};
}

void ReadVariables(RedisOptions& options, const Environment& environment, Diagnostics& diagnostics) {
  options.host = ReadVariable(environment, "REDIS_HOSTNAME", diagnostics).value_or(options.host);
  options.socket = ReadVariable(environment, "REDIS_SOCKET", diagnostics).value_or("");
  options.user = ReadVariable(environment, "REDIS_USERNAME", diagnostics).value_or("");
  if (const auto port = ReadVariable(environment, "REDIS_PORT", diagnostics)) ReadPort(*port, {"REDIS_PORT"}, options, diagnostics);
  if (const auto index = ReadVariable(environment, "REDIS_DBINDEX", diagnostics)) {
    ReadDatabase(*index, {"REDIS_DBINDEX"}, options, diagnostics);
  }
}

std::string OneLine(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

std::string RedisOptions::Description() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const std::string where = socket.empty() ? name + ":" + std::to_string(port) : socket;
  return OneLine("redis at " + where + "/" + std::to_string(database));
}

RedisOptions ReadRedisOptions(const Environment& environment, Diagnostics& diagnostics) {
  RedisOptions options;
  if (const auto url = ReadVariable(environment, "REDIS_URL", diagnostics)) {
    options = ParseRedisUrl(*url, {"REDIS_URL"}, diagnostics);
    RefuseTls(options, {"REDIS_URL"}, diagnostics);
  } else {
    ReadVariables(options, environment, diagnostics);
  }
  if (!options.password.empty()) return options;
  if (const auto secret = ReadSecret(environment, "REDIS_PASSWORD", diagnostics)) {
    options.password = secret->value;
    options.password_file = secret->file;
  }
  return options;
}

RedisOptions ParseRedisUrl(const std::string& url, const Place& place, Diagnostics& diagnostics) {
  if (url.starts_with(kIoredis)) return ParseIoredisUrl(url, place, diagnostics);
  RedisOptions options;
  const auto parsed = ParseUrl(url);
  if (!parsed || (parsed->scheme != "redis" && parsed->scheme != "rediss")) {
    const std::string why = parsed ? "it begins with none of redis://, rediss:// and ioredis://" : parsed.error();
    diagnostics.Error(place, "no URL of Redis: " + why + "; for example redis://USER:PASSWORD@HOST:6379/0");
    return options;
  }
  options.tls = parsed->scheme == "rediss";
  options.host = parsed->host.empty() ? "localhost" : parsed->host;
  options.port = parsed->port.value_or(options.port);
  options.user = parsed->user;
  options.password = parsed->password.value_or("");
  if (!parsed->path.empty()) ReadDatabase(parsed->path, place, options, diagnostics);
  ReadQuery(*parsed, place, options, diagnostics);
  return options;
}

void RefuseTls(const RedisOptions& options, const Place& place, Diagnostics& diagnostics) {
  if (!options.tls) return;
  diagnostics.Error(
      place,
      "it asks for TLS, which this program cannot speak with Redis; run stunnel (or another TLS client) next to it and name that, "
      "or a Unix socket of Redis, without TLS: redis://127.0.0.1:PORT or REDIS_SOCKET=PATH");
}

}  // namespace logmill
