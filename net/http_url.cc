#include "net/http_url.h"

#include <curl/curl.h>

#include <memory>

namespace logmill {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

// "" when the part is absent.
std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (::curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string copy(text);
  ::curl_free(text);
  return copy;
}

std::string Complaint(CURLUcode code) {
  if (code == CURLUE_BAD_PORT_NUMBER) return "its port has to be a number from 1 to 65535";
  if (code == CURLUE_NO_HOST) return "it names no host";
  return "it is not a URL; write http://HOST:PORT/PATH or https://HOST/PATH";
}

// Takes the parts out that are not sent as a part of the URL.
void Strip(CURLU* url) {
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_FRAGMENT})
    ::curl_url_set(url, part, nullptr, 0);
}

HttpUrl PartsOf(CURLU* url) {
  HttpUrl parts;
  parts.user = Part(url, CURLUPART_USER, CURLU_URLDECODE);
  parts.password = Part(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
  Strip(url);
  parts.text = Part(url, CURLUPART_URL);
  parts.scheme = Part(url, CURLUPART_SCHEME);
  parts.host = Part(url, CURLUPART_HOST);
  parts.port = Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const std::string port = Part(url, CURLUPART_PORT);
  parts.authority = port.empty() ? parts.host : parts.host + ":" + port;
  const std::string path = Part(url, CURLUPART_PATH);
  const std::string query = Part(url, CURLUPART_QUERY);
  parts.target = query.empty() ? path : path + "?" + query;
  parts.description = parts.scheme + "://" + parts.authority + path + (query.empty() ? "" : "?...");
  return parts;
}

}  // namespace

std::expected<HttpUrl, std::string> ParseHttpUrl(const std::string& text) {
  const Url url(::curl_url());
  const bool whole = text.find("://") != std::string::npos && text.find('\0') == std::string::npos;  // libcurl takes "http:/host", too
  if (!whole) return std::unexpected(Complaint(CURLUE_MALFORMED_INPUT));
  const CURLUcode code = ::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return std::unexpected(Complaint(code));
  HttpUrl parts = PartsOf(url.get());
  if (parts.scheme != "http" && parts.scheme != "https") return std::unexpected("it has to begin with http:// or https://");
  if (parts.host.empty()) return std::unexpected(Complaint(CURLUE_NO_HOST));
  return parts;
}

std::string DescribeUrl(const std::string& text) {
  const auto url = ParseHttpUrl(text);
  return url ? url->description : "a URL that cannot be read";
}

}  // namespace logmill
