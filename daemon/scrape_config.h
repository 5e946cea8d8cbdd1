// One entry of `scrapes` in the configuration.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "collectors/scrape_options.h"
#include "daemon/collector_config.h"
#include "rules/yaml_reader.h"

namespace logmill {

struct ScrapeConfig {
  std::string name;  // the collector is "scrape/" + name; no two have the same
  CollectorTiming timing{.interval = std::chrono::seconds(15), .timeout = std::chrono::seconds(10), .max_stale = std::chrono::seconds(60)};
  ScrapeOptions options;  // with the privacy guard of the rules, and with the groups that are on
};

// Reads the entries; mistakes become errors. `resolve` makes a path of the configuration one that can be opened. All groups are on.
std::vector<ScrapeConfig> ReadScrapes(const std::vector<YamlValue>& entries, const std::function<std::string(const std::string&)>& resolve);

}  // namespace logmill
