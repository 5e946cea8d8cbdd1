// gallery_demo: keeps writing a plausible Gallery log, for a daemon to read.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>

#include "examples/gallery_traffic.h"
#include "logging/environment.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string file;
  double rate = 20;
  uint64_t lines = 0;
  uint64_t seed = 1;
};

// SIGTERM and SIGINT are waited for instead of handled: waiting is what this program does most.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Waits until `due`, or not at all if that has passed. Returns whether it is time to stop.
bool WaitOrStop(const sigset_t& signals, Clock::time_point due) {
  for (;;) {
    const auto left = std::max(due - Clock::now(), Clock::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec timeout{static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
    if (sigtimedwait(&signals, nullptr, &timeout) > 0) return true;
    if (errno != EINTR) return false;
  }
}

void Write(logmill::GalleryTraffic& traffic, const Arguments& arguments, const sigset_t& stop_signals) {
  const uint64_t end = arguments.lines == 0 ? std::numeric_limits<uint64_t>::max() : arguments.lines;
  const Clock::time_point begin = Clock::now();
  for (uint64_t written = 0; written < end;) {
    const uint64_t at_start = traffic.Start(end - written);
    written += at_start > 0 ? at_start : traffic.Next(end - written);
    const double seconds = arguments.rate > 0 ? static_cast<double>(written) / arguments.rate : 0;
    if (WaitOrStop(stop_signals, begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds)))) return;
  }
}

// Says why, and ends with `code`.
int Fail(const std::string& why, int code) {
  std::fprintf(stderr, "gallery_demo: %s\n", why.c_str());
  return code;
}

int Run(const Arguments& arguments) {
  logmill::LoggingOptions options;
  options.format = logmill::LogFormat::kJson;
  options.level = logmill::LogLevel::kVerbose;
  if (const std::string error = logmill::ReadLoggingEnvironment(&options); !error.empty()) return Fail(error, 2);
  if (!arguments.file.empty()) {
    const int fd = ::open(arguments.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) return Fail("cannot open " + arguments.file + ": " + std::strerror(errno), 1);
    options.out_fd = options.err_fd = fd;
  }
  const sigset_t stop_signals = BlockStopSignals();
  logmill::GalleryTraffic traffic(options, arguments.seed);
  Write(traffic, arguments, stop_signals);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Keeps writing a plausible Gallery log until SIGTERM. JSON and every level, unless IMMICH_LOG_FORMAT and IMMICH_LOG_LEVEL say "
      "otherwise.",
      "gallery_demo");
  app.add_option("--file", arguments.file, "Append everything to this file (default: stdout, and errors to stderr)");
  app.add_option("--rate", arguments.rate, "Lines per second, 0 for as many as possible")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--lines", arguments.lines, "Stop after that many lines, 0 for never")->capture_default_str();
  app.add_option("--seed", arguments.seed, "The same seed gives the same lines but for pid and time")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return Run(arguments);
}
