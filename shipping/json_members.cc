#include "shipping/json_members.h"

#include "ingest/json_text.h"

namespace logmill {
namespace {

struct Token {
  json::Stop stop;
  JsonValue value;
};

Token ScanString(json::Scanner& scanner, const char* quote) {
  Token token;
  const char* const begin = quote + 1;
  token.stop = scanner.String(begin, &token.value.escaped);
  token.value.kind = JsonKind::kString;
  if (token.stop.ok) token.value.raw = {begin, static_cast<size_t>(token.stop.at - 1 - begin)};
  return token;
}

Token ScanValue(json::Scanner& scanner, const char* p) {
  if (p == scanner.end()) return {.stop = {p, false}, .value = {}};
  if (*p == '"') return ScanString(scanner, p);
  Token token;
  if (*p == '{' || *p == '[') {
    token.value.kind = *p == '{' ? JsonKind::kObject : JsonKind::kArray;
    token.stop = scanner.Nested(p);
  } else if (*p == '-' || (*p >= '0' && *p <= '9')) {
    token.value.kind = JsonKind::kNumber;
    token.stop = json::ScanNumber(p, scanner.end());
  } else {
    token.stop = json::ScanLiteral(p, scanner.end());
  }
  if (token.stop.ok) token.value.raw = {p, static_cast<size_t>(token.stop.at - p)};
  return token;
}

}  // namespace

bool JsonValue::Means(std::string_view text) const {
  if (kind != JsonKind::kString) return false;
  return escaped ? json::UnescapesTo(raw, text) : raw == text;
}

JsonMembers::JsonMembers(std::string_view text) : text_(text), at_(json::Scanner(text).SkipSpace(text.data())) {
  const char* const end = text_.data() + text_.size();
  if (at_ != end && (*at_ == '{' || *at_ == '[')) end_ = *at_++ == '{' ? '}' : ']';
}

bool JsonMembers::Next() {
  if (end_ == 0 || !valid_) return Fail();
  const json::Scanner scanner(text_);
  at_ = scanner.SkipSpace(at_);
  if (at_ == scanner.end()) return Fail();
  if (*at_ == end_) {
    end_ = 0;
    return false;
  }
  if (!first_) {
    if (*at_ != ',') return Fail();
    at_ = scanner.SkipSpace(at_ + 1);
  }
  first_ = false;
  return (end_ == ']' || ReadKey()) && ReadValue();
}

bool JsonMembers::ReadKey() {
  json::Scanner scanner(text_);
  if (at_ == scanner.end() || *at_ != '"') return Fail();
  const Token key = ScanString(scanner, at_);
  if (!key.stop.ok) return Fail();
  key_ = key.value;
  at_ = scanner.SkipSpace(key.stop.at);
  if (at_ == scanner.end() || *at_ != ':') return Fail();
  at_ = scanner.SkipSpace(at_ + 1);
  return true;
}

bool JsonMembers::ReadValue() {
  json::Scanner scanner(text_);
  const Token value = ScanValue(scanner, at_);
  if (!value.stop.ok) return Fail();
  value_ = value.value;
  at_ = value.stop.at;
  return true;
}

bool JsonMembers::Fail() {
  valid_ = false;
  return false;
}

std::string_view TextOf(const JsonValue& string, std::string& scratch) {
  if (!string.escaped) return string.raw;
  scratch.resize(string.raw.size());
  scratch.resize(json::Unescape(string.raw, scratch.data()));
  return scratch;
}

std::string_view CutAtCharacter(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace logmill
