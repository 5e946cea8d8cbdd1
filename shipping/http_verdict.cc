#include "shipping/http_verdict.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "net/http_url.h"

namespace logmill {
namespace {

constexpr size_t kMostCharacters = 300;

// Reason phrases of RFC 9110 and RFC 6585, for those that log stores answer with.
std::string_view Phrase(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 15> kPhrases{{{400, "Bad Request"},
                                                                              {401, "Unauthorized"},
                                                                              {403, "Forbidden"},
                                                                              {404, "Not Found"},
                                                                              {405, "Method Not Allowed"},
                                                                              {407, "Proxy Authentication Required"},
                                                                              {408, "Request Timeout"},
                                                                              {413, "Content Too Large"},
                                                                              {415, "Unsupported Media Type"},
                                                                              {422, "Unprocessable Content"},
                                                                              {429, "Too Many Requests"},
                                                                              {500, "Internal Server Error"},
                                                                              {502, "Bad Gateway"},
                                                                              {503, "Service Unavailable"},
                                                                              {504, "Gateway Timeout"}}};
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) return phrase;
  }
  return "";
}

Delivery Retry(RetryReason reason, const HttpReply& reply, std::string words) {
  return {.kind = Delivery::Kind::kRetry, .reason = reason, .pause = reply.retry_after, .words = std::move(words)};
}

// Without what may be secret.
std::string Place(const std::string& location) {
  if (location.find("://") != std::string::npos) return DescribeUrl(location);
  return location.empty() ? "nowhere" : Excerpt(std::string_view(location).substr(0, location.find_first_of("?#")));
}

RetryReason ReasonOf(HttpFault fault) {
  switch (fault) {
    case HttpFault::kConnection:
      return RetryReason::kConnection;
    case HttpFault::kTls:
      return RetryReason::kTls;
    case HttpFault::kDeadline:
      return RetryReason::kTimeout;
    case HttpFault::kBroken:
    case HttpFault::kTooLong:
      return RetryReason::kBroken;
    case HttpFault::kRequest:
    case HttpFault::kRedirect:
    case HttpFault::kInterrupted:
      break;
  }
  return RetryReason::kOther;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

std::optional<Delivery> Classify(const HttpReply& reply, const std::string& url) {
  const int status = reply.status;
  if (status == 429) return Retry(RetryReason::kThrottled, reply, Describe(reply, url));
  if (status == 408 || (status >= 500 && status <= 599)) return Retry(RetryReason::kServerError, reply, Describe(reply, url));
  if (status == 401 || status == 403 || status == 407) return Retry(RetryReason::kDenied, reply, Describe(reply, url));
  if (status == 404) return Retry(RetryReason::kNotFound, reply, Describe(reply, url));
  if (status >= 300 && status <= 399) {
    const std::string place = Place(std::string(reply.Header("location")));
    return Retry(RetryReason::kOther, reply,
                 DescribeUrl(url) + ": " + std::to_string(status) + ": redirects to " + place +
                     ", which is not followed: logs go to the URL that is configured");
  }
  if (status < 200 || status > 599) return Retry(RetryReason::kBroken, reply, Describe(reply, url));
  if (IsOfAnother(reply)) return Retry(RetryReason::kBroken, reply, Describe(reply, url) + " (no log store says this; is the URL right?)");
  return std::nullopt;
}

bool IsOfAnother(const HttpReply& reply) {
  constexpr std::string_view kBlank = " \t\r\n";
  if (reply.status == 413) return false;
  std::string_view body = reply.body;
  body.remove_prefix(std::min(body.find_first_not_of(kBlank), body.size()));
  body = body.substr(0, body.find_last_not_of(kBlank) + 1);
  if (body.starts_with('<') || (reply.Header("content-type").starts_with("text/html") && !body.empty())) return true;
  if (reply.status < 400) return false;
  const std::string_view phrase = Phrase(reply.status);
  if (body.starts_with(std::to_string(reply.status))) body.remove_prefix(std::min<size_t>(4, body.size()));
  if (body.empty() || body == phrase) return true;
  // "Client sent an HTTP request to an HTTPS server." (Go), "The plain HTTP request was sent to HTTPS port" (nginx).
  body = body.substr(0, kMostCharacters);
  return body.find("HTTP request") != std::string_view::npos && body.find("HTTPS") != std::string_view::npos;
}

bool IsBrokenJson(const HttpReply& reply) {
  if (reply.body.empty()) return false;
  const bool meant = reply.Header("content-type").starts_with("application/json") || reply.body[0] == '{' || reply.body[0] == '[';
  simdjson::dom::parser parser;
  return meant && parser.parse(reply.body.data(), reply.body.size()).error() != simdjson::SUCCESS;
}

Delivery Classify(const HttpError& error) {
  return {.kind = Delivery::Kind::kRetry, .reason = ReasonOf(error.fault), .words = Excerpt(error.text)};
}

std::string Describe(const HttpReply& reply, const std::string& url) { return DescribeUrl(url) + ": " + Describe(reply); }

std::string Describe(const HttpReply& reply) {
  std::string words = std::to_string(reply.status);
  const std::string_view phrase = Phrase(reply.status);
  if (!phrase.empty()) words.append(" ").append(phrase);
  const std::string excerpt = Excerpt(reply.body);
  return excerpt.empty() ? words : words + ": " + excerpt;
}

std::string Excerpt(std::string_view body) {
  std::string text;
  bool blank = false;
  for (size_t characters = 0; !body.empty();) {
    const Utf8Sequence first = FirstUtf8Sequence(body);
    const std::string_view character = body.substr(0, first.bytes);
    body.remove_prefix(first.bytes);
    if (character == " " || IsControl(character[0])) {
      blank = true;
      continue;
    }
    if (characters + (blank ? 2 : 1) >= kMostCharacters) return text + "…";
    if (blank && !text.empty()) text += ' ', ++characters;
    blank = false;
    text += first.valid ? character : "\uFFFD";
    ++characters;
  }
  return text;
}

}  // namespace logmill
