#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <new>
#include <utility>

#include "net/http_field.h"
#include "net/http_secret.h"
#include "net/http_transfer.h"
#include "net/http_url.h"

namespace logmill {
namespace {

using Clock = std::chrono::steady_clock;
using Answer = std::expected<HttpReply, HttpError>;

constexpr long kMostConnections = 4;

void* NewMulti() {
  static const CURLcode prepared = ::curl_global_init(CURL_GLOBAL_DEFAULT);  // once, as libcurl wants it
  CURLM* multi = prepared == CURLE_OK ? ::curl_multi_init() : nullptr;
  if (multi == nullptr) throw std::bad_alloc();
  ::curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kMostConnections);
  return multi;
}

std::unexpected<HttpError> Error(HttpFault fault, const std::string& where, const std::string& what) {
  return std::unexpected(HttpError{fault, where + ": " + what});
}

bool HasCredentials(const HttpCredentials& credentials) {
  return !credentials.user.empty() || !credentials.password.empty() || !credentials.password_file.empty() ||
         !credentials.bearer_token.empty() || !credentials.bearer_token_file.empty();
}

std::string CheckCall(const HttpCall& call, const HttpCredentials& credentials) {
  if (!IsToken(call.method)) return "the method is not a word";
  for (const HttpField& field : call.headers) {
    if (!IsToken(field.name)) return "a header has a name that cannot be sent";
    if (!IsFieldValue(field.value)) return "the header " + field.name + " has a value that cannot be sent: it holds control characters";
    if (LowerCase(field.name) == "authorization" && HasCredentials(credentials)) {
      return "there are credentials and a header Authorization; one of them would be right";
    }
  }
  return "";
}

bool IsFollowed(const HttpCall& call, int status) {
  const bool redirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  return redirect && call.body.empty() && (call.method == "GET" || call.method == "HEAD");
}

std::chrono::milliseconds TimeLeft(Clock::time_point end) { return std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()); }

}  // namespace

std::string_view HttpReply::Header(std::string_view name) const {
  const auto at = std::ranges::find(headers, name, &HttpField::name);
  return at == headers.end() ? std::string_view() : at->value;
}

// While a Send() is at hand.
class HttpClient::Sending {
 public:
  explicit Sending(HttpClient& client) : client_(client) { Set(true); }
  ~Sending() { Set(false); }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

 private:
  void Set(bool sending) {
    const MutexLock lock(client_.mutex_);
    client_.sending_ = sending;
    client_.interrupted_ = false;
  }

  HttpClient& client_;
};

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)), multi_(NewMulti()) {}

HttpClient::~HttpClient() { ::curl_multi_cleanup(multi_); }

std::string HttpClient::Check(const HttpClientOptions& options) {
  std::string credentials = CheckCredentials(options.credentials);
  if (!credentials.empty()) return credentials;
  if (options.tls.certificate_file.empty() != options.tls.key_file.empty()) return "a client certificate and its key go together";
  if (!IsFieldValue(options.user_agent)) return "the user agent holds control characters";
  return "";
}

std::string HttpClient::CheckUrl(const std::string& url) {
  const auto parsed = ParseHttpUrl(url);
  return parsed ? "" : parsed.error();
}

void HttpClient::Interrupt() {
  const MutexLock lock(mutex_);
  if (!sending_) return;
  interrupted_ = true;
  ::curl_multi_wakeup(multi_);
}

bool HttpClient::Interrupted() {
  const MutexLock lock(mutex_);
  return interrupted_;
}

Answer HttpClient::Send(const HttpCall& call) {
  const Sending sending(*this);
  const auto url = ParseHttpUrl(call.url);
  if (!url) return Error(HttpFault::kRequest, "the URL", url.error());
  for (const std::string& complaint : {Check(options_), CheckCall(call, options_.credentials)}) {
    if (!complaint.empty()) return Error(HttpFault::kRequest, url->description, complaint);
  }
  const auto secret = ReadHttpSecret(options_.credentials, *url);
  if (!secret) return Error(HttpFault::kRequest, url->description, secret.error());
  return Follow(call, {.url = *url, .secret = *secret});
}

Answer HttpClient::Follow(const HttpCall& call, HttpHop hop) {
  const Clock::time_point end = Clock::now() + call.deadline;
  for (unsigned followed = 0;; ++followed) {
    hop.time_left = TimeLeft(end);
    HttpTransfer transfer(options_, call, hop);
    Answer answer = transfer.Run(multi_, [this] { return Interrupted(); });
    const std::string where = hop.url.description + (options_.unix_socket.empty() ? "" : " over " + options_.unix_socket);
    if (!answer) return Error(answer.error().fault, where, answer.error().text);
    const std::string location = transfer.location();
    if (options_.max_redirects == 0 || location.empty() || !IsFollowed(call, answer->status)) return answer;
    if (followed == options_.max_redirects) return Error(HttpFault::kRedirect, where, "one redirect too many");
    const std::string complaint = Redirect(hop, location);
    if (!complaint.empty()) return Error(HttpFault::kRedirect, where, complaint);
  }
}

std::string HttpClient::Redirect(HttpHop& hop, const std::string& location) const {
  auto url = ParseHttpUrl(location);
  if (!url) return "is redirected to a place that is no http:// or https:// URL";
  const bool leaves = !url->SameOrigin(hop.url);
  if (leaves && !options_.unix_socket.empty()) return "is redirected to another host";
  hop.trusted = hop.trusted && !leaves;
  if (!hop.trusted) hop.secret = {};
  hop.url = std::move(*url);
  return "";
}

}  // namespace logmill
