#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "daemon/commands.h"
#include "net/http_server.h"
#include "tests/support/dead_port.h"

namespace logmill {
namespace {

// A daemon as far as /-/healthy goes: a listener that answers with `status` there, and 404 elsewhere.
class HealthCommandTest : public ::testing::Test {
 protected:
  std::string StartServer(unsigned status) {
    const auto handler = [status](const HttpRequest& request) {
      return HttpResponse{.status = request.path == "/-/healthy" ? status : 404U, .body = std::make_shared<const std::string>("hello\n")};
    };
    auto started = HttpServer::Start({{.address = "127.0.0.1:0", .handler = handler}}, {});
    EXPECT_TRUE(started.has_value());
    server_ = std::move(*started);
    return std::to_string(server_->port(0));
  }

  int Health(const std::string& url = "") {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = RunHealth(url, [this](const char* name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::optional<std::string>() : found->second;
    });
    out_ = testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr();
    return code;
  }

  const DeadPort dead_;
  std::unique_ptr<HttpServer> server_;
  std::map<std::string, std::string> variables_;
  std::string out_;
  std::string errors_;
};

TEST_F(HealthCommandTest, AnAnswerOf200IsHealthy) {
  const std::string url = "http://127.0.0.1:" + StartServer(200) + "/-/healthy";
  EXPECT_EQ(Health(url), kExitFine);
  EXPECT_EQ(out_, url + ": healthy\n");
  EXPECT_EQ(errors_, "");
}

TEST_F(HealthCommandTest, AnyOtherAnswerIsNot) {
  const std::string port = StartServer(503);
  EXPECT_EQ(Health("http://127.0.0.1:" + port + "/-/healthy"), kExitNo);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(errors_, "logmill: http://127.0.0.1:" + port + "/-/healthy: answered with status 503\n");
  EXPECT_EQ(Health("http://127.0.0.1:" + port + "/elsewhere"), kExitNo);
}

TEST_F(HealthCommandTest, NobodyThereIsNot) {
  EXPECT_EQ(Health("http://127.0.0.1:" + dead_.port() + "/-/healthy"), kExitNo);
  EXPECT_NE(errors_.find("cannot connect"), std::string::npos) << errors_;
}

TEST_F(HealthCommandTest, TheEnvironmentSaysWhichPorts) {
  variables_["IMMICH_MICROSERVICES_METRICS_PORT"] = dead_.port();
  variables_["IMMICH_API_METRICS_PORT"] = StartServer(200);
  EXPECT_EQ(Health(), kExitFine);
  EXPECT_EQ(out_, "http://127.0.0.1:" + variables_["IMMICH_API_METRICS_PORT"] + "/-/healthy: healthy\n");
}

TEST_F(HealthCommandTest, TheMicroservicesPortAloneWillDo) {
  variables_["IMMICH_API_METRICS_PORT"] = dead_.port();
  variables_["IMMICH_MICROSERVICES_METRICS_PORT"] = StartServer(200);
  EXPECT_EQ(Health(), kExitFine);
}

TEST_F(HealthCommandTest, WithoutAnyPortItSaysWhatWasTried) {
  variables_["IMMICH_API_METRICS_PORT"] = variables_["IMMICH_MICROSERVICES_METRICS_PORT"] = dead_.port();
  EXPECT_EQ(Health(), kExitNo);
  EXPECT_EQ(std::count(errors_.begin(), errors_.end(), '\n'), 2) << errors_;
}

TEST_F(HealthCommandTest, WhatIsNoUrlIsWrongUsageAndIsNotRepeated) {
  EXPECT_EQ(Health("ftp://someone:secret@example.org/"), kExitUsage);
  EXPECT_EQ(out_, "");
  EXPECT_NE(errors_, "");
  EXPECT_EQ(errors_.find("secret"), std::string::npos) << errors_;
}

}  // namespace
}  // namespace logmill
