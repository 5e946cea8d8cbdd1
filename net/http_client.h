// The HTTP client: for what we ask (scrapes) and what we send (logs). One request after another, each bounded in time and memory; the
// connection is kept for the next one.
//
//   Send(call) ──► resolve, connect, TLS ──► request ──► head ──► body ──► HttpReply, or HttpError
//                   connect_timeout
//                  └───────────────── deadline, limits, Interrupt() ────────┘
//
// HTTP/1.1 over TCP, TLS 1.2 or later, or a Unix socket; directly or through a proxy. No cookies, no other protocols, no signals.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace logmill {

struct HttpHop;

// Basic (a user or a password) or bearer, not both; files are read at each Send(), so that a changed secret is taken up, without the
// newline at their end. With none of them, the user part of the URL is taken, if it has one.
struct HttpCredentials {
  std::string user = {};
  std::string password = {};
  std::string password_file = {};  // instead of `password`
  std::string bearer_token = {};
  std::string bearer_token_file = {};  // instead of `bearer_token`
  std::string scheme = "Bearer";       // the word before the token: some servers want one of their own (ApiKey)
};

struct HttpTls {
  std::string ca_file = {};           // PEM: only what these have signed is trusted; "": what the system trusts
  std::string certificate_file = {};  // PEM: the client's own certificate, and its chain
  std::string key_file = {};          // PEM: its key
  std::string server_name = {};       // what the certificate has to be for, when that is not the URL's host
  bool insecure = false;              // any certificate is taken: whoever sits in between may read and change everything
};

struct HttpClientOptions {
  std::string unix_socket = {};  // a path: connects there, whatever host the URL names, and uses no proxy
  HttpCredentials credentials = {};
  HttpTls tls = {};
  // A URL (http, https, socks4a, socks5h...), with user and password if need be; "": none. Absent: as the environment says
  // (http_proxy, HTTPS_PROXY, ALL_PROXY, NO_PROXY, by curl's rules).
  std::optional<std::string> proxy = {};
  std::chrono::milliseconds connect_timeout{5'000};  // of each attempt: name, TCP and TLS
  // GET and HEAD without a body follow this many answers with a Location. To another host, port or scheme nothing goes along that may be
  // secret: no credentials, no client certificate, of the headers only Accept. With a Unix socket such an answer is an error.
  unsigned max_redirects = 0;
  std::string user_agent = "Logmill";
};

struct HttpField {
  std::string name;
  std::string value;
};

struct HttpCall {
  std::string url;  // http:// or https://
  std::string method = "GET";
  // Without line breaks. A Host here replaces the URL's in the request. Authorization only without `credentials`.
  std::vector<HttpField> headers = {};
  std::string_view body = {};                  // valid until Send() returns; sent as it is, with its length
  std::chrono::milliseconds deadline{10'000};  // of everything, redirects as well
  size_t max_answer_bytes = size_t{16} << 20;  // of a body, as it came and after decompression, each
  bool accept_gzip = true;                     // ask for gzip and undo it. Any other encoding is an error
};

struct HttpReply {
  int status = 0;                  // of any kind: 404 is an answer, too
  std::vector<HttpField> headers;  // as they came, but names in lower case
  std::string body;
  std::chrono::seconds retry_after{0};  // Retry-After, as seconds or a date; 0: none, or over

  // The first of this name, in lower case; "" when there is none.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

// Why there is no answer.
enum class HttpFault : uint8_t {
  kRequest,      // nothing was sent: the call or an option is wrong, or a file cannot be read
  kConnection,   // nothing was sent: no such host, refused, no proxy, no connection in time
  kTls,          // nothing was sent: handshake or certificate
  kDeadline,     // the request may have been taken
  kBroken,       // likewise: the connection ended too early, or what came is not HTTP
  kTooLong,      // likewise: the answer is longer than the limit
  kRedirect,     // likewise: one too many, or to a place that is no http:// URL
  kInterrupted,  // likewise
};

struct HttpError {
  HttpFault fault;
  std::string text;  // "http://host:1/path: cannot connect: connection refused". The same words each time; no credentials, user or query
};

// One thread, but Interrupt().
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // What is wrong with the options, for whoever reads a configuration: "" when nothing is. Opens no file. Names no value.
  static std::string Check(const HttpClientOptions& options);
  // What is wrong with a URL; "" when nothing is.
  static std::string CheckUrl(const std::string& url);

  std::expected<HttpReply, HttpError> Send(const HttpCall& call) EXCLUDES(mutex_);

  // Any thread: a Send() at hand returns kInterrupted soon, whatever the server or the resolver does. Does nothing when there is none.
  void Interrupt() EXCLUDES(mutex_);

  [[nodiscard]] const HttpClientOptions& options() const { return options_; }

 private:
  class Sending;

  [[nodiscard]] bool Interrupted() EXCLUDES(mutex_);
  std::expected<HttpReply, HttpError> Follow(const HttpCall& call, HttpHop hop) EXCLUDES(mutex_);
  // Turns to where an answer sent us; or says why not.
  std::string Redirect(HttpHop& hop, const std::string& location) const;

  const HttpClientOptions options_;
  void* const multi_;  // libcurl's, with the connections
  Mutex mutex_;
  bool sending_ GUARDED_BY(mutex_) = false;
  bool interrupted_ GUARDED_BY(mutex_) = false;  // the Send() at hand
};

}  // namespace logmill
