#include "net/curl_error.h"

#include <algorithm>
#include <system_error>

namespace logmill {
namespace {

constexpr size_t kMostDetailBytes = 200;
constexpr long kTunnelMade = 200;
constexpr long kTunnelRefused = 300;

long LongInfo(CURL* easy, CURLINFO what) {
  long value = 0;
  ::curl_easy_getinfo(easy, what, &value);
  return value;
}

std::string Printable(std::string_view text) {
  std::string line(text.substr(0, kMostDetailBytes));
  std::ranges::replace_if(line, [](char c) { return c < ' ' || c == '\x7f'; }, '?');
  return line;
}

// "Connection refused" becomes "connection refused".
std::string SystemWords(CURL* easy) {
  std::string words = std::system_category().message(static_cast<int>(LongInfo(easy, CURLINFO_OS_ERRNO)));
  if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z') words[0] = static_cast<char>(words[0] - 'A' + 'a');
  return words;
}

HttpError ConnectionError(CURL* easy) {
  if (LongInfo(easy, CURLINFO_OS_ERRNO) == 0) return {HttpFault::kConnection, "cannot connect"};
  return {HttpFault::kConnection, "cannot connect: " + SystemWords(easy)};
}

// The whole request had no time left, or only the connection.
HttpError LateError(CURL* easy) {
  curl_off_t connected = 0;
  ::curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
  if (connected == 0) return {HttpFault::kConnection, "no connection in time"};
  return {HttpFault::kDeadline, "no complete answer in time"};
}

HttpError CertificateError(std::string_view detail) {
  for (const std::string_view prefix : {"SSL certificate problem: ", "SSL: "}) {
    if (detail.starts_with(prefix)) detail.remove_prefix(prefix.size());
  }
  return {HttpFault::kTls, "the server's certificate is not accepted: " + Printable(detail)};
}

HttpError BrokenError(CURL* easy, std::string_view detail) {
  if (detail.find("chunked-encoding") != std::string_view::npos)
    return {HttpFault::kBroken, "the answer is malformed: it is not in chunks"};
  const long tunnel = LongInfo(easy, CURLINFO_HTTP_CONNECTCODE);
  if (tunnel >= kTunnelRefused || (tunnel > 0 && tunnel < kTunnelMade))
    return {HttpFault::kConnection, "the proxy refuses the connection with status " + std::to_string(tunnel)};
  return {HttpFault::kBroken, "the connection broke off"};
}

}  // namespace

HttpError ErrorOfCurl(CURL* easy, CURLcode code, std::string_view detail) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return ConnectionError(easy);
    case CURLE_COULDNT_RESOLVE_HOST:
      return {HttpFault::kConnection, "no such host, or its name cannot be looked up"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {HttpFault::kConnection, "no such proxy, or its name cannot be looked up"};
    case CURLE_PROXY:
      return {HttpFault::kConnection, "the proxy makes no connection"};
    case CURLE_OPERATION_TIMEDOUT:
      return LateError(easy);
    case CURLE_PEER_FAILED_VERIFICATION:
      return CertificateError(detail);
    case CURLE_SSL_CONNECT_ERROR:
      return {HttpFault::kTls, "no TLS connection: " + Printable(detail)};
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return {HttpFault::kRequest, "certificates cannot be used: " + Printable(detail)};
    case CURLE_GOT_NOTHING:
      return {HttpFault::kBroken, "the connection ended without an answer"};
    case CURLE_PARTIAL_FILE:
      return {HttpFault::kBroken, "the answer is cut short"};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return BrokenError(easy, detail);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {HttpFault::kBroken, "what answers does not speak HTTP/1.1"};
    default:
      return {HttpFault::kBroken, ::curl_easy_strerror(code)};
  }
}

}  // namespace logmill
