#include "rules/privacy_guard.h"

#include <string>

#include "base/color_code.h"
#include "rules/private_forms.h"
#include "rules/uuid.h"

namespace logmill {

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
    case PrivateKind::kToken:
      return "token";
    case PrivateKind::kNotAUserId:
      return "not_a_user_id";
  }
  return "none";
}

namespace {

// A colour is no part of the word beside it.
std::string WithoutColors(std::string_view value) {
  std::string plain;
  for (size_t at = 0; at < value.size();) {
    const size_t code = ColorCodeAt(value, at);
    plain += code > 0 ? ' ' : value[at];
    at += code > 0 ? code : 1;
  }
  return plain;
}

PrivateKind ClassifyPlain(std::string_view value) {
  if (HasUrl(value)) return PrivateKind::kUrl;
  if (HasEmail(value)) return PrivateKind::kEmail;
  if (HasToken(value)) return PrivateKind::kToken;
  if (HasUuid(value)) return PrivateKind::kUuid;
  if (HasAddress(value)) return PrivateKind::kIp;
  if (HasPath(value)) return PrivateKind::kPath;
  return PrivateKind::kNone;
}

}  // namespace

PrivateKind Classify(std::string_view value) {
  if (IsDocument(value)) return PrivateKind::kDocument;
  return value.find('\x1b') == std::string_view::npos ? ClassifyPlain(value) : ClassifyPlain(WithoutColors(value));
}

PrivateKind ClassifyUserId(std::string_view value) {
  const bool uuid = value.size() == kUuidSize && StartsWithUuid(value);
  return value.empty() || uuid ? PrivateKind::kNone : PrivateKind::kNotAUserId;
}

}  // namespace logmill
