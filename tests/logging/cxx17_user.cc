#include "tests/logging/cxx17_user.h"

#include <stdexcept>

#include "logging/console_formatter.h"
#include "logging/environment.h"
#include "logging/json_escape.h"
#include "logging/json_formatter.h"
#include "logging/line_sink.h"
#include "logging/process.h"
#include "logging/schema.h"
#include "logging/scope.h"
#include "logging/setup.h"
#include "logging/spdlog_level.h"

namespace logmill::testing {

static_assert(__cplusplus < 202002L, "this file has to be compiled as C++17");
static_assert(LogLevelFromName("warn") == LogLevel::kWarn);

long LanguageOfUser() { return __cplusplus; }

void LogAsUser(int out_fd, int err_fd) {
  LoggingOptions options;
  options.format = LogFormat::kJson;
  options.app = "Api";
  options.extra_keys = true;
  options.out_fd = out_fd;
  options.err_fd = err_fd;
  const auto logger = MakeLogger(options, "AssetService");
  const CorrelationScope request("9tsc1h95");
  logger->info("Uploaded {} assets", 3);
  try {
    throw std::runtime_error("disk full");
  } catch (const std::exception& error) {
    LogError(*logger, "Upload failed", error);
  }
}

}  // namespace logmill::testing
