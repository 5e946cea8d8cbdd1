#include <algorithm>

#include "rules/private_forms.h"
#include "rules/text_scan.h"
#include "rules/uuid.h"

namespace logmill {
namespace {

constexpr size_t npos = std::string_view::npos;

// Like StartsWithUuid(), with any sign between the groups, the same one each time.
bool StartsWithJoinedUuid(std::string_view text) {
  if (text.size() < kUuidSize) return false;
  const char joint = text[8];
  if (IsLetterOrDigit(joint)) return false;
  for (size_t i = 0; i < kUuidSize; ++i) {
    const bool between = i == 8 || i == 13 || i == 18 || i == 23;
    if (between ? text[i] != joint : !IsHexDigit(text[i])) return false;
  }
  return true;
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
bool IsVersionPrefix(std::string_view value, size_t at) {
  return at > 0 && ToLower(value[at - 1]) == 'v' && !IsWord(Before(value, at - 1));
}

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

// Groups of hexadecimal digits with a sign between them.
struct HexGroups {
  int count = 0;
  int joints = 0;
  bool gap = false;  // two signs in a row
  bool digit = false;
  bool lower = false;
  bool upper = false;
  size_t first = 0;  // sizes
  size_t longest = 0;
  size_t shortest = npos;
};

HexGroups CountGroups(std::string_view text, char joint) {
  HexGroups groups;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == joint) {
      groups.gap = groups.gap || At(text, at + 1) == joint;
      ++groups.joints;
      ++at;
      continue;
    }
    const std::string_view group = Run(text, at, IsHexDigit);
    groups.digit = groups.digit || std::any_of(group.begin(), group.end(), IsDigit);
    groups.lower = groups.lower || std::any_of(group.begin(), group.end(), IsLower);
    groups.upper = groups.upper || std::any_of(group.begin(), group.end(), IsUpper);
    groups.longest = std::max(groups.longest, group.size());
    groups.shortest = std::min(groups.shortest, group.size());
    if (groups.count++ == 0) groups.first = group.size();
    at += group.size();
  }
  return groups;
}

// Without a digit it could be a name of a program, Ab::Cd; then the first group has to be a whole one and the letters of one case.
bool IsIpv6(std::string_view text) {
  while (text.ends_with(':') && !text.ends_with("::")) text.remove_suffix(1);
  const HexGroups groups = CountGroups(text, ':');
  if (groups.longest > 4) return false;
  const bool named = !groups.digit && (groups.first != 4 || groups.lower == groups.upper || text.ends_with(':'));
  if (named) return false;
  return groups.gap ? groups.count <= 8 : groups.count == 8 && groups.joints == 7;
}

// 00:1a:2b:3c:4d:5e, 00-1a-2b-3c-4d-5e, 001a.2b3c.4d5e. In the last form decimal digits alone are a version, unless they begin with 0.
bool IsMac(std::string_view text, char joint) {
  const HexGroups groups = CountGroups(text, joint);
  if (groups.shortest != groups.longest) return false;
  if (joint != '.') return groups.count == 6 && groups.joints == 5 && groups.longest == 2;
  return groups.count == 3 && groups.joints == 2 && groups.longest == 4 && (groups.lower || groups.upper || text[0] == '0');
}

// Of "ip:2001:db8::1" the "ip:"; nothing of Module::1. `run`: what fits an address, behind `before`.
size_t NameBytes(std::string_view run, char before) {
  if (!IsAsciiLetterOrDigit(before)) return 0;
  const size_t colon = run.find(':');
  return colon == npos || At(run, colon + 1) == ':' ? 0 : colon + 1;
}

// Letters of other alphabets may stand right beside an address: they are written without spaces, or they are signs.
bool HasIpv6(std::string_view value) {
  auto fits = [](char c) { return IsHexDigit(c) || c == ':'; };
  for (size_t at = 0; at < value.size(); ++at) {
    if (!fits(value[at])) continue;
    std::string_view run = Run(value, at, fits);
    const size_t end = at + run.size();
    at += NameBytes(run, Before(value, at));
    run = value.substr(at, end - at);
    const char before = Before(value, at);
    const char after = At(value, end);
    const bool joined = before == '_' || after == '_';  // peer_2001:db8::1, but not module_1::add
    const bool alone = !IsAsciiLetterOrDigit(before) && !IsAsciiLetterOrDigit(after) && (!joined || run.find(':') == 4);
    if (alone && run.find(':') != npos && IsIpv6(run)) return true;
    at = end;
  }
  return false;
}

bool HasMac(std::string_view value, char joint) {
  auto fits = [joint](char c) { return IsHexDigit(c) || c == joint; };
  for (size_t at = 0; at < value.size(); ++at) {
    if (!fits(value[at])) continue;
    std::string_view run = Run(value, at, fits);
    const bool alone = !IsAsciiLetterOrDigit(Before(value, at)) && !IsAsciiLetterOrDigit(At(value, at + run.size()));
    at += run.size();
    while (run.ends_with(joint)) run.remove_suffix(1);
    while (run.starts_with(joint)) run.remove_prefix(1);
    if (alone && run.find(joint) != npos && IsMac(run, joint)) return true;
  }
  return false;
}

}  // namespace

bool HasUuid(std::string_view value) {
  constexpr size_t kBareUuid = 32;
  if (value.size() < kBareUuid) return false;
  for (size_t at = 0; at < value.size();) {
    if (StartsWithJoinedUuid(value.substr(at))) return true;
    const size_t run = Run(value, at, IsHexDigit).size();
    if (run == kBareUuid) return true;
    at += 1;
    if (run > 8) at += run - 8 - 1;  // the first group of a UUID that begins inside of this run
  }
  return false;
}

bool HasAddress(std::string_view value) {
  if (FindSign<'.', ':', '-'>(value) == npos) return false;
  return HasIpv4(value) || HasIpv6(value) || HasMac(value, ':') || HasMac(value, '-') || HasMac(value, '.');
}

}  // namespace logmill
