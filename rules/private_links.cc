#include <algorithm>

#include "rules/private_forms.h"
#include "rules/text_scan.h"

namespace logmill {
namespace {

constexpr size_t npos = std::string_view::npos;

bool IsHostChar(char c) { return IsLetterOrDigit(c) || c == '-' || c == '.'; }

bool HasScheme(std::string_view value) {
  for (size_t at = value.find("://"); at != npos; at = value.find("://", at + 1)) {
    if (IsLetter(Before(value, at)) || IsDigit(Before(value, at))) return true;
  }
  return false;
}

bool HasWww(std::string_view value) {
  if (value.find('.') == npos) return false;
  for (size_t at = 0; at + 4 < value.size(); ++at) {
    if (EqualsIgnoringCase(value.substr(at, 4), "www.") && !IsWord(Before(value, at)) && IsWord(value[at + 4])) return true;
  }
  return false;
}

// Names of programs and of what programs are made of end like this, not hosts: Node.js/22, main.ts/x.
bool IsProgramSuffix(std::string_view suffix) {
  static constexpr std::string_view kSuffixes[] = {"cjs", "class", "cpp", "exe", "go", "jar", "java", "js", "jsx",
                                                   "lua", "mjs",   "php", "pl",  "py", "rb",  "so",   "ts", "tsx"};
  return IsOneOfIgnoringCase(suffix, kSuffixes);
}

// photos.example.org, in one case: Greeter.Hello is a class.
bool IsPublicHost(std::string_view host) {
  const size_t dot = host.rfind('.');
  if (dot == npos || dot == 0 || host[0] == '-') return false;
  const std::string_view top = host.substr(dot + 1);
  const bool mixed = std::any_of(host.begin(), host.end(), IsLower) && std::any_of(host.begin(), host.end(), IsUpper);
  return top.size() >= 2 && !mixed && std::none_of(top.begin(), top.end(), IsDigit) && !IsProgramSuffix(top);
}

// 18.0.1, v1, the 2 of Repo.get/2: what follows the slash of a product, an API group or a function.
bool IsVersionOrCount(std::string_view path) {
  const bool v = path.starts_with('v') || path.starts_with('V');
  if (v) path.remove_prefix(1);
  if (path.empty() || !IsDigit(path[0])) return false;
  const std::string_view number = Run(path, 0, [](char c) { return IsDigit(c) || c == '.'; });
  const bool dotted = number.find('.') != npos;
  return v || dotted || (path.size() <= 2 && number.size() == path.size());
}

// localhost:3001, nas:8080; 10/20 of "job:10/20" is no port.
bool HasPort(std::string_view value, size_t slash) {
  const std::string_view port = RunBefore(value, slash, IsDigit);
  const size_t colon = slash - port.size();
  return port.size() >= 4 && port.size() <= 5 && Before(value, colon) == ':' && colon >= 2 && IsHostChar(value[colon - 2]);
}

// example.org/x, example.org:8443/x, example.org?x=1
bool HasHostWithPath(std::string_view value) {
  for (size_t at = FindSign<'/', '?'>(value); at != npos; at = FindSign<'/', '?'>(value, at + 1)) {
    const std::string_view path = Run(value, at + 1, [](char c) { return c > ' '; });
    if (path.empty()) continue;
    if (value[at] == '/' && HasPort(value, at) && IsLetter(path[0])) return true;
    size_t end = at;
    const std::string_view port = RunBefore(value, end, IsDigit);
    if (!port.empty() && Before(value, end - port.size()) == ':') end -= port.size() + 1;
    const std::string_view host = RunBefore(value, end, IsHostChar);
    const char before = Before(value, end - host.size());
    if (before == '/' || before == '_' || before == '@' || before == '$' || !IsPublicHost(host)) continue;
    if (value[at] == '?' ? path.find('=') != npos : !IsVersionOrCount(path)) return true;
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

// What follows the @ of a package: 1.2.3, v5, latest, npm:..., sha256:...; or of a dumped object, 1b2c3d.
bool IsVersionTag(std::string_view host) {
  static constexpr std::string_view kTags[] = {"alpha",   "beta",     "canary", "catalog", "dev",      "edge",    "file", "git",
                                               "head",    "latest",   "link",   "lts",     "main",     "master",  "md5",  "next",
                                               "nightly", "npm",      "patch",  "portal",  "rc",       "release", "sha1", "sha256",
                                               "sha512",  "snapshot", "stable", "test",    "workspace"};
  if (host.empty() || IsDigit(host[0]) || (ToLower(host[0]) == 'v' && IsDigit(At(host, 1)))) return true;
  const std::string_view word = Run(host, 0, IsLetterOrDigit);
  return IsOneOfIgnoringCase(word, kTags) || (word.size() >= 6 && std::all_of(word.begin(), word.end(), [](char c) {
                                                return IsDigit(c) || (ToLower(c) >= 'a' && ToLower(c) <= 'f');
                                              }));
}

// PhotoController: two capitals or more, the first letter one of them. Methods stand after its @.
bool IsClassName(std::string_view name) {
  return !name.empty() && IsUpper(name[0]) && std::count_if(name.begin(), name.end(), IsUpper) >= 2 &&
         std::any_of(name.begin(), name.end(), IsLower);
}

// alice@nas
bool IsLocalMail(std::string_view name, std::string_view host) {
  while (host.ends_with('.') || host.ends_with('-')) host.remove_suffix(1);
  if (host.find('.') != npos || IsVersionTag(host) || IsClassName(name)) return false;
  return std::any_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsForeign(c); });
}

}  // namespace

bool HasUrl(std::string_view value) { return HasScheme(value) || HasWww(value) || HasHostWithPath(value); }

bool HasEmail(std::string_view value) {
  for (size_t at = FindSign<'@', '%'>(value); at != npos; at = FindSign<'@', '%'>(value, at + 1)) {
    const bool escaped = value.substr(at, 3) == "%40";
    if (value[at] == '%' && !escaped) continue;
    const char before = Before(value, at);
    const bool has_name = IsWord(before) || (before > ' ' && std::string_view(".+-%'\"!#$&*=?^`{|}~").find(before) != npos);
    const std::string_view host = Run(value, at + (escaped ? 3 : 1), IsHostChar);
    if (has_name && (IsMailHost(host) || IsLocalMail(RunBefore(value, at, IsWord), host))) return true;
  }
  return false;
}

}  // namespace logmill
