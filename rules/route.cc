#include "rules/route.h"

#include <algorithm>

#include "rules/uuid.h"

namespace logmill {
namespace {

constexpr size_t kMaxSegments = 8;
constexpr size_t kMaxSegmentBytes = 32;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsJoint(char c) { return c == '-' || c == '_'; }

bool IsLowerCaseWord(std::string_view word) {
  int digits = 0;
  bool hex = true;
  bool at_start = true;
  for (char c : word) {
    if (!IsLower(c) && !IsDigit(c) && !IsJoint(c)) return false;
    if (at_start && IsDigit(c)) return false;
    at_start = IsJoint(c);
    digits += IsDigit(c) ? 1 : 0;
    hex = hex && IsHexDigit(c);
  }
  constexpr size_t kShortestHash = 8;
  const bool hash = hex && digits > 0 && word.size() >= kShortestHash;
  return digits <= 2 && !hash;
}

bool IsCamelCaseWord(std::string_view word) {
  size_t humps = 1;
  for (size_t i = 1; i < word.size(); ++i) {
    if (!IsLower(word[i]) && !IsUpper(word[i])) return false;
    const bool ends = i + 1 == word.size() || IsUpper(word[i + 1]);
    if (IsUpper(word[i]) && ends) return false;
    humps += IsUpper(word[i]) ? 1 : 0;
  }
  constexpr size_t kLettersPerHump = 4;  // random letters change case far more often
  return word.size() >= humps * kLettersPerHump;
}

bool IsPlainWord(std::string_view segment) {
  if (segment.size() > kMaxSegmentBytes) return false;
  if (segment.starts_with('.') || segment.starts_with('_')) segment.remove_prefix(1);
  return !segment.empty() && IsLower(segment[0]) && (IsLowerCaseWord(segment) || IsCamelCaseWord(segment));
}

std::string_view PathOf(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || url.find('/') < scheme) return url;
  const size_t path = url.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : url.substr(path);
}

}  // namespace

void AppendRoute(std::string_view url, std::string* out) {
  if (url.empty()) return;
  const size_t begin = out->size();
  size_t segments = 0;
  for (std::string_view rest = PathOf(url); !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
    if (segment.empty()) continue;
    if (segments++ == kMaxSegments) {
      *out += "/...";
      break;
    }
    *out += '/';
    *out += IsPlainWord(segment) ? segment : ":id";
  }
  if (out->size() == begin) *out += '/';
}

}  // namespace logmill
