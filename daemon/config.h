// What `run` is told: the configuration file, and the environment over it. docs/configuration.md is its page.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/environment.h"
#include "base/telemetry.h"
#include "daemon/collector_config.h"
#include "daemon/scrape_config.h"
#include "daemon/shipping_config.h"
#include "daemon/source_config.h"
#include "rules/rule_set.h"

namespace logmill {

inline constexpr std::array kEndpoints{Endpoint::kApi, Endpoint::kMicroservices, Endpoint::kMachineLearning};

// "api", "microservices", "machine_learning": as in the configuration.
std::string_view EndpointName(Endpoint endpoint);

struct Config {
  GroupSet include;  // telemetry groups
  GroupSet exclude;
  std::string listen_api = "127.0.0.1:8081";
  std::string listen_microservices = "127.0.0.1:8082";
  std::string listen_machine_learning = "127.0.0.1:3003";
  bool wants_machine_learning = false;  // the file has listen.machine_learning
  std::string state;                    // folder of the checkpoint; "": none is kept
  std::chrono::milliseconds checkpoint_interval{5000};
  std::vector<std::string> rules;  // paths of rule files
  std::vector<SourceConfig> sources;
  CollectorsConfig collectors;        // those whose groups are on
  std::vector<ScrapeConfig> scrapes;  // none when no group is on
  ShippingConfig shipping;
  unsigned workers = 1;

  // The groups that are on; none: no endpoint is opened.
  [[nodiscard]] GroupSet groups() const { return include & ~exclude; }

  [[nodiscard]] const std::string& ListenAddressOf(Endpoint endpoint) const;
  // Whether there is, or may come, something to show there. None is opened without groups.
  [[nodiscard]] bool Opens(Endpoint endpoint) const;
};

// Reads the configuration file, then the environment over it. Every mistake goes into `diagnostics`; environment variables are their own
// place ("IMMICH_TELEMETRY_INCLUDE"). Rule files are only named here, not read. An empty `path`: environment alone. No message holds a
// password.
Config LoadConfig(const std::string& path, const Environment& environment, Diagnostics& diagnostics);

// Where a configuration stands when nobody says where.
inline constexpr char kUsualConfig[] = "/etc/logmill/logmill.yaml";
// `given`, or kUsualConfig when that exists, or "".
std::string FindConfig(const std::string& given);

// Whether a YAML file looks like a configuration and not like a rule file (for `check`, which takes both).
bool LooksLikeConfig(const std::string& path);

// "api, host,job" or "all" → groups; unknown names are errors at `place`.
GroupSet ParseGroups(std::string_view list, const Place& place, Diagnostics& diagnostics);

}  // namespace logmill
