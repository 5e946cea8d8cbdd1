#include "shipping/secret_mask.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "net/http_field.h"
#include "net/http_secret.h"
#include "net/http_url.h"

namespace logmill {
namespace {

constexpr std::string_view kMask = "[secret]";

bool NamesASecret(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kWords{"auth", "key", "token", "secret", "cookie", "password"};
  const std::string lower = LowerCase(name);
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// RFC 4648.
std::string Base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = i; j < i + 3; ++j) group = group << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0U);
    const size_t digits = std::min<size_t>(4, bytes.size() - i + 1);
    for (size_t j = 0; j < 4; ++j) text += j < digits ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

}  // namespace

void SecretMask::Learn(std::string_view secret) {
  if (!secret.empty() && std::ranges::find(secrets_, secret) == secrets_.end()) secrets_.emplace_back(secret);
  // The longest first: one may be a part of another.
  std::ranges::sort(secrets_, std::ranges::greater(), &std::string::size);
}

void SecretMask::LearnHeaders(std::span<const HttpField> headers) {
  for (const HttpField& field : headers) {
    if (!NamesASecret(field.name)) continue;
    Learn(field.value);
    const size_t space = field.value.find(' ');
    if (space != std::string::npos) Learn(std::string_view(field.value).substr(space + 1));
  }
}

void SecretMask::LearnCredentials(const HttpCredentials& credentials, const std::string& url) {
  const auto parsed = ParseHttpUrl(url);
  if (!parsed) return;
  const auto secret = ReadHttpSecret(credentials, *parsed);
  if (!secret) return;
  Learn(secret->bearer);
  Learn(secret->password);
  if (secret->basic()) Learn(Base64(secret->user + ":" + secret->password));
}

std::string SecretMask::Hide(std::string text, size_t least) const {
  for (const std::string& secret : secrets_) {
    if (secret.size() < least) continue;
    for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += kMask.size()) text.replace(at, secret.size(), kMask);
  }
  return text;
}

}  // namespace logmill
