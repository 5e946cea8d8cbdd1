#include "sources/http_receiver.h"

#include <string_view>
#include <utility>

#include "net/http_server.h"
#include "sources/envelope.h"
#include "sources/http_records.h"

namespace logmill {
namespace {

constexpr unsigned kRetryAfterSeconds = 1;
// How much longer a request may become by its envelopes: some 60 bytes a record, and six for a control character.
constexpr size_t kMostGrowth = 4;

HttpResponse Json(unsigned status, std::string text) {
  return {.status = status, .content_type = "application/json", .body = std::make_shared<const std::string>(std::move(text))};
}

// Sentences are ours, but may hold a quote.
HttpResponse Refuse(unsigned status, std::string_view sentence) {
  std::string text = "{\"error\":\"";
  for (const char c : sentence) {
    if (c == '"' || c == '\\') text += '\\';
    text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return Json(status, text + "\"}\n");
}

// Takes as long whatever of the two is wrong, so that nobody finds out a token letter by letter.
bool Equal(std::string_view given, std::string_view secret) {
  size_t difference = given.size() ^ secret.size();
  for (size_t i = 0; i < given.size(); ++i) {
    const char other = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i] ^ other);
  }
  return difference == 0;
}

bool StartsWithBearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return false;
  for (size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != kScheme[i]) return false;
  }
  return true;
}

class HttpReceiver final : public Receiver {
 public:
  HttpReceiver(HttpSourceOptions options, Feed& feed, const Clock& clock) : options_(std::move(options)), feed_(feed), clock_(clock) {}

  // What is wrong, or "".
  std::string Start() {
    auto started = HttpServer::Start({{.address = options_.listen,
                                       .handler = [this](const HttpRequest& request) { return Counted(Take(request)); },
                                       .setting = options_.setting,
                                       .methods = {"POST"},
                                       .bodies = {.max_bytes = options_.max_body_bytes, .timeout = options_.body_timeout},
                                       .admit = [this](const HttpRequest& request) { return Counted(Admit(request)); },
                                       .refusal =
                                           [this](unsigned status, std::string_view sentence) {
                                             ++counts_.refused;
                                             return Refuse(status, sentence);
                                           }}},
                                     {.max_connections = options_.max_connections});
    if (!started) return started.error();
    server_ = std::move(*started);
    feed_.CaughtUp();
    return "";
  }

  [[nodiscard]] uint16_t port() const override { return server_->port(0); }

 private:
  HttpResponse Counted(HttpResponse response) {
    if (response.status >= 400) ++counts_.refused;
    return response;
  }

  // What the head alone decides.
  HttpResponse Admit(const HttpRequest& request) {
    if (request.path != options_.path) return Refuse(404, "Nothing is here; log lines are taken at " + options_.path + ".");
    if (!options_.token.empty() && !HasToken(request.authorization)) return Refuse(401, "A token is needed: Authorization: Bearer TOKEN.");
    if (const auto form = FormOf(request.content_type); !form) return Refuse(form.error().status, form.error().sentence);
    if (!IsPlain(request) && !IsGzip(request)) return Refuse(415, "This Content-Encoding is not taken; use gzip or none.");
    return {.status = 100};
  }

  HttpResponse Take(const HttpRequest& request) {
    if (!IsGzip(request)) return TakeText(request, request.body);
    const auto text = Gunzipped(request.body, options_.max_body_bytes);
    return text ? TakeText(request, *text) : Refuse(text.error().status, text.error().sentence);
  }

  HttpResponse TakeText(const HttpRequest& request, std::string_view text) {
    const auto form = FormOf(request.content_type);
    if (!form) return Refuse(form.error().status, form.error().sentence);
    std::string lines;
    uint64_t records = 0;
    const int64_t now_ns = clock_.UnixMillis() * 1'000'000;
    const size_t most_bytes = kMostGrowth * options_.max_body_bytes;
    const auto refusal = SplitRecords(text, *form, options_.max_line_bytes, [&](std::string_view record) {
      ++records;
      const size_t before = lines.size();
      if (before <= most_bytes) AppendEnvelope({.text = record, .key = request.peer, .time_ns = now_ns}, lines);
      return lines.size() - before <= options_.max_line_bytes;
    });
    if (refusal) return Refuse(refusal->status, refusal->sentence);
    if (lines.size() > most_bytes) return Refuse(413, "There are too many short lines in this request; send fewer at once.");
    if (!lines.empty() && !feed_.Push(lines)) return NoRoom();
    counts_.messages += records;
    return Json(200, "{\"accepted\":" + std::to_string(records) + "}\n");
  }

  static HttpResponse NoRoom() {
    HttpResponse response = Refuse(429, "There is no room for this request now; nothing of it was taken; send it again later.");
    response.retry_after_s = kRetryAfterSeconds;
    return response;
  }

  [[nodiscard]] bool HasToken(std::string_view authorization) const {
    return StartsWithBearer(authorization) && Equal(authorization.substr(authorization.find(' ') + 1), options_.token);
  }
  static bool IsPlain(const HttpRequest& request) { return request.content_encoding.empty() || request.content_encoding == "identity"; }
  static bool IsGzip(const HttpRequest& request) { return request.content_encoding == "gzip" || request.content_encoding == "x-gzip"; }

  const HttpSourceOptions options_;
  Feed& feed_;
  const Clock& clock_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

std::expected<std::unique_ptr<Receiver>, std::string> StartHttpSource(HttpSourceOptions options, Feed& feed, const Clock& clock) {
  if (!options.path.starts_with('/')) return std::unexpected(options.path + ": a path begins with a slash, for example /logs");
  auto receiver = std::make_unique<HttpReceiver>(std::move(options), feed, clock);
  if (auto error = receiver->Start(); !error.empty()) return std::unexpected(std::move(error));
  return receiver;
}

}  // namespace logmill
