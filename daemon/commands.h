// The commands of the program, one function each. They return the exit code: 0 fine, 1 the answer is no (or something failed), 2 wrong
// usage. Results go to stdout, everything else to stderr.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/environment.h"
#include "daemon/stream.h"

namespace logmill {

inline constexpr int kExitFine = 0;
inline constexpr int kExitNo = 1;
inline constexpr int kExitUsage = 2;

// `logmill run`: the daemon, until SIGTERM or SIGINT. `config`: path, or "" for the environment and the usual place.
int RunDaemon(const std::string& config);

struct ReplayCommand {
  std::vector<std::string> rules;
  std::vector<std::string> logs;  // none: standard input
  unsigned threads = 0;           // 0: one a core
  StreamOptions stream;
  bool openmetrics = false;  // output format
  bool quiet = false;        // no summary on stderr
  bool ledger = false;       // what became of every line, on stderr
};
int RunReplay(const ReplayCommand& command);

// `logmill check`: rule files and configuration files.
int RunCheck(const std::vector<std::string>& files);

// `logmill test`: the tests in rule files.
int RunRuleTests(const std::vector<std::string>& files);

// `logmill explain`: `lines` as given, or standard input when there are none.
int RunExplain(const std::vector<std::string>& rules, const std::vector<std::string>& lines, const StreamOptions& options);

// `logmill state`: prints a checkpoint; `path` is a state folder or one file. Takes no lock and changes nothing.
int RunState(const std::string& path);

// `logmill spool`: prints what the spool in `folder` holds, and before that its newest `records`, as JSON. Exit code 1 when something is
// damaged. `repair`: takes the damage out before; nobody may use the spool then. Otherwise takes no lock and changes nothing.
int RunSpool(const std::string& folder, bool repair, uint64_t records);

// `logmill ship-test`: sends one record to the destination of that name, and says what came back. `config`: as for RunDaemon().
int RunShipTest(const std::string& destination, const std::string& config);

// `logmill health`: 0 when `url` answers 200 within three seconds. "": /-/healthy of a daemon on this machine, on the port of the API or,
// where that is not open, of the microservices, as `environment` (IMMICH_..._METRICS_PORT) has them. Asks without a proxy.
int RunHealth(const std::string& url, const Environment& environment);

}  // namespace logmill
