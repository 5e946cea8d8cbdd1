// The keys of the configuration that say how an HTTP server is reached: `username`, `password_file`, `tls`, `proxy`...
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "net/http_client.h"
#include "rules/yaml_reader.h"

namespace logmill {

// Makes a path of the configuration one that can be opened.
using ResolvePath = std::function<std::string(const std::string&)>;

// The path under `key`; "" when there is none.
std::string ReadPath(YamlMap& map, std::string_view key, const ResolvePath& resolve);

// With secrets as plain text, too.
void ReadHttpClient(YamlMap& map, const ResolvePath& resolve, HttpClientOptions& client);

// Where a secret may come from: `KEY_file: PATH` or `KEY_env: VARIABLE`. As plain text it is an error.
struct SecretSource {
  std::string text;  // of the variable
  std::string file;
  [[nodiscard]] bool given() const { return !text.empty() || !file.empty(); }
};
// The keys have to outlive the map: literals.
struct SecretKeys {
  std::string_view plain;
  std::string_view file;
  std::string_view variable;
};
// With an empty `environment`, which nobody knows yet, a variable counts as set.
SecretSource ReadSecret(YamlMap& map, const SecretKeys& keys, const ResolvePath& resolve, const Environment& environment);

// The same keys as ReadHttpClient's, with secrets from files and the environment only.
void ReadSecretiveClient(YamlMap& map, const ResolvePath& resolve, const Environment& environment, HttpClientOptions& client);

}  // namespace logmill
