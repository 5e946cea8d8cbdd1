#include "collectors/postgres_error.h"

#include <algorithm>
#include <array>
#include <pqxx/except>
#include <utility>

namespace logmill {
namespace {

constexpr size_t kLongestText = 300;
constexpr size_t kCodeSize = 5;  // of a SQLSTATE

// What a person can do, by SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) or its class.
constexpr std::pair<std::string_view, std::string_view> kAdviceByCode[] = {
    {"28", "set DB_USERNAME and DB_PASSWORD (or DB_PASSWORD_FILE) to a role that may log in from here"},
    {"3D000", "set DB_DATABASE_NAME to a database that exists there"},
    {"42501", "grant what packaging/postgres-read-only.sql grants"},
    {"53300", "raise max_connections, or the role's connection limit"},
    {"55P03", "another session holds a lock, of a migration perhaps; it is tried again"},
    {"57014", "the server is busy, or the timeout too short; it is tried again"},
    {"57P03", "it is tried again"},
};

// Likewise, by what libpq says itself.
constexpr std::pair<std::string_view, std::string_view> kAdviceByWords[] = {
    {"does not support SSL", "switch TLS on in the server, or set DB_SSL_MODE to prefer"},
    {"certificate", "see DB_SSL_MODE, and sslrootcert in DB_URL"},
    {"no password supplied", "set DB_PASSWORD or DB_PASSWORD_FILE"},
    {"refused", "is the server running, and are DB_HOSTNAME and DB_PORT right?"},
    {"No such file", "is the server running, and are DB_HOSTNAME and DB_PORT right?"},
    {"timed out", "is the server running, and are DB_HOSTNAME and DB_PORT right?"},
};

// Classes whose messages hold names of the schema and the server's state, but no values.
constexpr std::array<std::string_view, 8> kHarmlessClasses{"0A", "25", "40", "42", "53", "55", "57", "58"};

bool IsCode(std::string_view text) {
  return text.size() == kCodeSize && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n')); }

struct ServerWords {
  std::string text;
  std::string code;  // "": the server said nothing
};

// "FATAL:  28P01: password authentication failed" → the message and the code. The severity may be in any language.
ServerWords Parse(std::string_view line) {
  const size_t severity_end = line.find(":  ");
  if (severity_end == std::string_view::npos) return {std::string(line), ""};
  line.remove_prefix(severity_end + 3);
  if (line.size() < kCodeSize + 2 || !IsCode(line.substr(0, kCodeSize)) || line.substr(kCodeSize, 2) != ": ")
    return {std::string(line), ""};
  return {std::string(line.substr(kCodeSize + 2)), std::string(line.substr(0, kCodeSize))};
}

// The address that was tried last.
std::string_view LastAttempt(std::string_view text) {
  const size_t failed = text.rfind(" failed: ");
  return FirstLine(failed == std::string_view::npos ? text : text.substr(failed + std::string_view(" failed: ").size()));
}

std::string_view Advice(const ServerWords& words) {
  for (const auto& [code, advice] : kAdviceByCode) {
    if (!words.code.empty() && words.code.starts_with(code)) return advice;
  }
  for (const auto& [part, advice] : kAdviceByWords) {
    if (words.code.empty() && words.text.find(part) != std::string::npos) return advice;
  }
  return "";
}

std::string Sentence(const PostgresOptions& options, ServerWords words) {
  for (char& c : words.text) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  if (words.text.size() > kLongestText) words.text = words.text.substr(0, kLongestText) + "...";
  std::string sentence = options.Description() + ": " + words.text;
  if (!words.code.empty()) sentence += (words.text.empty() ? "SQLSTATE " : " (SQLSTATE ") + words.code + (words.text.empty() ? "" : ")");
  const std::string_view advice = Advice(words);
  return advice.empty() ? sentence : sentence + "; " + std::string(advice);
}

// A server that is no server could send back what it was told. A password that is also the user's name is no secret.
void Mask(std::string& text, std::string_view password, const std::string& user) {
  if (password.empty() || password == user) return;
  for (size_t at = 0; (at = text.find(password, at)) != std::string::npos; at += 3) text.replace(at, password.size(), "***");
}

ServerWords WordsOf(const pqxx::sql_error& error) {
  ServerWords words = Parse(FirstLine(error.what()));
  words.code = error.sqlstate();
  // libpqxx leaves out the code of this one.
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) words.code = "42501";
  const bool harmless = std::ranges::any_of(kHarmlessClasses, [&](std::string_view prefix) { return words.code.starts_with(prefix); });
  if (!harmless) words.text = words.code.empty() ? "the server refused a query" : "";
  return words;
}

}  // namespace

std::string PostgresConnectError(const PostgresOptions& options, std::string_view password, std::string_view text) {
  ServerWords words = Parse(LastAttempt(text));
  Mask(words.text, password, options.user);
  return Sentence(options, std::move(words));
}

std::string PostgresQueryError(const PostgresOptions& options, const std::exception& error, std::string_view connection_text) {
  if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error)) return Sentence(options, WordsOf(*sql));
  if (dynamic_cast<const pqxx::transaction_rollback*>(&error) != nullptr) return Sentence(options, Parse(FirstLine(error.what())));
  if (dynamic_cast<const pqxx::failure*>(&error) != nullptr) {
    ServerWords words = Parse(FirstLine(connection_text));
    if (words.text.empty()) words.text = "the connection broke";
    return Sentence(options, std::move(words));
  }
  // Of an answer that is not what was asked for: libpqxx's words quote it.
  if (dynamic_cast<const pqxx::pqxx_exception*>(&error) != nullptr) return options.Description() + ": an answer that makes no sense";
  return options.Description() + ": " + error.what();
}

}  // namespace logmill
