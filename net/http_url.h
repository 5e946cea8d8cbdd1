// A URL to ask, taken apart. Internal to net/, but for DescribeUrl().
#pragma once

#include <expected>
#include <string>

namespace logmill {

struct HttpUrl {
  std::string text;         // as it is requested: without user, password and fragment
  std::string user;         // percent-decoded; "" when there is none
  std::string password;     // likewise
  std::string scheme;       // "http" or "https"
  std::string host;         // IPv6 addresses in brackets
  std::string port;         // decimal, also when it is the scheme's own
  std::string target;       // path and query
  std::string authority;    // as in a Host header: the port only when it was given
  std::string description;  // for people: SCHEME://HOST[:PORT]/PATH, and "?..." when there is a query

  // What credentials are meant for: scheme, host and port.
  [[nodiscard]] bool SameOrigin(const HttpUrl& other) const { return scheme == other.scheme && host == other.host && port == other.port; }
};

// Only http:// and https:// with a host. The error says what would be right and repeats nothing of the text, which may hold a password.
std::expected<HttpUrl, std::string> ParseHttpUrl(const std::string& text);

// HttpUrl::description; or "a URL that cannot be read".
std::string DescribeUrl(const std::string& text);

}  // namespace logmill
