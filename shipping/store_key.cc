#include "shipping/store_key.h"

#include <algorithm>

#include "net/http_secret.h"

namespace logmill {

std::expected<std::string, std::string> StoreKey::Read() const {
  auto secret = ReadHttpSecret({.bearer_token = text, .bearer_token_file = file}, HttpUrl{});
  if (!secret) return std::unexpected(secret.error());
  return std::move(secret->bearer);
}

std::string StoreKey::Check(const std::string& name) const {
  if (text.empty() && file.empty()) return "there is no " + name + ", and no file with it";
  if (!text.empty() && !file.empty()) return "there may be a " + name + " or a file with it, not both";
  const bool bad = std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; });
  return bad ? "the " + name + " cannot hold blanks, line breaks or other control characters" : "";
}

}  // namespace logmill
