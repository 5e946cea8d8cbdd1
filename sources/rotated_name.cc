#include "sources/rotated_name.h"

#include <algorithm>
#include <array>

namespace logmill {
namespace {

constexpr std::string_view kSeparators = "._-~@:+";
constexpr std::string_view kGzip = ".gz";
constexpr std::array<std::string_view, 6> kWords = {"old", "bak", "backup", "orig", "prev", "save"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A number, or digits with the letters of a time in them: 20261122T143000Z.
bool IsToken(std::string_view token) {
  if (std::ranges::find(kWords, token) != kWords.end()) return true;
  return !token.empty() && IsDigit(token.front()) && std::ranges::all_of(token, [](char c) { return IsDigit(c) || c == 'T' || c == 'Z'; });
}

// Marks only: a separator, a token, a separator, a token ...; several separators in a row count as one; "~" alone is one too.
bool IsMarks(std::string_view text) {
  if (text.empty() || kSeparators.find(text.front()) == text.npos) return false;
  if (text == "~") return true;
  while (!text.empty()) {
    const size_t token = text.find_first_not_of(kSeparators);
    if (token == 0 || token == text.npos) return false;
    const size_t end = std::min(text.find_first_of(kSeparators, token), text.size());
    if (!IsToken(text.substr(token, end - token))) return false;
    text.remove_prefix(end);
  }
  return true;
}

std::string_view WithoutGzip(std::string_view name) {
  if (HasGzipName(name)) name.remove_suffix(kGzip.size());
  return name;
}

// Where marks at the end of the name begin.
size_t MarksAt(std::string_view name) {
  size_t at = name.size();
  for (;;) {
    const size_t separator = name.substr(0, at).find_last_of(kSeparators);
    if (separator == name.npos || separator == 0) return at;
    const std::string_view token = name.substr(separator + 1, at - separator - 1);
    if (!token.empty() && !IsToken(token)) return at;
    at = separator;
  }
}

// The last extension that is no mark, with its dot.
std::string_view Extension(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == name.npos || dot == 0 ? std::string_view() : name.substr(dot);
}

}  // namespace

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }
std::string_view FolderPrefix(std::string_view path) { return path.substr(0, path.rfind('/') + 1); }

bool HasGzipName(std::string_view name) { return name.size() > kGzip.size() && name.ends_with(kGzip); }

bool IsRotatedName(std::string_view base, std::string_view name) {
  const std::string_view plain = WithoutGzip(name);
  if (base.empty() || name == base) return false;
  if (plain == base) return true;
  if (plain.starts_with(base) && IsMarks(plain.substr(base.size()))) return true;
  const std::string_view extension = Extension(base);
  const std::string_view stem = base.substr(0, base.size() - extension.size());
  return !extension.empty() && plain.size() > base.size() && plain.starts_with(stem) && plain.ends_with(extension) &&
         IsMarks(plain.substr(stem.size(), plain.size() - base.size()));
}

std::string RotationKey(std::string_view name) {
  for (size_t size = 0; size != name.size();) {
    size = name.size();
    name = WithoutGzip(name);
    name = name.substr(0, MarksAt(name));
  }
  const std::string_view extension = Extension(name);
  std::string_view stem = name.substr(0, name.size() - extension.size());
  if (!extension.empty()) stem = stem.substr(0, MarksAt(stem));
  return std::string(stem).append(extension);
}

std::string CurrentPath(std::string_view path) { return std::string(FolderPrefix(path)) + RotationKey(BaseName(path)); }

}  // namespace logmill
