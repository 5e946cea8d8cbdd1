#include "rules/label_privacy.h"

#include <algorithm>
#include <iterator>

#include "rules/wording.h"

namespace logmill {
namespace {

using Kind = TemplatePiece::Kind;

enum class Advice { kRoute, kUserId, kEnum, kNever };

// A name that says what its value is. `suffix`: also as the end of a longer name (client_ip, source_url).
struct TellingName {
  std::string_view name;
  Advice advice;
  bool suffix;
};

constexpr TellingName kTellingNames[] = {
    {"url", Advice::kRoute, true},
    {"uri", Advice::kRoute, true},
    {"href", Advice::kRoute, true},
    {"path", Advice::kRoute, true},
    {"referer", Advice::kRoute, true},
    {"referrer", Advice::kRoute, true},
    {"user", Advice::kUserId, false},
    {"username", Advice::kUserId, true},
    {"user_name", Advice::kUserId, true},
    {"login", Advice::kUserId, false},
    {"owner", Advice::kUserId, false},
    {"account", Advice::kUserId, false},
    {"person", Advice::kUserId, false},
    {"full_name", Advice::kUserId, true},
    {"first_name", Advice::kUserId, true},
    {"last_name", Advice::kUserId, true},
    {"display_name", Advice::kUserId, true},
    {"real_name", Advice::kUserId, true},
    {"firstname", Advice::kUserId, true},
    {"lastname", Advice::kUserId, true},
    {"surname", Advice::kUserId, true},
    {"person_name", Advice::kUserId, true},
    {"owner_name", Advice::kUserId, true},
    {"email", Advice::kUserId, true},
    {"e_mail", Advice::kUserId, true},
    {"mail", Advice::kUserId, false},
    {"email_address", Advice::kUserId, true},
    {"file", Advice::kEnum, false},
    {"filename", Advice::kEnum, true},
    {"file_name", Advice::kEnum, true},
    {"filepath", Advice::kEnum, true},
    {"directory", Advice::kEnum, false},
    {"folder", Advice::kEnum, false},
    {"album_name", Advice::kEnum, true},
    {"ip", Advice::kEnum, true},
    {"ipaddr", Advice::kEnum, true},
    {"ip_address", Advice::kEnum, true},
    {"addr", Advice::kEnum, true},
    {"address", Advice::kEnum, true},
    {"x_forwarded_for", Advice::kEnum, false},
    {"query", Advice::kEnum, false},
    {"query_string", Advice::kEnum, true},
    {"search", Advice::kEnum, false},
    {"search_text", Advice::kEnum, true},
    {"search_term", Advice::kEnum, true},
    {"user_agent", Advice::kEnum, false},
    {"phone", Advice::kEnum, false},
    {"phone_number", Advice::kEnum, true},
    {"latitude", Advice::kEnum, true},
    {"longitude", Advice::kEnum, true},
    {"body", Advice::kEnum, false},
    {"payload", Advice::kEnum, false},
    {"password", Advice::kNever, true},
    {"passwd", Advice::kNever, true},
    {"pin_code", Advice::kNever, true},
    {"token", Advice::kNever, true},
    {"secret", Advice::kNever, true},
    {"api_key", Advice::kNever, true},
    {"cookie", Advice::kNever, true},
    {"authorization", Advice::kNever, true},
    {"session_id", Advice::kNever, true},
};

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

// clientIp, client-ip, CLIENT_IP → client_ip
std::string SnakeCase(std::string_view name) {
  std::string snake;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (IsUpper(c) && i > 0 && IsLower(name[i - 1])) snake += '_';
    snake += IsUpper(c) ? static_cast<char>(c + ('a' - 'A')) : c == '-' ? '_' : c;
  }
  return snake;
}

bool EndsWithWord(std::string_view name, std::string_view word) {
  return name.size() > word.size() && name.ends_with(word) && name[name.size() - word.size() - 1] == '_';
}

const TellingName* FindTellingName(std::string_view name) {
  const std::string snake = SnakeCase(name);
  const auto* found = std::find_if(std::begin(kTellingNames), std::end(kTellingNames), [&](const TellingName& known) {
    return snake == known.name || (known.suffix && EndsWithWord(snake, known.name));
  });
  return found == std::end(kTellingNames) ? nullptr : found;
}

std::string SourceText(const TemplatePiece& piece) {
  return piece.kind == Kind::kField ? std::string("${.").append(piece.text).append("}") : std::string("$").append(piece.text);
}

std::string AdviceText(Advice advice, const TemplatePiece& piece) {
  const std::string source = SourceText(piece);
  switch (advice) {
    case Advice::kRoute:
      return "use '" + source + " | route'";
    case Advice::kUserId:
      return "label by user_id (a UUID), or use '" + source + " | enum(...)' for values that you know";
    case Advice::kEnum:
      return "leave it out, or use '" + source + " | enum(...)' for values that you know";
    case Advice::kNever:
      return "leave it out";
  }
  return {};
}

std::string_view LastKey(std::string_view path) { return path.substr(path.rfind('.') + 1); }

std::string PieceProblem(std::string_view label, const TemplatePiece& piece) {
  if (piece.kind == Kind::kMessage) return "$message is unbounded text; capture the part that matters, or use enum(...)";
  if (piece.kind == Kind::kPid) return "$pid is another value after each restart, so series would grow without bound; leave it out";
  if (piece.kind == Kind::kTimestamp) return "$timestamp is another value in each record, so series would grow without bound; leave it out";
  if (piece.kind != Kind::kCapture && piece.kind != Kind::kField) return {};
  const TellingName* telling = FindTellingName(LastKey(piece.text));
  if (telling == nullptr) telling = FindTellingName(label);
  if (telling == nullptr) return {};
  return Quote(telling->name) + " as a label would show personal data or grow without bound; " + AdviceText(telling->advice, piece);
}

}  // namespace

std::string LabelPrivacyProblem(std::string_view label, const LabelTemplate& value) {
  if (label == "user_id" || value.safe()) return {};
  for (const TemplatePiece& piece : value.pieces) {
    if (std::string problem = PieceProblem(label, piece); !problem.empty()) return problem;
  }
  return {};
}

}  // namespace logmill
