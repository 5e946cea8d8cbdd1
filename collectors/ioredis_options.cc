#include "collectors/ioredis_options.h"

#include <simdjson.h>

#include <charconv>
#include <limits>
#include <utility>

#include "collectors/url.h"

namespace logmill {
namespace {

namespace dom = simdjson::dom;
using Member = simdjson::simdjson_result<dom::element>;

int SixBits(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool Absent(const Member& member) { return member.error() != simdjson::SUCCESS || member.is_null(); }

// Takes members out of the object, and remembers the first that is not what it should be.
class MemberReader {
 public:
  explicit MemberReader(dom::object object) : object_(object) {}

  void Text(const char* name, std::string& text) {
    const Member member = object_[name];
    std::string_view view;
    if (Absent(member)) return;
    if (member.get(view) != simdjson::SUCCESS || view.find('\0') != view.npos) return Complain(name, "is no text");
    text = view;
  }

  // As a number or as text.
  std::string Digits(const char* name) {
    const Member member = object_[name];
    std::string_view view;
    uint64_t number = 0;
    if (Absent(member)) return "";
    if (member.get(view) == simdjson::SUCCESS) return std::string(view);
    if (member.get(number) == simdjson::SUCCESS) return std::to_string(number);
    Complain(name, "is no number");
    return "";
  }

  // Whether JavaScript takes it for true.
  bool Truth(const char* name) {
    const Member member = object_[name];
    bool flag = true;
    if (Absent(member)) return false;
    return member.get(flag) != simdjson::SUCCESS || flag;
  }

  void Complain(const char* name, const char* what) {
    if (complaint_.empty()) complaint_ = "its member \"" + std::string(name) + "\" " + what;
  }
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  dom::object object_;
  std::string complaint_;
};

void ReadPort(MemberReader& reader, RedisOptions& options) {
  const std::string digits = reader.Digits("port");
  if (digits.empty()) return;
  const auto port = ParsePort(digits);
  if (!port) return reader.Complain("port", "is no number from 1 to 65535");
  options.port = *port;
}

void ReadDatabase(MemberReader& reader, RedisOptions& options) {
  const std::string digits = reader.Digits("db");
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), options.database);
  if (!digits.empty() && (error != std::errc() || end != digits.data() + digits.size())) reader.Complain("db", "is no database index");
}

}  // namespace

std::optional<std::string> DecodeBase64(std::string_view encoded) {
  std::string bytes;
  uint32_t buffer = 0;
  int bits = 0;
  while (!encoded.empty() && (encoded.back() == '=' || IsSpace(encoded.back()))) encoded.remove_suffix(1);
  for (const char c : encoded) {
    if (IsSpace(c)) continue;
    const int six = SixBits(c);
    if (six < 0) return std::nullopt;
    buffer = (buffer << 6) | static_cast<uint32_t>(six);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((buffer >> bits) & 0xff);
  }
  return bits == 6 ? std::nullopt : std::optional(std::move(bytes));
}

std::expected<RedisOptions, std::string> ReadIoredisOptions(std::string_view encoded) {
  const std::optional<std::string> json = DecodeBase64(encoded);
  if (!json) return std::unexpected("what follows ioredis:// is no base64");
  dom::parser parser;
  dom::object object;
  if (parser.parse(*json).get(object) != simdjson::SUCCESS)
    return std::unexpected("what follows ioredis:// is not base64 of a JSON object");
  RedisOptions options;
  options.host = "localhost";  // of ioredis itself
  MemberReader reader(object);
  if (!Absent(object["sentinels"])) reader.Complain("sentinels", "is not supported; name the host that keeps the queues");
  reader.Text("host", options.host);
  reader.Text("path", options.socket);
  reader.Text("username", options.user);
  reader.Text("password", options.password);
  ReadPort(reader, options);
  ReadDatabase(reader, options);
  options.tls = reader.Truth("tls");
  if (!reader.complaint().empty()) return std::unexpected(reader.complaint());
  return options;
}

}  // namespace logmill
