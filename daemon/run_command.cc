#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/diagnostic_output.h"
#include "daemon/pipeline.h"
#include "daemon/version.h"
#include "logging/setup.h"
#include "rules/rule_file.h"

namespace logmill {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

// As many open files as the system lets us have: each followed file is one.
void RaiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Where records go to standard output, nothing else does.
LoggingOptions OptionsOfLog(const Config& config) {
  LoggingOptions options;
  if (std::ranges::any_of(config.shipping.destinations, &DestinationConfig::standard_output)) options.out_fd = STDERR_FILENO;
  return options;
}

// What may not be what people meant.
void WarnOfGaps(const Config& config, const std::string& where, spdlog::logger& log) {
  if (!config.groups().any()) {
    log.warn("No telemetry group is included, so no metrics endpoint is open: set telemetry.include in {} or IMMICH_TELEMETRY_INCLUDE=all",
             where);
  }
  if (config.sources.empty()) log.warn("No sources are configured: no logs are read; `sources` in {} names them", where);
  if (config.state.empty() && !config.sources.empty()) {
    log.warn(
        "No state folder is set in {}: counters begin at 0, and files are read from their beginning, at every start; `state: FOLDER` "
        "keeps both",
        where);
  }
}

}  // namespace

int RunDaemon(const std::string& config_path) {
  // Blocked at once, so that a stop is one from the first moment on; all threads inherit it, and only sigwait() gets them.
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Diagnostics diagnostics;
  const std::string path = FindConfig(config_path);
  Config config = LoadConfig(path, ProcessEnvironment(), diagnostics);
  if (const std::string error = SetUpLogging(OptionsOfLog(config)); !error.empty()) diagnostics.Error({}, error);
  if (path.empty() && !config.groups().any() && !diagnostics.has_errors()) {
    fmt::print(stderr, "logmill: no configuration: give --config FILE, write {}, or set IMMICH_TELEMETRY_INCLUDE=all\n", kUsualConfig);
    return kExitUsage;
  }
  const auto specs = LoadRuleFiles(config.rules, diagnostics);
  PrintDiagnostics(diagnostics, stderr);
  if (diagnostics.has_errors()) return kExitNo;

  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is an error of that write, not the end
  RaiseFileLimit();

  const auto log = GetLogger("Logmill");
  log->info("Logmill {} starts: {} rules, {} sources", kVersion, specs.size(), config.sources.size());
  WarnOfGaps(config, path.empty() ? "a configuration file" : path, *log);
  RuleSet rules(specs, config.groups());
  auto pipeline = Pipeline::Start(std::move(config), std::move(rules));
  if (!pipeline) {
    log->error("Cannot start: {}", pipeline.error());
    return kExitNo;
  }
  for (const std::string& url : (*pipeline)->Urls()) log->info("Metrics are at {}", url);
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
    log->warn("SIGHUP changes nothing: there is no reload; a restart takes the new configuration and loses nothing");
  }
  log->info("Stops on {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  pipeline->reset();
  return kExitFine;
}

}  // namespace logmill
