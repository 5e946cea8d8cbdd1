#include "daemon/http_config.h"

namespace logmill {
namespace {

constexpr SecretKeys kPassword{"password", "password_file", "password_env"};
constexpr SecretKeys kBearer{"bearer_token", "bearer_token_file", "bearer_token_env"};
const std::string kUnknown = "unknown";  // a secret that is given, whatever it is

void ReadTls(const YamlValue& value, const ResolvePath& resolve, HttpTls& tls) {
  YamlMap map(value);
  tls.ca_file = ReadPath(map, "ca_file", resolve);
  tls.certificate_file = ReadPath(map, "certificate_file", resolve);
  tls.key_file = ReadPath(map, "key_file", resolve);
  tls.server_name = map.Text("server_name", "");
  tls.insecure = map.Bool("insecure", false);
  map.Done();
}

void ReadWay(YamlMap& map, const ResolvePath& resolve, HttpClientOptions& client) {
  if (const auto tls = map.Find("tls")) ReadTls(*tls, resolve, client.tls);
  client.unix_socket = ReadPath(map, "unix_socket", resolve);
  if (const auto proxy = map.Find("proxy")) client.proxy = proxy->Text();
}

std::string ReadVariable(const YamlValue& value, const Environment& environment) {
  const auto name = value.NonEmptyText();
  if (!name) return "";
  const auto text = environment ? environment(name->c_str()) : kUnknown;
  if (text && !text->empty()) return *text;
  value.Error("the environment variable " + *name + " is not set; set it, or give a file");
  return kUnknown;
}

}  // namespace

std::string ReadPath(YamlMap& map, std::string_view key, const ResolvePath& resolve) {
  const auto value = map.Find(key);
  const auto path = value ? value->NonEmptyText() : std::nullopt;
  return path ? resolve(*path) : "";
}

void ReadHttpClient(YamlMap& map, const ResolvePath& resolve, HttpClientOptions& client) {
  client.credentials.user = map.Text("username", "");
  client.credentials.password = map.Text("password", "");
  client.credentials.password_file = ReadPath(map, "password_file", resolve);
  client.credentials.bearer_token = map.Text("bearer_token", "");
  client.credentials.bearer_token_file = ReadPath(map, "bearer_token_file", resolve);
  ReadWay(map, resolve, client);
}

SecretSource ReadSecret(YamlMap& map, const SecretKeys& keys, const ResolvePath& resolve, const Environment& environment) {
  SecretSource secret;
  secret.file = ReadPath(map, keys.file, resolve);
  const auto variable = map.Find(keys.variable);
  if (variable) secret.text = ReadVariable(*variable, environment);
  if (variable && !secret.file.empty()) {
    variable->Error("there are both " + std::string(keys.file) + " and " + std::string(keys.variable) + "; give one of them");
  }
  for (const auto& [key, value] : map.Entries()) {
    if (key.node().text != keys.plain) continue;
    (void)map.Find(keys.plain);
    value.Error("a secret does not stand in the configuration; write it to a file and give " + std::string(keys.file) +
                ", or name a variable: " + std::string(keys.variable));
  }
  return secret;
}

void ReadSecretiveClient(YamlMap& map, const ResolvePath& resolve, const Environment& environment, HttpClientOptions& client) {
  client.credentials.user = map.Text("username", "");
  SecretSource password = ReadSecret(map, kPassword, resolve, environment);
  client.credentials.password = password.text;
  client.credentials.password_file = password.file;
  SecretSource bearer = ReadSecret(map, kBearer, resolve, environment);
  client.credentials.bearer_token = std::move(bearer.text);
  client.credentials.bearer_token_file = std::move(bearer.file);
  if (!client.credentials.user.empty() && !password.given()) {
    map.Find("username")->Error("there is no password for it; add password_file or password_env");
  }
  ReadWay(map, resolve, client);
}

}  // namespace logmill
