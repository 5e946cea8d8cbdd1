#include "rules/privacy_guard.h"

#include <algorithm>
#include <iterator>

#include "rules/uuid.h"

namespace logmill {
namespace {

constexpr size_t npos = std::string_view::npos;
constexpr size_t kMaxValueBytes = 128;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsForeign(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool IsWord(char c) { return IsDigit(c) || IsLetter(c) || c == '_' || IsForeign(c); }
char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) { return ToLower(a) == b; });
}

// The byte before or at an offset, or a space outside of the text.
char Before(std::string_view text, size_t at) { return at == 0 ? ' ' : text[at - 1]; }
char At(std::string_view text, size_t at) { return at < text.size() ? text[at] : ' '; }

// The longest piece from `begin` on whose bytes all fit.
template <typename Predicate>
std::string_view Run(std::string_view text, size_t begin, Predicate predicate) {
  size_t end = begin;
  while (end < text.size() && predicate(text[end])) ++end;
  return text.substr(begin, end - begin);
}

bool IsDocument(std::string_view value) {
  if (value.size() > kMaxValueBytes || value.find_first_of("\n\r") != npos) return true;
  const size_t begin = value.find_first_not_of(" \t");
  if (begin == npos) return false;
  const char first = value[begin];
  const char last = value[value.find_last_not_of(" \t")];
  return (first == '{' && last == '}') || (first == '[' && last == ']');
}

bool HasUrl(std::string_view value) {
  for (size_t at = value.find("://"); at != npos; at = value.find("://", at + 1)) {
    if (IsLetter(Before(value, at)) || IsDigit(Before(value, at))) return true;
  }
  for (size_t at = 0; at + 4 < value.size(); ++at) {
    if (EqualsIgnoringCase(value.substr(at, 4), "www.") && !IsWord(Before(value, at)) && IsWord(value[at + 4])) return true;
  }
  return false;
}

// A name with a dot whose last part begins with a letter, or localhost.
bool IsMailHost(std::string_view host) {
  while (host.ends_with('.') || host.ends_with('-')) host.remove_suffix(1);
  if (EqualsIgnoringCase(host, "localhost")) return true;
  const size_t dot = host.rfind('.');
  if (dot == npos || dot == 0) return false;
  const std::string_view top = host.substr(dot + 1);
  return top.size() >= 2 && (IsLetter(top[0]) || IsForeign(top[0]));
}

bool HasEmail(std::string_view value) {
  auto is_host = [](char c) { return IsLetter(c) || IsDigit(c) || IsForeign(c) || c == '-' || c == '.'; };
  for (size_t at = value.find_first_of("@%"); at != npos; at = value.find_first_of("@%", at + 1)) {
    const bool escaped = value.substr(at, 3) == "%40";
    if (value[at] == '%' && !escaped) continue;
    const char before = Before(value, at);
    const bool has_name = IsWord(before) || (before > ' ' && std::string_view(".+-%'\"!#$&*=?^`{|}~").find(before) != npos);
    if (has_name && IsMailHost(Run(value, at + (escaped ? 3 : 1), is_host))) return true;
  }
  return false;
}

bool HasUuid(std::string_view value) {
  for (size_t at = 0; at < value.size();) {
    if (StartsWithUuid(value.substr(at))) return true;
    const size_t run = Run(value, at, IsHexDigit).size();
    constexpr size_t kBareUuid = 32;
    if (run == kBareUuid) return true;
    at += 1;
    if (run > 8) at += run - 8 - 1;  // the first group of a UUID that begins inside of this run
  }
  return false;
}

bool IsOctet(std::string_view digits) {
  if (digits.empty() || digits.size() > 3) return false;
  int number = 0;
  for (char c : digits) number = number * 10 + (c - '0');
  return number <= 255;
}

// The whole of `text` is four octets.
bool IsIpv4(std::string_view text) {
  int octets = 0;
  while (octets < 5) {
    const std::string_view digits = Run(text, 0, IsDigit);
    if (!IsOctet(digits)) return false;
    ++octets;
    text.remove_prefix(digits.size());
    if (text.empty()) break;
    if (text[0] != '.') return false;
    text.remove_prefix(1);
  }
  return octets == 4;
}

// v1.2.3.4 is a version.
bool IsVersionPrefix(std::string_view value, size_t at) { return ToLower(Before(value, at)) == 'v' && !IsWord(Before(value, at - 1)); }

bool HasIpv4(std::string_view value) {
  auto fits = [](char c) { return IsDigit(c) || c == '.'; };
  for (size_t at = 0; at < value.size(); ++at) {
    if (!IsDigit(value[at])) continue;
    std::string_view run = Run(value, at, fits);
    const size_t end = at + run.size();
    while (run.ends_with('.')) run.remove_suffix(1);
    if (IsIpv4(run) && !IsVersionPrefix(value, at)) return true;
    at = end;
  }
  return false;
}

struct ColonGroups {
  int count = 0;  // of hexadecimal digits
  int colons = 0;
  bool gap = false;    // "::"
  bool digit = false;  // 0-9 anywhere
  size_t longest = 0;
  bool all_of_two = true;
};

ColonGroups CountGroups(std::string_view text) {
  ColonGroups groups;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ':') {
      groups.gap = groups.gap || At(text, at + 1) == ':';
      ++groups.colons;
      ++at;
      continue;
    }
    const std::string_view group = Run(text, at, IsHexDigit);
    groups.digit = groups.digit || std::any_of(group.begin(), group.end(), IsDigit);
    groups.longest = std::max(groups.longest, group.size());
    groups.all_of_two = groups.all_of_two && group.size() == 2;
    ++groups.count;
    at += group.size();
  }
  return groups;
}

bool IsIpv6(std::string_view text) {
  while (text.ends_with(':') && !text.ends_with("::")) text.remove_suffix(1);
  const ColonGroups groups = CountGroups(text);
  if (!groups.digit || groups.longest > 4) return false;
  return groups.gap ? groups.count <= 8 : groups.count == 8 && groups.colons == 7;
}

bool IsMac(std::string_view text) {
  const ColonGroups groups = CountGroups(text);
  return groups.count == 6 && groups.colons == 5 && groups.all_of_two;
}

bool HasIpv6OrMac(std::string_view value) {
  auto fits = [](char c) { return IsHexDigit(c) || c == ':'; };
  for (size_t at = 0; at < value.size(); ++at) {
    if (!fits(value[at])) continue;
    const std::string_view run = Run(value, at, fits);
    const bool alone = !IsWord(Before(value, at)) && !IsWord(At(value, at + run.size()));
    if (alone && run.find(':') != npos && (IsIpv6(run) || IsMac(run))) return true;
    at += run.size();
  }
  return false;
}

bool IsPathChar(char c) { return IsWord(c) || c == '.' || c == '-' || c == '~' || c == '%' || c == '+' || c == '@' || c == '$'; }

// The name of a file as people keep them: photos, films, music, documents, archives.
bool IsPersonalFile(std::string_view name) {
  static constexpr std::string_view kExtensions[] = {
      "3gp", "aac",  "arw",  "avi",  "avif", "bmp",  "cr2", "cr3", "csv",  "dng",  "doc", "docx", "flac", "gif",
      "gz",  "heic", "heif", "insp", "insv", "jpeg", "jpg", "jxl", "m4a",  "m4v",  "mkv", "mov",  "mp3",  "mp4",
      "mts", "nef",  "ods",  "odt",  "ogg",  "orf",  "pdf", "png", "ppt",  "pptx", "psd", "raf",  "rar",  "raw",
      "rw2", "svg",  "tar",  "tif",  "tiff", "txt",  "vcf", "wav", "webm", "webp", "xls", "xlsx", "xmp",  "zip"};
  const size_t dot = name.rfind('.');
  if (dot == npos || dot == 0) return false;
  const std::string_view extension = name.substr(dot + 1);
  return std::any_of(std::begin(kExtensions), std::end(kExtensions),
                     [&](std::string_view known) { return EqualsIgnoringCase(extension, known); });
}

// Any name with an extension of up to five letters and digits, one of them a letter.
bool HasExtension(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == npos || dot == 0 || name.size() - dot - 1 > 5) return false;
  const std::string_view extension = name.substr(dot + 1);
  return std::any_of(extension.begin(), extension.end(), IsLetter) && std::all_of(extension.begin(), extension.end(), IsWord);
}

bool IsMimeType(std::string_view text) {
  static constexpr std::string_view kTypes[] = {"application", "audio", "font", "image", "message", "model", "multipart", "text", "video"};
  return std::find(std::begin(kTypes), std::end(kTypes), text.substr(0, text.find('/'))) != std::end(kTypes) &&
         std::count(text.begin(), text.end(), '/') == 1;
}

// `token`: path characters and slashes.
bool IsUnixPath(std::string_view token) {
  const auto slashes = std::count(token.begin(), token.end(), '/');
  if (slashes == 0 || token.find_first_not_of('/') == npos) return false;
  constexpr int kManySlashes = 3;  // time zones have two
  if (token.starts_with('/') || token.starts_with("~/") || token.starts_with("./") || token.starts_with("../") || slashes >= kManySlashes)
    return true;
  return !IsMimeType(token) && HasExtension(token.substr(token.rfind('/') + 1));
}

bool HasUnixPath(std::string_view value) {
  auto fits = [](char c) { return IsPathChar(c) || c == '/'; };
  for (size_t at = 0; at < value.size(); ++at) {
    if (!fits(value[at])) continue;
    std::string_view token = Run(value, at, fits);
    at += token.size();
    while (token.ends_with('.')) token.remove_suffix(1);
    if (IsUnixPath(token) || IsPersonalFile(token)) return true;
  }
  return false;
}

bool HasWindowsPath(std::string_view value) {
  if (value.starts_with("\\\\") && IsWord(At(value, 2))) return true;
  for (size_t at = 1; at + 1 < value.size(); ++at) {
    const bool slash = value[at + 1] == '\\' || value[at + 1] == '/';
    if (value[at] == ':' && slash && IsLetter(value[at - 1]) && !IsWord(Before(value, at - 1))) return true;
  }
  const size_t last = value.rfind('\\');
  return last != npos && HasExtension(Run(value, last + 1, IsPathChar));
}

bool HasPath(std::string_view value) {
  return value.find("%2F") != npos || value.find("%2f") != npos || HasWindowsPath(value) || HasUnixPath(value);
}

}  // namespace

std::string_view PrivateKindName(PrivateKind kind) {
  switch (kind) {
    case PrivateKind::kNone:
      return "none";
    case PrivateKind::kEmail:
      return "email";
    case PrivateKind::kIp:
      return "ip";
    case PrivateKind::kPath:
      return "path";
    case PrivateKind::kUrl:
      return "url";
    case PrivateKind::kUuid:
      return "uuid";
    case PrivateKind::kDocument:
      return "document";
    case PrivateKind::kNotAUserId:
      return "not_a_user_id";
  }
  return "none";
}

PrivateKind Classify(std::string_view value) {
  if (IsDocument(value)) return PrivateKind::kDocument;
  if (HasUrl(value)) return PrivateKind::kUrl;
  if (HasEmail(value)) return PrivateKind::kEmail;
  if (HasUuid(value)) return PrivateKind::kUuid;
  if (HasIpv4(value) || HasIpv6OrMac(value)) return PrivateKind::kIp;
  if (HasPath(value)) return PrivateKind::kPath;
  return PrivateKind::kNone;
}

PrivateKind ClassifyUserId(std::string_view value) {
  const bool uuid = value.size() == kUuidSize && StartsWithUuid(value);
  return value.empty() || uuid ? PrivateKind::kNone : PrivateKind::kNotAUserId;
}

}  // namespace logmill
