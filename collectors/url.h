// Addresses of the form SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH][?NAME=VALUE&...].
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace logmill {

// All parts are percent-decoded.
struct Url {
  std::string scheme;  // in lower case
  std::string user;
  std::optional<std::string> password;  // "" is one that is there and empty
  std::string host;                     // without the brackets of an IPv6 address; may be empty, or a path ("%2Frun%2Fpostgresql")
  std::optional<uint16_t> port;         // 1 to 65535
  std::string path;                     // without the "/" before it
  std::vector<std::pair<std::string, std::string>> query;
};

// The error says what is wrong and what would be right; it repeats nothing of the text, which may hold a password. A "@" in the password
// need not be encoded, "/", "?" and "#" have to be. A "#" and what follows it are left out.
std::expected<Url, std::string> ParseUrl(std::string_view text);

// "%41" is "A". Nothing when "%" is not followed by two hexadecimal digits, or when a byte 0 results.
std::optional<std::string> PercentDecode(std::string_view text);

// A decimal number from 1 to 65535, without sign and white space.
std::optional<uint16_t> ParsePort(std::string_view text);

}  // namespace logmill
