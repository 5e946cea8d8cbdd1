// One request and its answer, on libcurl. Internal to net/.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http_answer.h"
#include "net/http_client.h"
#include "net/http_secret.h"
#include "net/http_url.h"

namespace logmill {

// Where a request goes, and with what.
struct HttpHop {
  HttpUrl url;
  HttpSecret secret;
  bool trusted = true;  // the host that the options are for: gets the headers and the client certificate
  std::chrono::milliseconds time_left{0};
};

// All that it is made from outlives it.
class HttpTransfer {
 public:
  HttpTransfer(const HttpClientOptions& options, const HttpCall& call, const HttpHop& hop);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  // Once. Until the answer is whole, something fails, or `interrupted` says so, which is asked after each wake-up of `multi`.
  std::expected<HttpReply, HttpError> Run(CURLM* multi, const std::function<bool()>& interrupted);

  // Where the answer sends us, as an absolute URL; "" when it does not.
  [[nodiscard]] std::string location() const;

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, FreeList>;

  void SetDefaults();
  void SetTarget(const HttpHop& hop);
  void SetRequest(const HttpCall& call);
  void SetHeaders(const HttpCall& call, const HttpHop& hop);
  void SetTls(const HttpHop& hop);
  // The name that libcurl asks for and verifies is that of the URL: so the URL gets it, and the connection goes to the real host.
  void SetServerName(const HttpHop& hop);
  void SetLimits(const HttpCall& call, const HttpHop& hop);
  template <typename Value>
  void Set(CURLoption option, Value value);
  static void Add(List& list, const std::string& line);

  // Until libcurl has a result; nothing when interrupted.
  static std::optional<CURLcode> Wait(CURLM* multi, const std::function<bool()>& interrupted);
  std::expected<HttpReply, HttpError> Result(CURLcode code);

  static size_t OnHeadLine(const char* bytes, size_t one, size_t count, void* self);
  static size_t OnBody(const char* bytes, size_t one, size_t count, void* self);

  const HttpClientOptions& options_;
  HttpAnswer answer_;
  List headers_;
  List connect_to_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  std::unique_ptr<CURL, FreeEasy> easy_;
  CURLM* multi_ = nullptr;  // while it runs
};

}  // namespace logmill
