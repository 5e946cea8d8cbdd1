#include "sources/docker_http.h"

#include <curl/curl.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "sources/docker_api.h"

namespace logmill {
namespace {

constexpr size_t kMostErrorBytes = 4096;
constexpr long kConnectMs = 5000;
constexpr long kMostSeconds = 30;

// libcurl wants to be told once, before the first thread.
void PrepareCurl() {
  static const CURLcode prepared = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)prepared;
}

}  // namespace

struct DockerHttp::Request {
  uint64_t number;
  CURL* easy = ::curl_easy_init();
  CURLM* multi;
  Body body;
  Done done;
  std::string refusal;  // the body of an answer that is not 2xx

  Request(uint64_t number_, CURLM* multi_, Body body_, Done done_)
      : number(number_), multi(multi_), body(std::move(body_)), done(std::move(done_)) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() {
    ::curl_multi_remove_handle(multi, easy);
    ::curl_easy_cleanup(easy);
  }

  [[nodiscard]] int status() const {
    long status = 0;
    ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }
  [[nodiscard]] int system_error() const {
    long number = 0;
    ::curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    return static_cast<int>(number);
  }
  [[nodiscard]] bool refused() const { return status() < 200 || status() > 299; }

  static size_t Write(const char* bytes, size_t one, size_t count, void* self) {
    auto& request = *static_cast<Request*>(self);
    const std::string_view text(bytes, one * count);
    if (!request.refused()) return request.body(text) ? text.size() : CURL_WRITEFUNC_ERROR;
    request.refusal += text.substr(0, kMostErrorBytes - std::min(kMostErrorBytes, request.refusal.size()));
    return text.size();
  }

  [[nodiscard]] Answer AnswerOf(CURLcode result) const {
    if (result == CURLE_COULDNT_CONNECT) return {0, "cannot connect: " + std::system_category().message(system_error()), true};
    if (result != CURLE_OK) return {status(), ::curl_easy_strerror(result), true};
    return {status(), refused() ? DockerRefusal(status(), refusal) : std::string(), false};
  }
};

DockerHttp::DockerHttp(std::string socket) : socket_(std::move(socket)) {
  PrepareCurl();
  multi_ = ::curl_multi_init();
}

DockerHttp::~DockerHttp() {
  requests_.clear();
  ::curl_multi_cleanup(multi_);
}

uint64_t DockerHttp::Get(const std::string& path, Kind kind, Body body, Done done) {
  auto request = std::make_unique<Request>(++last_, multi_, std::move(body), std::move(done));
  CURL* easy = request->easy;
  ::curl_easy_setopt(easy, CURLOPT_URL, ("http://docker" + path).c_str());
  ::curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
  ::curl_easy_setopt(easy, CURLOPT_PROXY, "");  // whatever the environment says
  ::curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
  ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  if (kind == Kind::kAnswer) ::curl_easy_setopt(easy, CURLOPT_TIMEOUT, kMostSeconds);
  if (kind == Kind::kBacklog) {
    ::curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    ::curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kMostSeconds);
  }
  ::curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Request::Write);
  ::curl_easy_setopt(easy, CURLOPT_WRITEDATA, request.get());
  ::curl_easy_setopt(easy, CURLOPT_PRIVATE, request.get());
  ::curl_multi_add_handle(multi_, easy);
  requests_.emplace(last_, std::move(request));
  return last_;
}

void DockerHttp::Cancel(uint64_t request) { requests_.erase(request); }

void DockerHttp::Run(std::chrono::milliseconds most) {
  int count = 0;
  ::curl_multi_poll(multi_, nullptr, 0, static_cast<int>(most.count()), nullptr);
  ::curl_multi_perform(multi_, &count);
  while (const CURLMsg* message = ::curl_multi_info_read(multi_, &count)) {
    if (message->msg == CURLMSG_DONE) Finish(message->easy_handle, message->data.result);
  }
}

void DockerHttp::Finish(void* easy, int result) {
  Request* request = nullptr;
  ::curl_easy_getinfo(easy, CURLINFO_PRIVATE, &request);
  auto node = requests_.extract(request->number);
  const Answer answer = request->AnswerOf(static_cast<CURLcode>(result));
  node.mapped()->done(answer);
}

void DockerHttp::Wake() { ::curl_multi_wakeup(multi_); }

}  // namespace logmill
