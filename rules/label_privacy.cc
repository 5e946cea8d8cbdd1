#include "rules/label_privacy.h"

#include <algorithm>
#include <iterator>
#include <vector>

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
    {"link", Advice::kRoute, true},
    {"user", Advice::kUserId, false},
    {"login", Advice::kUserId, false},
    {"owner", Advice::kUserId, false},
    {"account", Advice::kUserId, false},
    {"person", Advice::kUserId, false},
    {"sender", Advice::kUserId, false},
    {"recipient", Advice::kUserId, false},
    {"author", Advice::kUserId, false},
    {"uploader", Advice::kUserId, false},
    {"username", Advice::kUserId, true},
    {"user_name", Advice::kUserId, true},
    {"full_name", Advice::kUserId, true},
    {"first_name", Advice::kUserId, true},
    {"last_name", Advice::kUserId, true},
    {"middle_name", Advice::kUserId, true},
    {"display_name", Advice::kUserId, true},
    {"real_name", Advice::kUserId, true},
    {"nick_name", Advice::kUserId, true},
    {"firstname", Advice::kUserId, true},
    {"lastname", Advice::kUserId, true},
    {"nickname", Advice::kUserId, true},
    {"surname", Advice::kUserId, true},
    {"person_name", Advice::kUserId, true},
    {"owner_name", Advice::kUserId, true},
    {"email", Advice::kUserId, true},
    {"e_mail", Advice::kUserId, true},
    {"mail", Advice::kUserId, true},
    {"email_address", Advice::kUserId, true},
    {"file", Advice::kEnum, false},
    {"directory", Advice::kEnum, false},
    {"folder", Advice::kEnum, false},
    {"dir", Advice::kEnum, false},
    {"search", Advice::kEnum, false},
    {"session", Advice::kEnum, false},
    {"client", Advice::kEnum, false},
    {"remote", Advice::kEnum, false},
    {"peer", Advice::kEnum, false},
    {"forwarded", Advice::kEnum, false},
    {"body", Advice::kEnum, false},
    {"payload", Advice::kEnum, false},
    {"birthday", Advice::kEnum, false},
    {"coordinates", Advice::kEnum, false},
    {"coords", Advice::kEnum, false},
    {"gps", Advice::kEnum, false},
    {"comment", Advice::kEnum, false},
    {"caption", Advice::kEnum, false},
    {"sql", Advice::kEnum, false},
    {"statement", Advice::kEnum, false},
    {"checksum", Advice::kEnum, false},
    {"filename", Advice::kEnum, true},
    {"file_name", Advice::kEnum, true},
    {"filepath", Advice::kEnum, true},
    {"album_name", Advice::kEnum, true},
    {"ip", Advice::kEnum, true},
    {"ipaddr", Advice::kEnum, true},
    {"ipaddress", Advice::kEnum, true},
    {"ip_address", Advice::kEnum, true},
    {"addr", Advice::kEnum, true},
    {"address", Advice::kEnum, true},
    {"x_forwarded_for", Advice::kEnum, true},
    {"remote_host", Advice::kEnum, true},
    {"client_host", Advice::kEnum, true},
    {"client_name", Advice::kEnum, true},
    {"device_name", Advice::kEnum, true},
    {"device_id", Advice::kEnum, true},
    {"fingerprint", Advice::kEnum, true},
    {"mac", Advice::kEnum, false},
    {"query", Advice::kEnum, true},
    {"query_string", Advice::kEnum, true},
    {"search_text", Advice::kEnum, true},
    {"search_term", Advice::kEnum, true},
    {"user_agent", Advice::kEnum, true},
    {"phone", Advice::kEnum, true},
    {"phone_number", Advice::kEnum, true},
    {"birth_date", Advice::kEnum, true},
    {"date_of_birth", Advice::kEnum, true},
    {"latitude", Advice::kEnum, true},
    {"longitude", Advice::kEnum, true},
    {"lat", Advice::kEnum, false},
    {"lon", Advice::kEnum, false},
    {"lng", Advice::kEnum, false},
    {"request_id", Advice::kEnum, true},
    {"req_id", Advice::kEnum, true},
    {"trace_id", Advice::kEnum, true},
    {"span_id", Advice::kEnum, true},
    {"correlation_id", Advice::kEnum, true},
    {"password", Advice::kNever, true},
    {"passwd", Advice::kNever, true},
    {"passphrase", Advice::kNever, true},
    {"pin_code", Advice::kNever, true},
    {"otp", Advice::kNever, true},
    {"token", Advice::kNever, true},
    {"jwt", Advice::kNever, true},
    {"secret", Advice::kNever, true},
    {"api_key", Advice::kNever, true},
    {"apikey", Advice::kNever, true},
    {"access_key", Advice::kNever, true},
    {"private_key", Advice::kNever, true},
    {"secret_key", Advice::kNever, true},
    {"license_key", Advice::kNever, true},
    {"credential", Advice::kNever, true},
    {"credentials", Advice::kNever, true},
    {"cookie", Advice::kNever, true},
    {"cookies", Advice::kNever, true},
    {"authorization", Advice::kNever, true},
    {"session_id", Advice::kNever, true},
    {"sid", Advice::kNever, true},
};

// Keys under which a thing has its name or its text: user.name, client.0. Then the key before says what it is.
constexpr std::string_view kValueKeys[] = {"id",  "name", "value",    "text",  "title", "label",
                                           "raw", "full", "original", "first", "last",  "display"};

// Parts of a record that are another value in each record, under the names that loggers give them.
struct RecordPart {
  std::string_view name;
  Kind kind;
};
constexpr RecordPart kRecordParts[] = {
    {"message", Kind::kMessage},     {"msg", Kind::kMessage},       {"stack", Kind::kMessage}, {"stack_trace", Kind::kMessage},
    {"stacktrace", Kind::kMessage},  {"traceback", Kind::kMessage}, {"pid", Kind::kPid},       {"process_id", Kind::kPid},
    {"timestamp", Kind::kTimestamp}, {"time", Kind::kTimestamp},    {"ts", Kind::kTimestamp},  {"datetime", Kind::kTimestamp}};

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

std::vector<std::string_view> KeysOf(std::string_view path) {
  std::vector<std::string_view> keys;
  for (size_t at = 0; at <= path.size();) {
    const size_t dot = std::min(path.find('.', at), path.size());
    keys.push_back(path.substr(at, dot - at));
    at = dot + 1;
  }
  return keys;
}

bool IsValueKey(std::string_view key) {
  const bool index = std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
  return index || std::find(std::begin(kValueKeys), std::end(kValueKeys), SnakeCase(key)) != std::end(kValueKeys);
}

// The last key says what the value is. A key before it says so as well when it can end a longer name (password, ip); one that names
// a thing with parts of its own (user, client) does when the last key is one of kValueKeys: user.role is harmless, user.name is not.
const TellingName* FindTellingKey(std::string_view path) {
  const std::vector<std::string_view> keys = KeysOf(path);
  const bool names_thing = IsValueKey(keys.back());
  for (size_t i = keys.size(); i-- > 0;) {
    const TellingName* telling = FindTellingName(keys[i]);
    if (telling != nullptr && (i + 1 == keys.size() || telling->suffix || names_thing)) return telling;
  }
  return nullptr;
}

// What kind of $message, $pid, $timestamp a field or capture is by another name; its own kind when it is none.
Kind RecordKind(const TemplatePiece& piece) {
  if (piece.kind != Kind::kCapture && piece.kind != Kind::kField) return piece.kind;
  const std::string last = SnakeCase(KeysOf(piece.text).back());
  const auto* found =
      std::find_if(std::begin(kRecordParts), std::end(kRecordParts), [&](const RecordPart& part) { return part.name == last; });
  return found == std::end(kRecordParts) ? piece.kind : found->kind;
}

std::string UnboundedProblem(const TemplatePiece& piece) {
  std::string source = "$" + (piece.kind == Kind::kField ? "." + piece.text : piece.text);
  const Kind kind = RecordKind(piece);
  if (kind == Kind::kMessage) {
    if (piece.text.empty()) source += "message";
    return source + " is unbounded text; capture the part that matters, or use enum(...)";
  }
  if (kind == Kind::kPid) {
    if (piece.text.empty()) source += "pid";
    return source + " is another value after each restart, so series would grow without bound; leave it out";
  }
  if (kind != Kind::kTimestamp) return {};
  if (piece.text.empty()) source += "timestamp";
  return source + " is another value in each record, so series would grow without bound; leave it out";
}

std::string PieceProblem(std::string_view label, const TemplatePiece& piece) {
  if (std::string problem = UnboundedProblem(piece); !problem.empty()) return problem;
  if (piece.kind != Kind::kCapture && piece.kind != Kind::kField) return {};
  const TellingName* telling = FindTellingKey(piece.text);
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
