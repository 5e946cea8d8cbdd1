#include "logging/setup.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "logging/console_formatter.h"
#include "logging/json_formatter.h"
#include "logging/line_sink.h"
#include "logging/spdlog_level.h"

namespace logmill {
namespace {

bool Colored(const LoggingOptions& options, int fd) { return options.color && (!options.color_needs_terminal || ::isatty(fd) == 1); }

std::mutex& GetLoggerMutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

}  // namespace

std::string SetUpLogging(LoggingOptions options) {
  std::string errors = ReadLoggingEnvironment(&options);
  spdlog::set_default_logger(MakeLogger(options));
  return errors;
}

std::shared_ptr<spdlog::logger> GetLogger(const std::string& context) {
  const std::lock_guard lock(GetLoggerMutex());
  if (auto existing = spdlog::get(context)) return existing;
  auto logger = spdlog::default_logger()->clone(context);
  spdlog::register_logger(logger);
  return logger;
}

std::shared_ptr<spdlog::logger> MakeLogger(const LoggingOptions& options, std::string context) {
  auto sink = std::make_shared<LineSink>(MakeFormatter(options), options.out_fd, options.err_fd);
  auto logger = std::make_shared<spdlog::logger>(std::move(context), std::move(sink));
  logger->set_level(ToSpdlog(options.level));
  return logger;
}

std::unique_ptr<spdlog::formatter> MakeFormatter(const LoggingOptions& options) {
  if (options.format == LogFormat::kJson) return std::make_unique<JsonFormatter>(JsonFormatter::Options{options.extra_keys, options.app});
  return std::make_unique<ConsoleFormatter>(
      ConsoleFormatter::Options{options.app, Colored(options, options.out_fd), Colored(options, options.err_fd)});
}

}  // namespace logmill
