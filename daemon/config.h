// What `run` is told: the configuration file, and the environment over it. docs/configuration.md is its page.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "daemon/source_config.h"
#include "rules/rule_set.h"

namespace logmill {

struct Config {
  GroupSet include;  // telemetry groups
  GroupSet exclude;
  std::string listen_api = "127.0.0.1:8081";
  std::string listen_microservices = "127.0.0.1:8082";
  std::string state;  // folder of the checkpoint; "": none is kept
  std::chrono::milliseconds checkpoint_interval{5000};
  std::vector<std::string> rules;  // paths of rule files
  std::vector<SourceConfig> sources;
  unsigned workers = 1;

  // The groups that are on; none: no endpoint is opened.
  [[nodiscard]] GroupSet groups() const { return include & ~exclude; }
};

// Looks a variable up; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment ProcessEnvironment();

// Reads the configuration file, then the environment over it. Every mistake goes into `diagnostics`; environment variables are their own
// place ("IMMICH_TELEMETRY_INCLUDE"). Rule files are only named here, not read. An empty `path`: environment alone.
Config LoadConfig(const std::string& path, const Environment& environment, Diagnostics& diagnostics);

// Whether a YAML file looks like a configuration and not like a rule file (for `check`, which takes both).
bool LooksLikeConfig(const std::string& path);

// "api, host,job" or "all" → groups; unknown names are errors at `place`.
GroupSet ParseGroups(std::string_view list, const Place& place, Diagnostics& diagnostics);

}  // namespace logmill
