#include "net/http_transfer.h"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include "net/curl_error.h"
#include "net/http_field.h"

namespace logmill {
namespace {

constexpr int kMostWaitMs = 1000;
constexpr long kNameLifeSeconds = 10;  // a container that comes back has another address

bool Names(const HttpField& field, std::string_view lower_case_name) { return LowerCase(field.name) == lower_case_name; }

bool HasHeader(const HttpCall& call, std::string_view lower_case_name) {
  return std::ranges::any_of(call.headers, [&](const HttpField& field) { return Names(field, lower_case_name); });
}

// libcurl takes "Name:" as a wish to leave a header out.
std::string HeaderLine(const HttpField& field) {
  return WithoutBlanks(field.value).empty() ? field.name + ";" : field.name + ": " + field.value;
}

}  // namespace

HttpTransfer::HttpTransfer(const HttpClientOptions& options, const HttpCall& call, const HttpHop& hop)
    : options_(options), answer_(call.max_answer_bytes, call.accept_gzip), easy_(::curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  SetDefaults();
  SetTarget(hop);
  SetRequest(call);
  SetHeaders(call, hop);
  SetTls(hop);
  SetServerName(hop);
  SetLimits(call, hop);
}

HttpTransfer::~HttpTransfer() {
  if (multi_ != nullptr) ::curl_multi_remove_handle(multi_, easy_.get());
}

template <typename Value>
void HttpTransfer::Set(CURLoption option, Value value) {
  if (::curl_easy_setopt(easy_.get(), option, value) == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
}

void HttpTransfer::Add(List& list, const std::string& line) {
  curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

void HttpTransfer::SetDefaults() {
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_QUICK_EXIT, 1L);  // never wait for a name that is being looked up
  Set(CURLOPT_DNS_CACHE_TIMEOUT, kNameLifeSeconds);
  Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  Set(CURLOPT_ERRORBUFFER, detail_.data());
  Set(CURLOPT_HEADERFUNCTION, &HttpTransfer::OnHeadLine);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_WRITEFUNCTION, &HttpTransfer::OnBody);
  Set(CURLOPT_WRITEDATA, this);
}

void HttpTransfer::SetTarget(const HttpHop& hop) {
  Set(CURLOPT_URL, hop.url.text.c_str());
  if (!options_.unix_socket.empty()) {
    Set(CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
    Set(CURLOPT_PROXY, "");
  } else if (options_.proxy) {
    Set(CURLOPT_PROXY, options_.proxy->c_str());
  }
}

void HttpTransfer::SetRequest(const HttpCall& call) {
  const bool sends = !call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH";
  if (sends) {
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    Set(CURLOPT_POSTFIELDS, call.body.empty() ? "" : call.body.data());
  } else if (call.method == "HEAD") {
    Set(CURLOPT_NOBODY, 1L);
  }
  if (call.method != "HEAD") Set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
}

void HttpTransfer::SetHeaders(const HttpCall& call, const HttpHop& hop) {
  for (const HttpField& field : call.headers) {
    if (hop.trusted || Names(field, "accept")) Add(headers_, HeaderLine(field));
  }
  if (!hop.trusted || !HasHeader(call, "host")) Add(headers_, "Host: " + hop.url.authority);
  if (call.accept_gzip && !HasHeader(call, "accept-encoding")) Add(headers_, "Accept-Encoding: gzip");
  if (!HasHeader(call, "content-type")) Add(headers_, "Content-Type:");
  Add(headers_, "Expect:");
  if (!hop.secret.bearer.empty()) Add(headers_, "Authorization: " + options_.credentials.scheme + " " + hop.secret.bearer);
  Set(CURLOPT_HTTPHEADER, headers_.get());
  Set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  if (!hop.secret.basic()) return;
  Set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  Set(CURLOPT_USERNAME, hop.secret.user.c_str());
  Set(CURLOPT_PASSWORD, hop.secret.password.c_str());
}

void HttpTransfer::SetTls(const HttpHop& hop) {
  const HttpTls& tls = options_.tls;
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!tls.ca_file.empty()) {
    Set(CURLOPT_CAINFO, tls.ca_file.c_str());
    Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // or the system's would be trusted as well
    Set(CURLOPT_CA_CACHE_TIMEOUT, 0L);                       // a file that was replaced is read again
  }
  if (!hop.trusted) return;
  Set(CURLOPT_SSL_VERIFYPEER, tls.insecure ? 0L : 1L);
  Set(CURLOPT_SSL_VERIFYHOST, tls.insecure ? 0L : 2L);
  if (!tls.certificate_file.empty()) Set(CURLOPT_SSLCERT, tls.certificate_file.c_str());
  if (!tls.key_file.empty()) Set(CURLOPT_SSLKEY, tls.key_file.c_str());
}

void HttpTransfer::SetServerName(const HttpHop& hop) {
  const std::string& name = options_.tls.server_name;
  if (name.empty() || !hop.trusted || hop.url.scheme != "https") return;
  Set(CURLOPT_URL, ("https://" + name + ":" + hop.url.port + hop.url.target).c_str());
  Add(connect_to_, "::" + hop.url.host + ":" + hop.url.port);
  Set(CURLOPT_CONNECT_TO, connect_to_.get());
}

void HttpTransfer::SetLimits(const HttpCall& call, const HttpHop& hop) {
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<int64_t>(1, hop.time_left.count())));
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<int64_t>(1, options_.connect_timeout.count())));
  if (call.method != "HEAD") Set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(call.max_answer_bytes));
}

size_t HttpTransfer::OnHeadLine(const char* bytes, size_t one, size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  return transfer.answer_.TakeHeadLine({bytes, one * count}) ? one * count : CURL_WRITEFUNC_ERROR;
}

size_t HttpTransfer::OnBody(const char* bytes, size_t one, size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  return transfer.answer_.TakeBody({bytes, one * count}) ? one * count : CURL_WRITEFUNC_ERROR;
}

std::optional<CURLcode> HttpTransfer::Wait(CURLM* multi, const std::function<bool()>& interrupted) {
  while (!interrupted()) {
    int count = 0;
    ::curl_multi_perform(multi, &count);
    while (const CURLMsg* message = ::curl_multi_info_read(multi, &count)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    ::curl_multi_poll(multi, nullptr, 0, kMostWaitMs, nullptr);
  }
  return std::nullopt;
}

std::expected<HttpReply, HttpError> HttpTransfer::Run(CURLM* multi, const std::function<bool()>& interrupted) {
  if (::curl_multi_add_handle(multi, easy_.get()) != CURLM_OK) throw std::bad_alloc();
  multi_ = multi;
  const auto code = Wait(multi, interrupted);
  if (!code) return std::unexpected(HttpError{HttpFault::kInterrupted, "interrupted"});
  return Result(*code);
}

std::expected<HttpReply, HttpError> HttpTransfer::Result(CURLcode code) {
  if (code == CURLE_FILESIZE_EXCEEDED) answer_.RefuseLength();
  if (code == CURLE_OK) answer_.Finish();
  if (answer_.refusal()) return std::unexpected(*answer_.refusal());
  if (code != CURLE_OK) return std::unexpected(ErrorOfCurl(easy_.get(), code, detail_.data()));
  HttpReply reply = std::move(answer_.reply());
  long status = 0;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  curl_off_t seconds = 0;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
  reply.retry_after = std::chrono::seconds(std::max<curl_off_t>(0, seconds));
  return reply;
}

std::string HttpTransfer::location() const {
  const char* url = nullptr;
  ::curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &url);
  return url == nullptr ? "" : url;
}

}  // namespace logmill
