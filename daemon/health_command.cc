#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "daemon/commands.h"
#include "net/http_client.h"
#include "net/http_url.h"

namespace logmill {
namespace {

constexpr std::chrono::seconds kPatience{3};

std::string UrlOfPort(const Environment& environment, const char* variable, const char* usual) {
  const auto port = environment(variable);
  return "http://127.0.0.1:" + (port && !port->empty() ? *port : usual) + "/-/healthy";
}

// "" when the answer is 200.
std::string WhatIsWrong(HttpClient& client, const std::string& url) {
  HttpCall call{.url = url};
  call.deadline = kPatience;
  const auto reply = client.Send(call);
  if (!reply) return reply.error().text;
  return reply->status == 200 ? "" : DescribeUrl(url) + ": answered with status " + std::to_string(reply->status);
}

}  // namespace

int RunHealth(const std::string& url, const Environment& environment) {
  if (const std::string error = url.empty() ? "" : HttpClient::CheckUrl(url); !error.empty()) {
    std::fprintf(stderr, "logmill: the URL: %s\n", error.c_str());
    return kExitUsage;
  }
  std::vector<std::string> urls{url};
  if (url.empty()) {
    urls = {UrlOfPort(environment, "IMMICH_API_METRICS_PORT", "8081"), UrlOfPort(environment, "IMMICH_MICROSERVICES_METRICS_PORT", "8082")};
  }
  HttpClientOptions options;
  options.proxy = "";  // what a proxy says of our own ports means nothing
  HttpClient client(options);
  std::string wrong;
  for (const std::string& asked : urls) {
    const std::string error = WhatIsWrong(client, asked);
    if (error.empty()) {
      std::printf("%s: healthy\n", DescribeUrl(asked).c_str());
      return kExitFine;
    }
    wrong += "logmill: " + error + "\n";
  }
  std::fprintf(stderr, "%s", wrong.c_str());
  return kExitNo;
}

}  // namespace logmill
