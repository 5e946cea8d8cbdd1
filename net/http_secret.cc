#include "net/http_secret.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "net/http_field.h"

namespace logmill {
namespace {

constexpr size_t kMostSecretBytes = size_t{64} << 10;

std::unexpected<std::string> Unreadable(const std::string& path, const std::string& why) {
  return std::unexpected("cannot read " + path + ": " + why);
}

std::expected<std::string, std::string> ReadSecretFile(const std::string& path) {
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(path, error);  // a pipe could make us wait
  if (error) return Unreadable(path, error.message());
  if (!regular) return Unreadable(path, "it is not a regular file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostSecretBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return Unreadable(path, std::system_category().message(errno));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMostSecretBytes) return Unreadable(path, "it is too long for a secret");
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return Unreadable(path, "it is empty");
  if (!IsFieldValue(text)) return Unreadable(path, "a secret has to be one line");
  return text;
}

std::expected<std::string, std::string> ValueOrFile(const std::string& value, const std::string& file) {
  return file.empty() ? value : ReadSecretFile(file);
}

}  // namespace

std::string CheckCredentials(const HttpCredentials& credentials) {
  const bool password = !credentials.password.empty() || !credentials.password_file.empty();
  const bool bearer = !credentials.bearer_token.empty() || !credentials.bearer_token_file.empty();
  if (bearer && (password || !credentials.user.empty())) return "there may be a user and password or a bearer token, not both";
  if (!credentials.password.empty() && !credentials.password_file.empty()) return "there may be a password or a file with it, not both";
  if (!credentials.bearer_token.empty() && !credentials.bearer_token_file.empty())
    return "there may be a bearer token or a file with it, not both";
  if (credentials.user.find(':') != std::string::npos) return "a user's name cannot hold a colon";
  for (const std::string* text : {&credentials.user, &credentials.password, &credentials.bearer_token}) {
    if (!IsFieldValue(*text)) return "user, password and token cannot hold line breaks or other control characters";
  }
  return "";
}

std::expected<HttpSecret, std::string> ReadHttpSecret(const HttpCredentials& credentials, const HttpUrl& url) {
  const auto bearer = ValueOrFile(credentials.bearer_token, credentials.bearer_token_file);
  if (!bearer) return std::unexpected(bearer.error());
  const auto password = ValueOrFile(credentials.password, credentials.password_file);
  if (!password) return std::unexpected(password.error());
  HttpSecret secret{.user = credentials.user, .password = *password, .bearer = *bearer};
  if (secret.bearer.empty() && !secret.basic()) secret = {.user = url.user, .password = url.password, .bearer = ""};
  return secret;
}

}  // namespace logmill
