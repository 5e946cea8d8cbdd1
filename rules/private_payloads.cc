#include <algorithm>

#include "rules/private_forms.h"
#include "rules/text_scan.h"

namespace logmill {
namespace {

constexpr size_t npos = std::string_view::npos;

bool IsEnclosed(std::string_view value) {
  const size_t begin = value.find_first_not_of(" \t");
  if (begin == npos) return false;
  const char first = value[begin];
  const char last = value[value.find_last_not_of(" \t")];
  return (first == '{' && last == '}') || (first == '[' && last == ']');
}

// What a brace or bracket begins, up to its end or that of the text, without the white space in front.
std::string_view Inside(std::string_view value, size_t open, char close) {
  const std::string_view inside = value.substr(open + 1, value.find(close, open + 1) - open - 1);
  return inside.substr(std::min(inside.find_first_not_of(" \t"), inside.size()));
}

bool IsQuote(char c) { return c == '"' || c == '\'' || c == '`'; }

// {"a":1}, { a: 1 }, {a=1}, but not {id} and {}.
bool IsObject(std::string_view inside) { return inside.size() > 2 && (IsQuote(inside[0]) || inside.find_first_of(":=") != npos); }

// ["a"], [ 1, 2 ], [{...}], but not [warn].
bool IsList(std::string_view inside) {
  if (inside.size() < 2) return false;
  return IsQuote(inside[0]) || inside[0] == '{' || (inside.find(',') != npos && (IsDigit(inside[0]) || inside[0] == '-'));
}

bool HasDump(std::string_view value) {
  for (size_t at = FindSign<'{', '['>(value); at != npos; at = FindSign<'{', '['>(value, at + 1)) {
    if (value[at] == '{' ? IsObject(Inside(value, at, '}')) : IsList(Inside(value, at, ']'))) return true;
  }
  return value.find("%7B%22") != npos || value.find("%7b%22") != npos;
}

bool HasMarkup(std::string_view value) {
  for (size_t at = value.find("</"); at != npos; at = value.find("</", at + 1)) {
    if (IsLetter(At(value, at + 2))) return true;
  }
  return value.find("<?xml") != npos || value.find("<!--") != npos || value.find("<!DOCTYPE") != npos || value.find("<Buffer ") != npos;
}

// data:image/png;base64,... and data:,...
bool HasDataUri(std::string_view value) {
  if (value.find(':') == npos) return false;
  for (size_t at = FindWord(value, "data"); at != npos; at = FindWord(value, "data", at + 1)) {
    if (At(value, at + 4) != ':') continue;
    const std::string_view type = Run(value, at + 5, [](char c) { return c > ' ' && c != ','; });
    const bool comma = At(value, at + 5 + type.size()) == ',';
    if (comma && (type.empty() || type.find('/') != npos || type.ends_with(";base64"))) return true;
  }
  return false;
}

// Nothing but signs stands before it in its sentence.
bool BeginsSentence(std::string_view value, size_t at) {
  while (at > 0 && value[at - 1] == ' ') --at;
  return !IsWord(Before(value, at));
}

// "Select a file" is English: a capital in front alone.
bool IsSqlCase(std::string_view word) { return IsUpper(word[0]) == IsUpper(word[1]); }

bool HasSelect(std::string_view value) {
  const size_t at = FindWord(value, "select");
  const size_t from = at == npos ? npos : FindWord(value, "from", at + 6);
  if (from == npos) return false;
  if (BeginsSentence(value, at) && IsSqlCase(value.substr(at))) return true;
  return value.find_first_of("\"*=(`", at) != npos || FindWord(value, "where", from) != npos;
}

// A verb of SQL and a word that has to follow it somewhere, with signs or words that English has not.
bool HasStatement(std::string_view value, std::string_view verb, std::string_view next, std::string_view signs, std::string_view last) {
  const size_t at = FindWord(value, verb);
  const size_t second = at == npos ? npos : FindWord(value, next, at + verb.size());
  if (second == npos) return false;
  const bool upper = IsUpper(value[at]) && IsUpper(value[at + 1]);
  return upper || value.find_first_of(signs, second) != npos || FindWord(value, last, second) != npos;
}

bool HasSql(std::string_view value) {
  if (value.find(' ') == npos) return false;
  return HasSelect(value) || HasStatement(value, "insert", "into", "\"(`", "values") ||
         HasStatement(value, "update", "set", "=", "where") || HasStatement(value, "delete", "from", "\"=`", "where");
}

bool IsTokenChar(char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '-' || c == '.' || c == '/' || c == '+' || c == '='; }

bool HasDigit(std::string_view text) { return std::any_of(text.begin(), text.end(), IsDigit); }

struct KeyPrefix {
  std::string_view text;
  size_t least;  // bytes that follow
  bool strict;   // they are letters and digits, both: names begin like this too (ASIA_SOUTHEAST)
};
constexpr KeyPrefix kKeyPrefixes[] = {{"AKIA", 12, false},          {"ASIA", 12, true},         {"AIza", 20, false},
                                      {"ya29.", 10, false},         {"eyJ", 8, false},          {"sk_live_", 6, false},
                                      {"sk_test_", 6, false},       {"pk_live_", 6, false},     {"pk_test_", 6, false},
                                      {"rk_live_", 6, false},       {"whsec_", 8, false},       {"ghp_", 10, false},
                                      {"gho_", 10, false},          {"ghu_", 10, false},        {"ghs_", 10, false},
                                      {"ghr_", 10, false},          {"github_pat_", 10, false}, {"glpat-", 8, false},
                                      {"xoxa-", 4, false},          {"xoxb-", 4, false},        {"xoxp-", 4, false},
                                      {"xoxr-", 4, false},          {"xoxs-", 4, false},        {"sk-ant-", 8, false},
                                      {"sk-proj-", 8, false},       {"sk-", 20, true},          {"hf_", 20, true},
                                      {"npm_", 30, true},           {"dop_v1_", 16, false},     {"SG.", 16, true},
                                      {"AGE-SECRET-KEY-", 8, false}};

bool IsKey(std::string_view token) {
  return std::any_of(std::begin(kKeyPrefixes), std::end(kKeyPrefixes), [token](const KeyPrefix& prefix) {
    const std::string_view rest = token.substr(std::min(prefix.text.size(), token.size()));
    if (!token.starts_with(prefix.text)) return false;
    const std::string_view key = prefix.strict ? Run(rest, 0, IsLetterOrDigit) : rest;
    return key.size() >= prefix.least && (!prefix.strict || HasDigit(key));
  });
}

// "Bearer authentication" is no key.
bool IsCredential(std::string_view token) {
  constexpr size_t kShortest = 8;
  constexpr size_t kLongerThanWords = 20;
  return token.ends_with('=') || (token.size() >= kShortest && (HasDigit(token) || token.size() > kLongerThanWords));
}

// Bearer abc123...
bool HasCredentials(std::string_view value) {
  if (value.find(' ') == npos) return false;
  for (std::string_view scheme : {"bearer", "basic"}) {
    for (size_t at = FindWord(value, scheme); at != npos; at = FindWord(value, scheme, at + 1)) {
      const size_t begin = value.find_first_not_of(' ', at + scheme.size());
      if (begin == npos || begin == at + scheme.size()) continue;
      if (IsCredential(Run(value, begin, IsTokenChar))) return true;
    }
  }
  return false;
}

}  // namespace

bool IsDocument(std::string_view value) {
  if (value.size() > kMaxLabelBytes || FindSign<'\n', '\r'>(value) != npos) return true;
  return IsEnclosed(value) || HasDump(value) || HasMarkup(value) || HasDataUri(value) || HasSql(value);
}

bool HasToken(std::string_view value) {
  for (size_t at = 0; at < value.size(); ++at) {
    if (!IsLetter(value[at])) continue;
    if (!IsAsciiLetterOrDigit(Before(value, at)) && IsKey(Run(value, at, IsTokenChar))) return true;
    at += Run(value, at, IsAsciiLetterOrDigit).size();
  }
  return value.find("-----BEGIN ") != npos || HasCredentials(value);
}

}  // namespace logmill
