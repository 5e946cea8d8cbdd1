// A small asynchronous HTTP/1.1 server for scrapes: all listeners on one thread, every connection bounded in time and memory.
//
//   accept ──► read head ──► handler ──► write answer ──► (keep-alive) wait ──► read head ...
//              request_timeout           write_timeout                 idle_timeout
//
// Each deadline covers its whole step: a byte now and then does not extend it. A client that drips, hangs or never reads costs one
// socket, at most `max_header_bytes` and a share in a body, and is gone after the deadline. The server answers by itself:
// 400 (malformed, or HTTP/1.1 without Host), 405 (not GET or HEAD), 413 (a request with a body), 431 (head too long), 500 (handler threw).
#pragma once

#include <chrono>
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
  std::string_view method;  // GET or HEAD: the server answers others with 405 itself
  std::string_view path;    // without the query, as sent (not percent-decoded)
  std::string_view query;   // what follows the first '?'; "" when absent
  std::string_view accept;  // header values, repeated headers joined by ", "; "" when absent
  std::string_view accept_encoding;
};

// A handler fills it the same way for GET and HEAD; the server leaves the body out for HEAD. No text here may come from a client.
struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string content_encoding = {};             // "" or "gzip"
  std::shared_ptr<const std::string> body = {};  // shared, so that a thousand slow readers hold one copy; null = empty
  unsigned retry_after_s = 0;                    // seconds, for 503; 0: no such header
};

// Called on the server's thread; must not block.
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

struct HttpListener {
  // "127.0.0.1:8081", "[::1]:8081", "localhost:8081" (its IPv4 address if it has one), ":8081" (all interfaces, IPv4 and IPv6),
  // "0.0.0.0:0" (port 0: the system chooses).
  std::string address;
  HttpHandler handler;
  std::string setting = {};  // what a user changes to move the port, for error texts: "IMMICH_API_METRICS_PORT"; may be ""
};

class HttpServer {
 public:
  // Binds all listeners and starts the thread; or says which address failed and why, and binds none.
  static std::expected<std::unique_ptr<HttpServer>, std::string> Start(std::vector<HttpListener> listeners, HttpOptions options);
  // Stops and joins; does not wait for any client. What the handlers use must outlive the server.
  virtual ~HttpServer() = default;

  // The port that the i-th listener is bound to.
  [[nodiscard]] virtual uint16_t port(size_t listener) const = 0;
  // Connections open now. Any thread.
  [[nodiscard]] virtual size_t connection_count() const = 0;
};

}  // namespace logmill
