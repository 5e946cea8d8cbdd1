// What a request proves who it is by. Internal to net/, but for shipping/, where stores want a secret in a header of their own.
#pragma once

#include <expected>
#include <string>

#include "net/http_client.h"
#include "net/http_url.h"

namespace logmill {

struct HttpSecret {
  std::string user;
  std::string password;
  std::string bearer;  // instead of the others

  [[nodiscard]] bool basic() const { return !user.empty() || !password.empty(); }
};

// Reads the files. The error names the file or what is wrong, and holds nothing of a secret.
std::expected<HttpSecret, std::string> ReadHttpSecret(const HttpCredentials& credentials, const HttpUrl& url);

// What is wrong with the credentials, or "".
std::string CheckCredentials(const HttpCredentials& credentials);

}  // namespace logmill
