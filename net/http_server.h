// A small asynchronous HTTP/1.1 server, for scrapes and for log lines that are posted: all listeners on one thread, every connection
// bounded in time and memory.
//
//   accept ──► read head ──► (admit ──► read body) ──► handler ──► write answer ──► (keep-alive) wait ──► read head ...
//              request_timeout          bodies.timeout             write_timeout                 idle_timeout
//
// Each deadline covers its whole step: a byte now and then does not extend it. A client that drips, hangs or never reads costs one
// socket, at most `max_header_bytes`, what it has sent of a body and a share in an answer, and is gone after the deadline. The server
// answers by itself: 400 (malformed, or HTTP/1.1 without Host), 405 (another method), 408 (body too late), 411 (a POST of unknown length),
// 413 (body too long, or none wanted), 417 (an Expect other than 100-continue), 431 (head too long), 500 (handler threw), 501 (a
// Transfer-Encoding other than chunked), 503 (too many bodies at once, or stopping).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// Views are valid during the handler's call.
struct HttpRequest {
  std::string_view method;  // one of the listener's: the server answers others with 405 itself
  std::string_view path;    // without the query, as sent (not percent-decoded)
  std::string_view query;   // what follows the first '?'; "" when absent
  std::string_view accept;  // header values, repeated headers joined by ", "; "" when absent
  std::string_view accept_encoding;
  std::string_view authorization = {};
  std::string_view content_type = {};
  std::string_view content_encoding = {};  // of the body, which comes as it was sent
  std::string_view body = {};              // complete, chunks joined
  std::string_view peer = {};              // the client's IP address
};

// A handler fills it the same way for GET and HEAD; the server leaves the body out for HEAD. No header here may come from a client. The
// server adds `Allow` to 405 and `WWW-Authenticate: Bearer` to 401.
struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string content_encoding = {};             // "" or "gzip"
  std::shared_ptr<const std::string> body = {};  // shared, so that a thousand slow readers hold one copy; null = empty
  unsigned retry_after_s = 0;                    // seconds, for 429 and 503; 0: no such header
};

// Called on the server's thread; must not block: whoever has no room answers 429 or 503.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

struct HttpOptions {
  std::chrono::milliseconds request_timeout{10'000};  // from accept, or from the first byte of a later request, to the complete head
  std::chrono::milliseconds write_timeout{10'000};    // for a whole answer; a client that is late gets a reset
  std::chrono::milliseconds idle_timeout{120'000};    // from an answer to the first byte of the next request
  size_t max_header_bytes = size_t{16} << 10;         // request line and headers
  // At most this many, and never more than half of the process's limit of open files. When all places are taken, the connection
  // that waits the longest without ever having sent a request makes room, then the longest idle one. The new one is closed at
  // once only when all others are being answered.
  size_t max_connections = 4096;
};

// What a listener takes of bodies.
struct HttpBodies {
  size_t max_bytes = 0;                         // 0: a request with a body is refused
  size_t max_bytes_at_once = size_t{64} << 20;  // of all that are on their way; beyond, 503 with Retry-After
  std::chrono::milliseconds timeout{30'000};    // from the end of the head to the end of the body
};

struct HttpListener {
  // "127.0.0.1:8081", "[::1]:8081", "localhost:8081" (its IPv4 address if it has one), ":8081" (all interfaces, IPv4 and IPv6),
  // "0.0.0.0:0" (port 0: the system chooses).
  std::string address;
  HttpHandler handler;
  std::string setting = {};  // what a user changes to move the port, for error texts: "IMMICH_API_METRICS_PORT"; may be ""
  std::vector<std::string> methods = {"GET", "HEAD"};
  HttpBodies bodies = {};
  // Asked with the head alone, before a body is read or a client that waits for it is told to go on. Status 100 lets the request in;
  // anything else is the answer, and the connection is closed after it when there is a body to come. Null lets all in.
  HttpHandler admit = {};
  // Makes the answers that the server gives by itself, from status and one sentence. Null: plain text.
  std::function<HttpResponse(unsigned status, std::string_view sentence)> refusal = {};
};

class HttpServer {
 public:
  // Binds all listeners and starts the thread; or says which address failed and why, and binds none.
  static std::expected<std::unique_ptr<HttpServer>, std::string> Start(std::vector<HttpListener> listeners, HttpOptions options);
  // Stops and joins; does not wait for any client. Answers whose handler ran are still sent as far as the client's window has room; what
  // came after is answered with 503 or closed. What the handlers use must outlive the server.
  virtual ~HttpServer() = default;

  // The port that the i-th listener is bound to.
  [[nodiscard]] virtual uint16_t port(size_t listener) const = 0;
  // Connections open now. Any thread.
  [[nodiscard]] virtual size_t connection_count() const = 0;
};

}  // namespace logmill
