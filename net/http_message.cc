#include "net/http_message.h"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <ctime>
#include <memory>
#include <ranges>
#include <utility>

namespace logmill {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

// "GET, HEAD", with what stands before the last one to choose.
std::string MethodNames(const HttpListener& listener, std::string_view before_last) {
  std::string names;
  for (size_t i = 0; i < listener.methods.size(); ++i) {
    if (i > 0) names += i + 1 == listener.methods.size() ? before_last : ", ";
    names += listener.methods[i];
  }
  return names;
}

std::string Joined(const HttpHead& head, http::field name) {
  std::string joined;
  const auto [first, last] = head.equal_range(name);
  for (auto it = first; it != last; ++it) joined.append(joined.empty() ? "" : ", ").append(View(it->value()));
  return joined;
}

// The path and query of a target: "/metrics?x", or "http://host/metrics?x" as proxies write it.
std::string_view WithoutOrigin(std::string_view target) {
  if (target.starts_with('/')) return target;
  const size_t scheme = target.find("://");
  if (scheme == target.npos) return target;
  const size_t path = target.find('/', scheme + 3);
  return path == target.npos ? std::string_view("/") : target.substr(path);
}

// Without a length, HTTP/1.1 takes a request to have no body: from a client that posts, that is a mistake.
bool LacksLength(const HttpHead& head) {
  const bool posts = head.method() == http::verb::post || head.method() == http::verb::put || head.method() == http::verb::patch;
  return posts && head.count(http::field::content_length) == 0 && head.count(http::field::transfer_encoding) == 0;
}

bool HasForeignTransferEncoding(const HttpHead& head) {
  return head.count(http::field::transfer_encoding) > 0 && !beast::iequals(head[http::field::transfer_encoding], "chunked");
}

}  // namespace

HttpResponse Refusal(const HttpListener& listener, unsigned status, std::string_view sentence) {
  if (listener.refusal) return listener.refusal(status, sentence);
  return {.status = status, .body = std::make_shared<const std::string>(std::string(sentence) + "\n")};
}

std::optional<HttpResponse> RefusalOfHead(const HttpHead& head, const HttpListener& listener) {
  const auto refuse = [&listener](unsigned status, std::string_view sentence) { return Refusal(listener, status, sentence); };
  if (head.version() >= 11 && head.count(http::field::host) != 1) return refuse(400, "A request needs one Host header.");
  if (std::ranges::find(listener.methods, View(head.method_string())) == listener.methods.end()) {
    return refuse(405, "Only " + MethodNames(listener, " and ") + (listener.methods.size() == 1 ? " is served." : " are served."));
  }
  if (HasBody(head) && listener.bodies.max_bytes == 0) return refuse(413, "Requests with a body are not accepted.");
  if (LacksLength(head)) return refuse(411, "A body needs Content-Length or Transfer-Encoding: chunked.");
  if (HasForeignTransferEncoding(head)) return refuse(501, "The only Transfer-Encoding that is understood is chunked.");
  const bool expects = head.count(http::field::expect) > 0 && !beast::iequals(head[http::field::expect], "100-continue");
  if (expects) return refuse(417, "The only Expect that is understood is 100-continue.");
  return std::nullopt;
}

std::optional<HttpResponse> RefusalOfError(error_code error, const HttpListener& listener) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error.category() != http::make_error_code(http::error::bad_method).category()) return std::nullopt;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Refusal(listener, 431, "The request's head is too long.");
  }
  if (error != http::error::body_limit) return Refusal(listener, 400, "This is not an HTTP/1.1 request that can be understood.");
  const size_t most = listener.bodies.max_bytes;
  if (most == 0) return Refusal(listener, 413, "Requests with a body are not accepted.");
  return Refusal(listener, 413, "The body is too long: at most " + std::to_string(most) + " bytes are taken at once.");
}

bool HasBody(const HttpHead& head) {
  const auto length = head[http::field::content_length];
  return head.count(http::field::transfer_encoding) > 0 || length.find_first_not_of('0') != length.npos;
}

bool WaitsForContinue(const HttpHead& head) { return head.version() >= 11 && head.count(http::field::expect) > 0; }

HttpResponse Ask(const HttpHandler& handler, const HttpListener& listener, const HttpHead& head, std::string_view peer,
                 std::string_view body) {
  const std::string_view target = WithoutOrigin(View(head.target()));
  const size_t mark = std::min(target.find('?'), target.size());
  const std::string accept = Joined(head, http::field::accept);
  const std::string accept_encoding = Joined(head, http::field::accept_encoding);
  const std::string authorization = Joined(head, http::field::authorization);
  const std::string content_type = Joined(head, http::field::content_type);
  const std::string content_encoding = Joined(head, http::field::content_encoding);
  const HttpRequest request{.method = View(head.method_string()),
                            .path = target.substr(0, mark),
                            .query = target.substr(std::min(mark + 1, target.size())),
                            .accept = accept,
                            .accept_encoding = accept_encoding,
                            .authorization = authorization,
                            .content_type = content_type,
                            .content_encoding = content_encoding,
                            .body = body,
                            .peer = peer};
  try {
    return handler(request);
  } catch (const std::exception& e) {
    return Refusal(listener, 500, std::string("This request failed: ") + e.what());
  }
}

std::string HeadText(const HttpResponse& response, const HttpListener& listener, bool keep_alive) {
  const auto reason = View(http::obsolete_reason(http::int_to_status(response.status)));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason) + "\r\n";
  const auto add = [&head](std::string_view name, std::string_view value) { head.append(name).append(": ").append(value).append("\r\n"); };
  add("Date", HttpDate());
  add("Content-Type", response.content_type);
  add("Content-Length", std::to_string(response.body ? response.body->size() : 0));
  if (!response.content_encoding.empty()) add("Content-Encoding", response.content_encoding);
  add("Vary", "Accept, Accept-Encoding");
  if (response.retry_after_s > 0) add("Retry-After", std::to_string(response.retry_after_s));
  if (response.status == 401) add("WWW-Authenticate", "Bearer");
  if (response.status == 405) add("Allow", MethodNames(listener, ", "));
  add("Connection", keep_alive ? "keep-alive" : "close");
  return head += "\r\n";
}

}  // namespace logmill
