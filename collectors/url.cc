#include "collectors/url.h"

#include <algorithm>
#include <charconv>

namespace logmill {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes what stands before the first of `marks`, and the mark itself, off `text`.
std::string_view TakeUntil(std::string_view& text, char mark) {
  const size_t end = std::min(text.find(mark), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

bool IsSchemeCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+'; }

constexpr char kBadPercent[] = "\"%\" is not followed by two hexadecimal digits; write %25 for a percent sign";
constexpr char kLateAt[] =
    "a \"@\" stands behind a \"/\" or \"?\"; write %2F and %3F for these in a password, and %40 for a \"@\" elsewhere";

class UrlReader {
 public:
  explicit UrlReader(std::string_view text) : rest_(text) {}

  std::expected<Url, std::string> Read() {
    rest_ = rest_.substr(0, rest_.find('#'));
    if (!ReadScheme()) return std::unexpected("it does not begin with SCHEME://");
    const size_t authority_end = std::min(rest_.find_first_of("/?"), rest_.size());
    const std::string_view authority = rest_.substr(0, authority_end);
    rest_.remove_prefix(authority_end);
    // Else a part of a password would be taken for a host, and shown.
    if (authority.find('@') == std::string_view::npos && rest_.find('@') != std::string_view::npos) return std::unexpected(kLateAt);
    if (std::string error = ReadAuthority(authority); !error.empty()) return std::unexpected(error);
    ReadPathAndQuery();
    if (bad_percent_) return std::unexpected(kBadPercent);
    return std::move(url_);
  }

 private:
  bool ReadScheme() {
    const size_t end = rest_.find("://");
    if (end == std::string_view::npos || end == 0) return false;
    const std::string_view scheme = rest_.substr(0, end);
    if (!std::ranges::all_of(scheme, IsSchemeCharacter)) return false;
    for (const char c : scheme) url_.scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    rest_.remove_prefix(end + 3);
    return true;
  }

  std::string ReadAuthority(std::string_view authority) {
    if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
      std::string_view password = authority.substr(0, at);
      const bool has_password = password.find(':') != std::string_view::npos;
      url_.user = Decoded(TakeUntil(password, ':'));
      if (has_password) url_.password = Decoded(password);
      authority.remove_prefix(at + 1);
    }
    return ReadHost(authority);
  }

  std::string ReadHost(std::string_view text) {
    if (text.starts_with('[')) {
      text.remove_prefix(1);
      if (text.find(']') == std::string_view::npos) return "the \"[\" of an IPv6 address is not closed by \"]\"";
      url_.host = Decoded(TakeUntil(text, ']'));
      if (!text.empty() && text.front() != ':') return "behind the \"]\" of an IPv6 address only :PORT may follow";
      if (!text.empty()) text.remove_prefix(1);
    } else {
      url_.host = Decoded(TakeUntil(text, ':'));
    }
    if (text.empty()) return "";
    url_.port = ParsePort(text);
    return url_.port ? ""
                     : "the port is no number from 1 to 65535; an IPv6 address stands in brackets, and \"/\", \"?\" and \"#\" of a "
                       "password are written %2F, %3F and %23";
  }

  void ReadPathAndQuery() {
    if (rest_.starts_with('/')) rest_.remove_prefix(1);
    url_.path = Decoded(TakeUntil(rest_, '?'));
    while (!rest_.empty()) {
      std::string_view value = TakeUntil(rest_, '&');
      if (value.empty()) continue;
      std::string name = Decoded(TakeUntil(value, '='));
      url_.query.emplace_back(std::move(name), Decoded(value));
    }
  }

  std::string Decoded(std::string_view text) {
    std::optional<std::string> decoded = PercentDecode(text);
    bad_percent_ |= !decoded;
    return decoded ? std::move(*decoded) : "";
  }

  std::string_view rest_;
  Url url_;
  bool bad_percent_ = false;
};

}  // namespace

std::expected<Url, std::string> ParseUrl(std::string_view text) { return UrlReader(text).Read(); }

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || HexDigit(text[i + 1]) < 0 || HexDigit(text[i + 2]) < 0) return std::nullopt;
    decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
    i += 2;
  }
  if (decoded.find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace logmill
